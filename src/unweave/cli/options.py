"""Options that several commands share, and readers of their texts."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unweave.errors import RequestError

Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DATA",
        help="A built-in name (unweave data list), a folder of images, a .csv or .parquet "
        "table, or an .npz in dSprites' layout.",
    ),
]
OptionalData = Annotated[
    str | None,
    typer.Option("--data", metavar="DATA", help="Data other than the run was trained on."),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.")]


def assignments(pairs: list[str], option: str = "--set", example: str = "beta=4") -> dict[str, Any]:
    """Read KEY=VALUE pairs; values stay texts."""
    read: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise RequestError(f"{option} {pair}: write KEY=VALUE, such as {option} {example}")
        read[key.strip()] = value
    return read


def candidates(pairs: list[str]) -> dict[str, list[str]]:
    """Read KEY=VALUE,VALUE,… pairs; commas within brackets, as of schedules, part no values."""
    return {
        key: [value.strip() for value in re.split(r",(?![^()]*\))", text) if value.strip()]
        for key, text in assignments(pairs, "--try", "beta=1,4,16").items()
    }


def whole_numbers(option: str, text: str) -> list[int]:
    """Read whole numbers separated by commas."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise RequestError(f"{option} {text}: write whole numbers, such as 0,3,5") from None


def numbers(option: str, text: str) -> list[float]:
    """Read numbers separated by commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise RequestError(f"{option} {text}: write numbers, such as 0,0.5,1") from None


def say_written(path: Path) -> None:
    """Name a written file or folder on standard error."""
    print(f"wrote {path}", file=sys.stderr)
