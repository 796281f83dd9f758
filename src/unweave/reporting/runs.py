"""Pages about the runs in some folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unweave.errors import RequestError
from unweave.interpretation.together import seeds_of_one_setting
from unweave.reporting.decisions import decisions, headline_comparisons
from unweave.reporting.findings_together import findings_together
from unweave.reporting.labels import run_title, term_label
from unweave.reporting.page import Part, Section, Table, anchors, write_page
from unweave.reporting.run_facts import informative_share
from unweave.reporting.run_folders import DataFinder, find_runs, run_titles
from unweave.reporting.run_section import run_section
from unweave.runs.folder import read_config
from unweave.runs.model import Model
from unweave.studies.plan import PLAN_FILE, read_plan
from unweave.studies.results import collect

MOST_SECTIONS = 20


def report_folder(folder: Path | str, path: Path | str) -> list[str]:
    """Write the report of a study, where the folder holds one, or of the runs in it.

    Returns what a study decides, a sentence each; nothing of runs.

    Raises
    ------
    RequestError
        If the folder holds no finished run, or the report cannot be written or has a suffix
        that only a study's report has.
    """
    plan = Path(folder) / PLAN_FILE
    if plan.is_file():
        from unweave.reporting.study_report import report_study

        study = collect(read_plan(plan), Path(folder))
        report_study(study, path)
        return decisions(headline_comparisons(study))
    if Path(path).suffix.lower() in (".md", ".csv"):
        raise RequestError(
            f"out={path}: {folder} is not a study, so its report is a page; name a .html file"
        )
    if Path(path).suffix.lower() not in ("", ".html", ".htm"):
        raise RequestError(
            f"out={path}: a report is a page; name a .html file, and print that to PDF from a "
            "browser if you need one"
        )
    report_runs([folder], path)
    return []


def report_runs(folders: Sequence[Path | str], path: Path | str, title: str = "") -> None:
    """Write one self-contained page about the runs in some folders.

    Parameters
    ----------
    folders : sequence of path
        Folders of runs, or folders that hold runs at any depth.
    path : path
        The page to write.
    title : str
        The page's title; made from the runs' names unless given.

    Raises
    ------
    RequestError
        If a folder holds no finished run, or the page cannot be written.
    """
    finished, unfinished = find_runs(folders)
    models, own = _loaded(finished)
    shown = models[:MOST_SECTIONS]
    finder = DataFinder()
    titles = run_titles(models)
    sections = [
        run_section(model, finder.find(model), name, alone=len(models) == 1)
        for model, name in zip(shown, titles, strict=False)
    ]
    certified = certificates(shown, finder)
    sections += certified
    introduction = _introduction(models, titles, sections, unfinished, own)
    if len(models) > 1:
        introduction[:0] = findings_together(models, titles, bool(certified))
        sections.append(_losses(models, titles))
    write_page(path, title or _page_title(models), sections, introduction)


def certificates(models: Sequence[Model], finder: DataFinder) -> list[Section]:
    """Return a section for each group of runs on tables that differ in their seeds alone."""
    from unweave.reporting.certificate import certificate_section

    sections = []
    for group in seeds_of_one_setting([each for each in models if len(each.sample_shape) == 1]):
        dataset = finder.find(group[0])
        if dataset is not None and (section := certificate_section(group, dataset)):
            sections.append(section)
    return sections


def _loaded(folders: Sequence[Path]) -> tuple[list[Model], list[Path]]:
    """Load the runs, except those with networks of the user's own, unless there are no others."""
    own = [folder for folder in folders if read_config(folder)["networks"]]
    models = [
        Model.load(folder) for folder in folders if folder not in own or len(own) == len(folders)
    ]
    return models, own


def _introduction(
    models: Sequence[Model],
    titles: Sequence[str],
    sections: Sequence[Section],
    unfinished: Sequence[Path],
    own: Sequence[Path],
) -> list[Part]:
    parts: list[Part] = []
    if len(models) > 1:
        links = dict(zip(titles, anchors(sections), strict=False))
        parts.append(_comparison(models, titles, links))
    if len(models) > MOST_SECTIONS:
        parts.append(
            f"Only the first {MOST_SECTIONS} of {len(models)} runs have figures; for those of "
            "the others, report their folders."
        )
    if unfinished:
        names = ", ".join(str(folder) for folder in unfinished)
        parts.append(f"Left out, because they have not ended: {names}.")
    if own:
        names = ", ".join(str(folder) for folder in own)
        parts.append(f"Left out, because they use networks of their own: {names}.")
    return parts


def _comparison(models: Sequence[Model], titles: Sequence[str], links: dict[str, str]) -> Table:
    rows = [
        (title, f"{model.summary.get('steps', 0):,}", informative_share(model.summary) or "–")
        for model, title in zip(models, titles, strict=True)
    ]
    return Table(("run", "steps", "informative dimensions"), rows, links)


def _losses(models: Sequence[Model], titles: Sequence[str]) -> Section:
    """Return the loss terms of all runs, side by side."""
    terms = list(dict.fromkeys(term for model in models for term in model.summary.get("loss", {})))
    rows = []
    for model, title in zip(models, titles, strict=True):
        loss = model.summary.get("loss", {})
        rows.append((title, *(f"{loss[term]:.4g}" if term in loss else "–" for term in terms)))
    return Section("Losses", [Table(("run", *(term_label(term) for term in terms)), rows)])


def _page_title(models: Sequence[Model]) -> str:
    if len(models) == 1:
        return run_title(models[0])
    names = sorted({model.name for model in models})
    data = sorted({str(model.data["name"]) for model in models})
    if len(names) > 3 or len(data) > 3:
        return f"{len(models)} runs"
    return f"{', '.join(names)} on {', '.join(data)}: {len(models)} runs"
