"""The small trained models that come with the package (``tools/bundled_models.py`` makes them)."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, overload

from unweave.runs.names import title_of_run

if TYPE_CHECKING:
    from unweave.app.loaded_run import LoadedRun

MODELS = ("faces", "sprites", "questionnaire")
FOLDERS = [Path(str(files("unweave.app"))) / "models" / name for name in MODELS]
# What the first page shows of a model, beside the model's own files.
PAGE_FILE = "page.json"


def bundled_titles() -> list[str]:
    """Return the titles of the models in order, without loading them."""
    configs = [json.loads((folder / "config.json").read_bytes()) for folder in FOLDERS]
    return [title_of_run(each["model"], each["data"]["name"], each["seed"]) for each in configs]


class BundledRuns(Sequence["LoadedRun"]):
    """The models that come with the package, loaded while a browser opens the page.

    Loading them, and torch, takes as long as a browser takes to open the page. Whoever asks for
    a run waits for it.

    Parameters
    ----------
    device : str
        Where the models are put.

    Attributes
    ----------
    titles : list of str
        Of all runs, in order; known from the start.
    """

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._runs: Future[list[LoadedRun]] = Future()
        self._thread = threading.Thread(target=self._load, daemon=True)
        self.titles = bundled_titles()

    def begin(self) -> None:
        """Begin to load the models, in a thread of their own, unless it has begun."""
        if self._thread.ident is None:
            self._thread.start()

    def _load(self) -> None:
        try:
            from unweave.app import run_panel  # noqa: F401 - The page needs it next.
            from unweave.app.bundled_data import load_bundled

            runs = load_bundled(FOLDERS, self.titles, self._device)
            _ = runs[0].controls
            self._runs.set_result(runs)
        except BaseException as error:  # Whoever waits is told.
            self._runs.set_exception(error)

    def __len__(self) -> int:
        return len(MODELS)

    @overload
    def __getitem__(self, place: int) -> LoadedRun: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[LoadedRun]: ...

    def __getitem__(self, place: int | slice) -> LoadedRun | Sequence[LoadedRun]:
        return self._runs.result()[place]
