"""Text for a terminal: data and how it was read, runs, scores, interpretations, studies."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from unweave.data import SOURCES, Dataset
from unweave.interpretation.recovery import factor_recovery
from unweave.reporting.certificate import certificate_lines
from unweave.reporting.decisions import decisions, headline_comparisons, plan_text
from unweave.reporting.labels import nats
from unweave.reporting.run_facts import health_warning
from unweave.reporting.turns import turn_notes, turn_summary, turn_text
from unweave.runs.model import Model

if TYPE_CHECKING:
    from unweave.editing.strength import Strength
    from unweave.interpretation.interpret import Interpretation
    from unweave.studies.choice import Choice
    from unweave.studies.power import Power
    from unweave.studies.results import Study

_SHOWN_COLUMNS = 60
_UNBOUNDED_WIDTH = 100_000
_SHOWN_DISAGREEMENTS = 10


def show_data(dataset: Dataset, stream: IO[str] | None = None) -> None:
    """Print what a dataset holds, and how every column of a table was read.

    On standard error, unless another stream is given.
    """
    console = _console(stream)
    shape = " x ".join(map(str, dataset.sample_shape))
    what = "images of " + shape if dataset.kind == "images" else f"rows of {shape} features"
    split = ", ".join(f"{len(rows)} {name}" for name, rows in dataset.splits.items())
    console.print(f"{dataset.name}: {len(dataset)} {what} ({split})")
    if dataset.factors is not None:
        sizes = zip(dataset.factors.names, dataset.factors.sizes, strict=True)
        texts = [f"{name} ({'continuous' if size is None else size})" for name, size in sizes]
        console.print("factors: " + ", ".join(texts))
    if dataset.labels is not None:
        console.print("labels: " + ", ".join(dataset.labels.names))
    for note in dataset.notes:
        console.print(note)
    if dataset.table is not None and not dataset.synthetic:
        _show_columns(dataset, console)


def data_document(dataset: Dataset) -> dict[str, Any]:
    """Return what `show_data` prints as plain data."""
    table = dataset.table
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "count": len(dataset),
        "shape": list(dataset.sample_shape),
        "splits": {name: len(rows) for name, rows in dataset.splits.items()},
        "factors": [] if dataset.factors is None else list(dataset.factors.names),
        "labels": [] if dataset.labels is None else list(dataset.labels.names),
        "notes": list(dataset.notes),
        "columns": [] if table is None else table.report(),
        **({"bounds": _bounds(dataset)} if _bounds(dataset) else {}),
    } | ({} if table is None else {"coding": table.coding, "summary": table.summary()})


def _bounds(dataset: Dataset) -> dict[str, list[float]]:
    """Return the numbers that are 0 and 1 of each rating among the labels."""
    labels = dataset.labels
    return {} if labels is None else {name: list(ends) for name, ends in labels.bounds.items()}


def _show_columns(dataset: Dataset, console: Console) -> None:
    assert dataset.table is not None
    table = Table(box=None, pad_edge=False, header_style="bold")
    headings = ("column", "kind", "used", "blank", "reason")
    for heading in headings:
        table.add_column(heading, justify="right" if heading == "blank" else "left")
    lines = dataset.table.report()
    # In a wide table, columns without a remark are only counted below.
    shown = lines
    if len(lines) > _SHOWN_COLUMNS:
        shown = [line for line in lines if line["reason"] or line["blank"]]
    for line in shown[:_SHOWN_COLUMNS]:
        used = line["role"] if line["role"] == "given" else "yes" if line["used"] else "no"
        table.add_row(line["name"], line["kind"], used, str(line["blank"]), line["reason"])
    console.print(table)
    if len(lines) > min(len(shown), _SHOWN_COLUMNS):
        console.print(f"… and {len(lines) - min(len(shown), _SHOWN_COLUMNS)} more columns")
    summary = dataset.table.summary()
    console.print(", ".join(f"{name}: {count}" for name, count in summary.items()))


def show_run(model: Model, dataset: Dataset) -> None:
    """Print the results of a run, and which true factors its dimensions match."""
    console = _console(None)
    summary = model.summary
    if warning := health_warning(model):
        console.print(f"{model.title}: {warning}")
    if not model.has_posterior:
        accuracy = summary.get("accuracy")
        shown = f"; test accuracy of the soft target {accuracy:.4f}" if accuracy is not None else ""
        correlation = summary["loss"].get("distance_correlation")
        left = "" if correlation is None else f"; distance correlation left {correlation:.3g}"
        console.print(
            f"{model.title}: {summary['steps']} steps in {summary['seconds']:.0f} s{shown}{left}"
        )
        return
    informative = sorted(summary["informative"], key=lambda index: -summary["kl"][index])
    shares = [f"z{index} {summary['kl'][index]:.2f}" for index in informative]
    others = [kl for index, kl in enumerate(summary["kl"]) if index not in informative]
    console.print(
        f"{model.title}: {summary['steps']} steps in {summary['seconds']:.0f} s, "
        f"{len(informative)} of {model.latent_dim} dimensions informative "
        f"(nats: {', '.join(shares) or 'none'}"
        + (f"; the others at most {max(others):.2g})" if others else ")")
    )
    factors = dataset.factors
    if factors is None or any(size is not None for size in factors.sizes):
        return
    recovery = factor_recovery(model.encode(dataset), factors.values, summary["informative"])
    matches = zip(factors.names, recovery.dimensions, recovery.correlations, strict=True)
    found = [f"{name} ~ z{z} {value:.3f}" for name, z, value in matches if z >= 0]
    console.print(
        f"true factors: {', '.join(found) or 'none found'}; "
        f"FDR {recovery.fdr:.2g}, power {recovery.power:.2g}"
    )


def show_strength(found: Strength) -> None:
    """Print the errors of the strength protocol, with the changes outside the regions."""
    console = _console(sys.stdout)
    curves = [("", found.added), ("no ", found.removed)]
    for sign, of_direction in curves:
        for name, curve in of_direction.items():
            points = zip(curve.values, curve.error, curve.change_outside, strict=True)
            errors = ", ".join(
                f"{value:g}: {error:.3f} ({out:.3f})" for value, error, out in points
            )
            console.print(
                f"{sign}{name} (SVM {curve.svm_accuracy:.3f}, misses {curve.svm_misses:.3f} of "
                f"real images; reconstructions {curve.error_reconstruction:.3f}; {curve.count} "
                f"images): error (change outside) at {errors}"
            )
    for name, degree in (found.degrees.curves if found.degrees else {}).items():
        console.print(
            f"{name}: drawn against asked, rank correlation {degree.spearman:.3f}, slope "
            f"{degree.slope:.2f}; others move at most {degree.largest_other:.3f} times as much"
        )
    for note in found.notes:
        console.print(note)


def show_interpretation(found: Interpretation) -> None:
    """Print the features each dimension moves, the indices, and the agreement of runs."""
    from unweave.interpretation.reading import strongest

    console = _console(sys.stdout)
    for reading in found.readings:
        if warning := health_warning(reading.model):
            console.print(f"{reading.model.title}: {warning}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("dimension", "KL (nats)", "moves most, by FVH-LT", "by DBSR-LS"):
        table.add_column(heading, justify="right" if heading.startswith("KL") else "left")
    for k in sorted(found.informative, key=lambda k: -found.kl[k]):
        tables = (found.tables[name] for name in ("fvh_lt", "dbsr_ls"))
        features = [strongest(table, found.features, k) for table in tables]
        table.add_row(f"z{k}", nats(found.kl[k]), *features)
    console.print(table)
    index = found.to_json_index()
    over = "rows" if len(found.readings) == 1 else "runs"
    for name, title in (("fvh_lt", "FVH-LT"), ("dbsr_ls", "DBSR-LS"), ("mean", "mean")):
        low, high = index["interval"][name]
        most = f"; attainable {index['attainable'][name]:.3f}" if name != "mean" else ""
        console.print(
            f"LSDI, {title}: {index[name]:.3f} (95 % over {over}: {low:.3f} to {high:.3f}{most})"
        )
    if len(found.readings) > 1:
        aligned = index["aligned"]
        console.print(
            f"LSDI of the aligned, averaged tables: FVH-LT {aligned['fvh_lt']:.3f}, "
            f"DBSR-LS {aligned['dbsr_ls']:.3f}, mean {aligned['mean']:.3f}"
        )
    _show_agreement(found, console)
    for note in (*found.notes, *certificate_lines(found.certificate, found.uncertified)):
        console.print(note)
    _show_turns(found, console)


def _show_turns(found: Interpretation, console: Console) -> None:
    """Print the turn that makes the features simpler to tell apart, with its reading."""
    for note in (turn_text(found), *turn_notes(found)):
        if note:
            console.print(note)
    if found.turned is not None:
        console.print("Read turned, which `unweave rotate` makes a run:")
        # What is missing has been said.
        missing = "" if found.uncertified else found.turned.uncertified
        show_interpretation(replace(found.turned, turns=(), uncertified=missing))


def show_turn(model: Model) -> None:
    """Print how a model's dimensions were turned."""
    console = _console(sys.stdout)
    said = turn_summary(model.summary) or "its dimensions are as they were learned"
    console.print(f"{model.title}: {said}")
    for note in model.summary["turn"]["notes"]:
        console.print(note)


def _show_agreement(found: Interpretation, console: Console) -> None:
    for reading in found.readings:
        agreement = reading.agreement
        name = reading.model.folder or f"{reading.model.name}, seed {reading.model.seed}"
        shared = (
            f"{agreement.share:.0%} of {agreement.features} features"
            if agreement.features
            else "no feature"
        )
        known = reading.recovery
        fdr = f"; FDR {known.fdr:.2g}, power {known.power:.2g}" if known else ""
        console.print(f"{name}: both readings have the same leading dimension for {shared}{fdr}")
        if len(found.readings) == 1:
            for each in agreement.disagreements[:_SHOWN_DISAGREEMENTS]:
                console.print(
                    f"  {each.feature}: z{each.fvh_lt} by FVH-LT, z{each.dbsr_ls} by DBSR-LS "
                    f"({each.reason})"
                )
    if found.alignment is not None and found.ranking is not None:
        ranking = ", ".join(f"{value:.2f}" for value in found.ranking)
        sharp = found.sharpness()["fvh_lt"]
        console.print(
            f"aligned with run {found.alignment.reference + 1} of {len(found.readings)}; leading "
            f"entries of the averaged FVH-LT table stand out by {sharp['aligned']:.2f}, "
            f"unaligned by {sharp['unaligned']:.2f}; UDR of the runs: {ranking}"
        )


def show_study(study: Study) -> None:
    """Print the methods' scores on standard output, as means with intervals."""
    from unweave.reporting.study_report import facts, scores_table  # It draws, which takes time.

    console = _console(sys.stdout)
    plain = scores_table(study)
    if not plain.rows:
        console.print("no run is finished")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("score")
    for method, *_ in plain.rows:
        table.add_column(method, justify="right", overflow="fold")
    for line in list(zip(plain.heads, *plain.rows, strict=True))[1:]:
        table.add_row(*line)
    console.print(table)
    for text in (*facts(study), *decisions(headline_comparisons(study))):
        console.print(text)


def show_power(found: Power) -> None:
    """Print a sentence on every pair of methods of a study on standard output."""
    console = _console(sys.stdout)
    for each in found.comparisons:
        console.print(each.sentence)
    console.print(plan_text(found.power))


def show_choice(choice: Choice) -> None:
    """Print what was tried, from the best of each rung to the worst, and the advice."""
    console = _console(sys.stdout)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("steps", "setting", "believed", "open", "held-out nats", "UDR", "LSDI", "turn"):
        table.add_column(heading, justify="left" if heading in ("setting", "turn") else "right")
    for rung in reversed(choice.rungs):
        for setting in rung.settings:
            found = setting.criteria
            table.add_row(
                f"{rung.steps}", setting.name, f"{found.believed:.2f}", f"{found.open:.1f}",
                f"{found.nats:.2f} ± {found.nats_error:.2f}", f"{found.udr:.2f}",
                f"{found.lsdi:.2f}", found.turn,
            )  # fmt: skip
    console.print(table)
    console.print(choice.advice)


def show_catalogue() -> None:
    """Print the built-in data sets on standard output."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "kind", "what it is", "options", "where", "licence"):
        table.add_column(heading)
    for entry in SOURCES.values():
        options = ", ".join(f"{option.name}={option.default}" for option in entry.options)
        table.add_row(
            entry.name, entry.kind, entry.description, options, entry.where(), entry.licence
        )
    _console(sys.stdout).print(table)


def show_scores(documents: Sequence[Mapping[str, Any]]) -> None:
    """Print the documents that `unweave.evaluate` returned on standard output, side by side."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("score")
    for document in documents:
        table.add_column(str(document["run"] or "(in memory)"), justify="right", overflow="fold")
    table.add_row("data", *(str(document["data"]) for document in documents))
    table.add_row("rows", *(f"{each['count']} ({each['split']})" for each in documents))
    # Errors of images and of tables have different units, so they are on different lines.
    lines = dict.fromkeys(
        (name, score.get("unit"))
        for document in documents
        for name, score in document["scores"].items()
    )
    for name, unit in lines:
        cells = [_score_cell(document["scores"].get(name), unit) for document in documents]
        table.add_row(f"{name} ({unit})" if unit else name, *cells)
    console = _console(sys.stdout)
    for document in documents:
        if note := (document.get("health") or {}).get("note"):
            console.print(f"{document['run'] or '(in memory)'}: not to be trusted, {note}")
    console.print(table)
    if any("sd" in score for document in documents for score in document["scores"].values()):
        console.print("± is the standard deviation over the samples")
    constant = (
        each["left_out"]
        for document in documents
        for each in document["scores"].values()
        if "left_out" in each
    )
    for factor in dict.fromkeys(name for names in constant for name in names):
        console.print(f"left out: factor {factor} (does not vary in these rows)")
    reasons = (each["omitted"] for each in documents)
    for name, reason in dict.fromkeys(pair for each in reasons for pair in each.items()):
        console.print(f"left out: {name} ({reason})")


def show_array_scores(document: Mapping[str, Any]) -> None:
    """Print the document that `unweave.score` returned on standard output."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("score")
    table.add_column("value", justify="right")
    for name, score in document["scores"].items():
        table.add_row(name, _score_cell(score, None))
    console = _console(sys.stdout)
    factors = [
        f"{name} ({'continuous' if size is None else size})"
        for name, size in document["levels"].items()
    ]
    console.print(f"{document['count']} rows of {len(document['dimensions'])} dimensions")
    console.print("factors: " + ", ".join(factors))
    if document["left_out"]:
        console.print("left out, since they do not vary: " + ", ".join(document["left_out"]))
    if document["row_labels"]:
        console.print("columns that only name rows: " + ", ".join(document["row_labels"]))
    console.print(table)
    for name, reason in document["omitted"].items():
        console.print(f"left out: {name} ({reason})")


def _score_cell(score: Mapping[str, Any] | None, unit: str | None) -> str:
    if score is None or score.get("unit") != unit:
        return "–"
    spread = f" ± {score['sd']:.2g}" if "sd" in score else ""
    return f"{score['value']:.4g}{spread}"


def _console(stream: IO[str] | None) -> Console:
    # Where there is no terminal, plain text: no colours, and lines that are not broken.
    stream = stream or sys.stderr
    width = None if stream.isatty() else _UNBOUNDED_WIDTH
    return Console(
        file=stream, highlight=False, markup=False, soft_wrap=width is not None, width=width
    )
