"""Reports of a study as a page, as Markdown, or as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from unweave.errors import RequestError
from unweave.files import write_bytes
from unweave.metrics.registry import SCORES
from unweave.reporting.decisions import decisions, headline, headline_comparisons
from unweave.reporting.page import Code, Folded, Part, Picture, Section, Table, write_page
from unweave.reporting.study_figures import (
    DIVERGENCE,
    draw_divergence,
    draw_plane,
    draw_rank_correlations,
    draw_scores,
)
from unweave.studies.power import comparisons
from unweave.studies.results import Study, csv_text
from unweave.studies.statistics import Summary

RECONSTRUCTIONS = ("rmse", "psnr")
BOLD = "Bold: the best mean of each score."
MOST_RUNS_SHOWN = 500


def report_study(study: Study, path: Path | str) -> None:
    """Write a study's report, in the form of the file's suffix: .html, .md or .csv.

    Raises
    ------
    RequestError
        If the suffix is another, no run is finished, or the file cannot be written.
    """
    kind = Path(path).suffix.lower()
    writers = {".html": _write_page, ".md": _write_markdown, ".csv": _write_csv}
    if kind not in writers:
        raise RequestError(f"out={path}: a study's report is a .html, .md or .csv file")
    if not study.results:
        raise RequestError(f"{study.folder}: no run of this study is finished; run it first")
    writers[kind](study, path)


def title_of(study: Study) -> str:
    """Return a title that says what is compared, and on which data."""
    methods = study.methods
    what = ", ".join(methods) if len(methods) <= 3 else f"{len(methods)} methods"
    return f"{what} on {study.plan.data}"


def scores_table(study: Study) -> Table:
    """Return a table with a line for each method: means with intervals, the best in bold."""
    rows, bold = [], set()
    for place, method in enumerate(study.methods):
        count = sum(result.method == method for result in study.results)
        cells = [_mean_text(study.summary(method, score)) for score in study.scores]
        rows.append([method, str(count), *cells])
        bold |= {
            (place, column)
            for column, score in enumerate(study.scores, start=2)
            if study.best(score) == method
        }
    return Table(["method", "seeds", *study.scores], rows, sortable=True, bold=frozenset(bold))


def differences_table(study: Study, score: str) -> Table:
    """Return a table with a line for each pair of methods: the mean difference on equal seeds."""
    rows = []
    for one, other in combinations(study.methods, 2):
        each = study.difference(one, other, score)
        if each is not None:
            rows.append([one, other, str(each.count), _mean_text(each), _verdict(each, one, other)])
    return Table(["method", "less", "seeds", score, "higher"], rows, sortable=True)


def published_table(study: Study) -> Table:
    """Return a table with a line for each published score, beside what was measured."""
    rows = [
        [
            each.score,
            each.method,
            _number(each.value),
            _mean_text(study.summary(each.method, each.score)),
            each.source,
        ]
        for each in study.plan.published
        if each.score
    ]
    return Table(["score", "method", "published", "measured", "source"], rows)


def published_claims(study: Study) -> list[str]:
    """Return what papers say of a study in words, with the source."""
    return [f"{each.claim} ({each.source})" for each in study.plan.published if each.claim]


def facts(study: Study) -> list[str]:
    """Return sentences on the runs that a reader must know."""
    finished, wanted = len(study.results), study.plan.count
    steps = sorted({result.steps for result in study.results})
    hours = sum(result.seconds for result in study.results) / 3600
    sentences = [
        f"{finished} of {wanted} runs, {len(study.plan.seeds)} seeds each, scored on the "
        f"{study.plan.split} rows of {study.plan.data}; "
        f"{' to '.join(f'{each:,}' for each in {steps[0]: 0, steps[-1]: 0})} steps per run, "
        f"{hours:.1f} hours of training in all.",
        "Means over seeds, with Student's 95 % intervals in brackets.",
    ]
    pairs = len(study.methods) * (len(study.methods) - 1) // 2
    if pairs > 1:
        sentences.append(
            f"Each interval holds for itself: of {pairs} differences between equal methods, "
            "one in twenty would exclude 0."
        )
    if study.missing:
        sentences.append(f"Not finished: {len(study.missing)} runs.")
    if study.broken:
        sentences.append(f"Left out, {len(study.broken)} broken: {'; '.join(study.broken)}.")
    return sentences


def _write_csv(study: Study, path: Path | str) -> None:
    write_bytes(path, csv_text(study).encode())


def _write_markdown(study: Study, path: Path | str) -> None:
    first = headline(study)
    scores = scores_table(study)
    parts = [f"# {title_of(study)}", *facts(study), *([BOLD] if scores.bold else [])]
    parts.append(_markdown(scores))
    if first and len(study.methods) > 1:
        parts += [f"## Differences of {first}", _markdown(differences_table(study, first))]
        parts += ["## What is decided", *decisions(headline_comparisons(study))]
    if study.plan.published:
        table = published_table(study)
        parts += ["## What was published", *([_markdown(table)] if table.rows else [])]
        parts += published_claims(study)
    parts += ["## The study", f"```toml\n{study.plan.text.strip()}\n```"]
    write_bytes(path, ("\n\n".join(parts) + "\n").encode())


def _write_page(study: Study, path: Path | str) -> None:
    sections = [
        Section("Scores", list(_score_parts(study))),
        *(_pair_sections(study) if len(study.methods) > 1 else []),
        *([_published_section(study)] if study.plan.published else []),
        Section("How scores agree", list(_agreement_parts(study))),
        Section(
            "The runs",
            [
                Folded("Every run", _runs_table(study)),
                Folded("The study file", Code(study.plan.text.strip())),
            ],
        ),
    ]
    write_page(path, title_of(study), sections, facts(study))


def _score_parts(study: Study) -> list[Part]:
    table = scores_table(study)
    parts: list[Part] = [table, *([BOLD] if table.bold else [])]
    shown = [score for score in study.scores if score not in DIVERGENCE]
    if shown:
        parts.append(
            Picture(
                draw_scores(study, shown),
                "Every seed",
                "Grey: single seeds. Blue: their mean and its 95 % interval.",
                "Dot plots of every score by method.",
            )
        )
    first = headline(study)
    across = next((name for name in RECONSTRUCTIONS if name in study.scores), None)
    if first and across:
        parts.append(
            Picture(
                draw_plane(study, across, first),
                "Reconstruction against disentanglement",
                "Small marks: seeds. Large marks: means, crossed by their 95 % intervals. "
                + _best_corner(across),
                f"Scatter plot of {first} against {across}.",
            )
        )
    if all(part in study.scores for part in DIVERGENCE):
        parts.append(
            Picture(
                draw_divergence(study),
                "What the KL divergence consists of",
                "Lemma 1: what the codes tell about the samples, what the dimensions share, and "
                "how far each is from the prior. Means over seeds.",
                "Stacked bars of the three parts by method.",
            )
        )
    return parts


def _best_corner(across: str) -> str:
    if SCORES[across].higher_is_better:
        return "The upper right is best: close reconstructions and well separated factors."
    return "The upper left is best: small errors and well separated factors."


def _published_section(study: Study) -> Section:
    table = published_table(study)
    tables: list[Part] = [table] if table.rows else []
    return Section("What was published", [*tables, *published_claims(study)])


def _pair_sections(study: Study) -> list[Section]:
    folded = [
        Folded(
            score, Table(["pair"], [[each.sentence] for each in comparisons(study, scores=[score])])
        )
        for score in study.scores
        if score != (headline(study) or study.scores[0])
    ]
    return [
        Section("Differences", list(_pair_parts(study))),
        Section("What is decided", [*decisions(headline_comparisons(study)), *folded]),
    ]


def _pair_parts(study: Study) -> list[Part]:
    first = headline(study) or study.scores[0]
    others = [score for score in study.scores if score != first]
    return [
        "The first method's value less the second's, on equal seeds.",
        differences_table(study, first),
        *(Folded(score, differences_table(study, score)) for score in others),
    ]


def _agreement_parts(study: Study) -> list[Part]:
    return [
        Picture(
            draw_rank_correlations(study),
            "Rank correlations",
            "Spearman's correlations over all runs of all methods. Scores that agree rank runs "
            "alike; errors are expected to correlate negatively.",
            "Heat map of rank correlations between scores.",
        )
    ]


def _runs_table(study: Study) -> Table:
    heads = ["run", "steps", "seconds", "informative", *study.scores]
    rows = [
        [
            f"{result.method}, seed {result.seed}",
            f"{result.steps:,}",
            f"{result.seconds:.0f}",
            "–" if result.informative is None else str(result.informative),
            *(_number(result.values.get(score)) for score in study.scores),
        ]
        for result in study.results[:MOST_RUNS_SHOWN]
    ]
    return Table(heads, rows, sortable=True)


def _mean_text(summary: Summary | None) -> str:
    if summary is None:
        return "–"
    if summary.count < 2:
        return _number(summary.mean)
    return f"{_number(summary.mean)} ({_number(summary.low)} to {_number(summary.high)})"


def _number(value: float | None) -> str:
    if value is None or not np.isfinite(value):
        return "–"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _verdict(each: Summary, one: str, other: str) -> str:
    if each.count < 2:
        return "one seed"
    if each.low > 0:
        return one
    return other if each.high < 0 else "open"


def _markdown(table: Table) -> str:
    rows = [
        [
            f"**{text}**" if (place, column) in table.bold else text
            for column, text in enumerate(row)
        ]
        for place, row in enumerate(table.rows)
    ]
    lines = [table.heads, ["---"] * len(table.heads), *rows]
    return "\n".join(f"| {' | '.join(_escaped(line))} |" for line in lines)


def _escaped(cells: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in cells]
