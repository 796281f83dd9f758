"""What is said on a terminal: what data holds, how it was read, what a run came to."""

from __future__ import annotations

import sys
from typing import IO

from rich.console import Console
from rich.table import Table

from unweave.data import CATALOGUE, Dataset
from unweave.interpret.recovery import factor_recovery
from unweave.training.run import Run

_SHOWN_COLUMNS = 60


def show_data(dataset: Dataset, stream: IO[str] | None = None) -> None:
    """Say what a dataset holds; for tables, how every column was read.

    On standard error, unless another stream is given.
    """
    console = _console(stream)
    shape = " x ".join(map(str, dataset.sample_shape))
    what = "images of " + shape if dataset.kind == "images" else f"rows of {shape} features"
    split = ", ".join(f"{len(rows)} {name}" for name, rows in dataset.splits.items())
    console.print(f"{dataset.name}: {len(dataset)} {what} ({split})")
    if dataset.factors is not None:
        sizes = zip(dataset.factors.names, dataset.factors.sizes, strict=True)
        words = [f"{name} ({'continuous' if size is None else size})" for name, size in sizes]
        console.print("factors: " + ", ".join(words))
    if dataset.labels is not None:
        console.print("labels: " + ", ".join(dataset.labels.names))
    for note in dataset.notes:
        console.print(note)
    if dataset.table is not None and not dataset.source.startswith("fa"):
        _show_columns(dataset, console)


def _show_columns(dataset: Dataset, console: Console) -> None:
    assert dataset.table is not None
    table = Table(box=None, pad_edge=False, header_style="bold")
    headings = ("column", "read as", "blanks imputed", "note")
    for heading in headings:
        table.add_column(heading, justify="right" if heading.startswith("blank") else "left")
    lines = dataset.table.report()
    # In a wide table, the columns that need no remark are left to the count below.
    shown = lines
    if len(lines) > _SHOWN_COLUMNS:
        shown = [line for line in lines if line["note"] or line["blanks imputed"]]
    for line in shown[:_SHOWN_COLUMNS]:
        table.add_row(*(str(line[heading]) for heading in headings))
    console.print(table)
    if len(lines) > min(len(shown), _SHOWN_COLUMNS):
        console.print(f"… and {len(lines) - min(len(shown), _SHOWN_COLUMNS)} more columns")
    summary = dataset.table.summary()
    console.print(", ".join(f"{name}: {count}" for name, count in summary.items()))


def show_run(run: Run, dataset: Dataset) -> None:
    """Say what a run came to: its informative dimensions, and the true factors they match."""
    console = _console(None)
    summary = run.summary
    informative = sorted(summary["informative"], key=lambda index: -summary["kl"][index])
    words = [f"z{index} {summary['kl'][index]:.2f}" for index in informative]
    others = [kl for index, kl in enumerate(summary["kl"]) if index not in informative]
    console.print(
        f"{run.folder or run.name}: {summary['steps']} steps in {summary['seconds']:.0f} s, "
        f"{len(informative)} of {run.latent_dim} dimensions informative "
        f"(nats: {', '.join(words) or 'none'}"
        + (f"; the others at most {max(others):.2g})" if others else ")")
    )
    factors = dataset.factors
    if factors is None or any(size is not None for size in factors.sizes):
        return
    recovery = factor_recovery(run.encode(dataset), factors.values, summary["informative"])
    matches = zip(factors.names, recovery.dimensions, recovery.correlations, strict=True)
    found = [f"{name} ~ z{z} {value:.3f}" for name, z, value in matches if z >= 0]
    console.print(
        f"true factors: {', '.join(found) or 'none found'}; "
        f"FDR {recovery.fdr:.2g}, power {recovery.power:.2g}"
    )


def show_catalogue() -> None:
    """List the built-in data sets on standard output."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "kind", "what it is", "options", "where", "licence"):
        table.add_column(heading)
    for entry in CATALOGUE.values():
        options = ", ".join(f"{option.name}={option.default}" for option in entry.options)
        table.add_row(
            entry.name, entry.kind, entry.description, options, entry.where(), entry.licence
        )
    _console(sys.stdout).print(table)


def _console(stream: IO[str] | None) -> Console:
    # Plain text without a terminal: no colours, and lines as long as they are.
    stream = stream or sys.stderr
    return Console(file=stream, highlight=False, markup=False, soft_wrap=not stream.isatty())
