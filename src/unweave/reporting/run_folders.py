"""Folders of runs: the runs that lie in them, their titles, and their data.

The studio finds its runs by this module, so that it opens without waiting for figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.reporting.labels import run_title
from unweave.runs.folder import is_finished
from unweave.runs.model import Model


def find_runs(folders: Sequence[Path | str]) -> tuple[list[Path], list[Path]]:
    """Return the folders of finished and of unfinished runs, each once, in natural order.

    Raises
    ------
    RequestError
        If a folder does not exist, or holds no finished run.
    """
    finished: list[Path] = []
    unfinished: list[Path] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise RequestError(f"{folder}: this folder does not exist; name the folder of a run")
        found = [config.parent for config in folder.rglob("config.json")]
        found.sort(key=lambda run: _natural(str(run)))
        done = [run for run in found if is_finished(run)]
        if not done:
            begun = f" ({found[0]} has not ended; resume its training)" if found else ""
            raise RequestError(f"{folder}: holds no finished run{begun or '; train one first'}")
        finished += [run for run in done if run not in finished]
        unfinished += [run for run in found if run not in done and run not in unfinished]
    return finished, unfinished


class DataFinder:
    """Loads the data of runs, only once where several runs share it."""

    def __init__(self) -> None:
        self._known: dict[str, Dataset | None] = {}

    def find(self, model: Model) -> Dataset | None:
        """Return the training data as the model reads it; None if it cannot be found."""
        table = model.table.to_json() if model.table else None
        key = json.dumps([model.data["source"], model.data["shape"], table])
        if key not in self._known:
            try:
                self._known[key] = model.dataset()
            except RequestError:
                self._known[key] = None
        return self._known[key]


def run_titles(models: Sequence[Model]) -> list[str]:
    """Return a title for each run, with its folder where two would be alike."""
    plain = [run_title(model) for model in models]
    return [
        title if plain.count(title) == 1 else f"{title} ({model.folder})"
        for model, title in zip(models, plain, strict=True)
    ]


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts seed-2 before seed-10."""
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in re.split(r"(\d+)", text)
        if part
    ]
