"""The command that scores plain arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand


class _ScoreCommand(TyperCommand):
    """The command `score`, whose help ends with the scores that need no model."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from unweave.metrics.registry import SCORES
        from unweave.metrics.score import FactorScore

        rows = [(row.name, row.summary) for row in SCORES.values() if isinstance(row, FactorScore)]
        with formatter.section("Scores (--metrics)"):
            formatter.write_dl(rows)


_HELP = "A .csv, .parquet or .npz file, one row per sample"


def score(
    codes: Annotated[Path, typer.Argument(metavar="CODES", help=f"{_HELP}.")],
    factors: Annotated[Path, typer.Argument(metavar="FACTORS", help=f"{_HELP}, in order.")],
    metrics: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Scores; by default all of them.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the rows and votes drawn.")] = 0,
    json_: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Score codes of any origin against the factors that made the data."""
    import unweave as uw
    from unweave.reporting.terminal import show_array_scores

    document = uw.score(codes, factors, metrics, seed=seed)
    if json_:
        print(json.dumps(document, indent=2))
    else:
        show_array_scores(document)


def add_to(app: typer.Typer) -> None:
    """Register this command."""
    app.command(cls=_ScoreCommand)(score)
