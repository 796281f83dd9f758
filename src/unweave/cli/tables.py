"""Commands for tables: blank cells filled, and rows that stand out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unweave.cli.options import Device, OptionalData, RunFolder, say_written

Seed = Annotated[int, typer.Option(help="Seed of the draws.")]


def impute(
    run: RunFolder,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The filled table, .csv or .parquet.")
    ],
    data: OptionalData = None,
    cells: Annotated[
        Path | None,
        typer.Option(
            "--cells", metavar="FILE", help="A line for each filled cell, with its interval."
        ),
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws for each row.")] = 200,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Fill the blank cells of a table."""
    import unweave as uw

    model = uw.load(run, device=device)
    uw.save_imputation(model, out, data, cells=cells, draws=draws, seed=seed)
    say_written(out)
    if cells is not None:
        say_written(cells)


def anomalies(
    run: RunFolder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .csv or .parquet file.")],
    data: OptionalData = None,
    draws: Annotated[int, typer.Option(help="Draws for each row.")] = 100,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Write how unexpected each row of a table is, and the cells it comes from."""
    import unweave as uw

    uw.save_anomalies(uw.load(run, device=device), out, data, draws=draws, seed=seed)
    say_written(out)


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.command()(impute)
    app.command()(anomalies)
