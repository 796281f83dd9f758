"""A page from folders of runs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.report.labels import run_title, term_words
from unweave.report.page import Part, Section, Table, anchors, write_page
from unweave.report.run_facts import informative_share
from unweave.report.run_section import run_section
from unweave.report.study_report import report_study
from unweave.studies.plan import PLAN_FILE, read_plan
from unweave.studies.results import collect
from unweave.training.run import Run
from unweave.training.stored import read_config

MOST_SECTIONS = 20


def report_folder(folder: Path | str, path: Path | str) -> None:
    """Write the report of a study, where the folder holds one, or of the runs in it.

    Raises
    ------
    RequestError
        If the folder holds no finished run, the report cannot be written, or is to be one that
        only a study has.
    """
    plan = Path(folder) / PLAN_FILE
    if plan.is_file():
        report_study(collect(read_plan(plan), Path(folder)), path)
    elif Path(path).suffix.lower() in (".md", ".csv"):
        raise RequestError(
            f"--out {path}: {folder} is no study, its report is a page; name a .html file"
        )
    else:
        report_runs([folder], path)


def report_runs(folders: Sequence[Path | str], path: Path | str, title: str = "") -> None:
    """Write one self-contained page from the runs in some folders.

    Parameters
    ----------
    folders : sequence of path
        Each a run's folder, or one that holds runs, at any depth.
    path : path
        The page to write.
    title : str
        Named after the runs unless given.

    Raises
    ------
    RequestError
        If a folder holds no finished run, or the page cannot be written.
    """
    finished, unfinished = find_runs(folders)
    runs, own = _loaded(finished)
    shown = runs[:MOST_SECTIONS]
    finder = DataFinder()
    titles = run_titles(runs)
    sections = [
        run_section(run, finder.find(run), name) for run, name in zip(shown, titles, strict=False)
    ]
    introduction = _introduction(runs, titles, sections, unfinished, own)
    write_page(path, title or _page_title(runs), sections, introduction)


def _loaded(folders: Sequence[Path]) -> tuple[list[Run], list[Path]]:
    """Load the runs, those apart whose networks only their user has; one must be left."""
    own = [folder for folder in folders if read_config(folder)["networks"]]
    runs = [Run.load(folder) for folder in folders if folder not in own or len(own) == len(folders)]
    return runs, own


def find_runs(folders: Sequence[Path | str]) -> tuple[list[Path], list[Path]]:
    """Return the folders of finished and of unfinished runs, each once, in natural order.

    Raises
    ------
    RequestError
        If a folder is none, or holds no finished run.
    """
    finished: list[Path] = []
    unfinished: list[Path] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise RequestError(f"{folder}: there is no such folder; name a run's folder")
        found = [config.parent for config in folder.rglob("config.json")]
        found.sort(key=lambda run: _natural(str(run)))
        done = [run for run in found if (run / "summary.json").is_file()]
        if not done:
            begun = f" ({found[0]} has not ended; go on with --resume)" if found else ""
            raise RequestError(
                f"{folder}: holds no finished run{begun or '; train one with unweave train'}"
            )
        finished += [run for run in done if run not in finished]
        unfinished += [run for run in found if run not in done and run not in unfinished]
    return finished, unfinished


class DataFinder:
    """Loads the runs' data, once where several runs share it."""

    def __init__(self) -> None:
        self._known: dict[str, Dataset | None] = {}

    def find(self, run: Run) -> Dataset | None:
        """Return what the run was trained on, as it reads it; None if that is not at hand."""
        table = run.table.to_json() if run.table else None
        key = json.dumps([run.data["source"], run.data["shape"], table])
        if key not in self._known:
            try:
                self._known[key] = run.dataset()
            except RequestError:
                self._known[key] = None
        return self._known[key]


def _introduction(
    runs: Sequence[Run],
    titles: Sequence[str],
    sections: Sequence[Section],
    unfinished: Sequence[Path],
    own: Sequence[Path],
) -> list[Part]:
    parts: list[Part] = []
    if len(runs) > 1:
        links = dict(zip(titles, anchors(sections), strict=False))
        parts.append(_comparison(runs, titles, links))
    if len(runs) > len(sections):
        parts.append(
            f"Figures are of the first {len(sections)} of {len(runs)} runs; report the "
            "others' folders for theirs."
        )
    if unfinished:
        names = ", ".join(str(folder) for folder in unfinished)
        parts.append(f"Left out, because they have not ended: {names}.")
    if own:
        names = ", ".join(str(folder) for folder in own)
        parts.append(f"Left out, because they have networks of their user's own: {names}.")
    return parts


def _comparison(runs: Sequence[Run], titles: Sequence[str], links: dict[str, str]) -> Table:
    terms = list(dict.fromkeys(term for run in runs for term in run.summary.get("loss", {})))
    rows = []
    for run, title in zip(runs, titles, strict=True):
        loss = run.summary.get("loss", {})
        values = [f"{loss[term]:.4g}" if term in loss else "–" for term in terms]
        steps = f"{run.summary.get('steps', 0):,}"
        rows.append((title, steps, *values, informative_share(run.summary) or "–"))
    heads = ("run", "steps", *(term_words(term) for term in terms), "informative dimensions")
    return Table(heads, rows, links)


def run_titles(runs: Sequence[Run]) -> list[str]:
    """Return a title for each run, the folder's added where two would be alike."""
    plain = [run_title(run) for run in runs]
    return [
        title if plain.count(title) == 1 else f"{title} ({run.folder})"
        for run, title in zip(runs, plain, strict=True)
    ]


def _page_title(runs: Sequence[Run]) -> str:
    if len(runs) == 1:
        return f"{runs[0].name} on {runs[0].data['name']}"
    models = sorted({run.name for run in runs})
    data = sorted({str(run.data["name"]) for run in runs})
    if len(models) > 3 or len(data) > 3:
        return f"{len(runs)} runs"
    return f"{', '.join(models)} on {', '.join(data)}: {len(runs)} runs"


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts seed-2 before seed-10."""
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in re.split(r"(\d+)", text)
        if part
    ]
