"""Two checkouts of the package that are measured in turn."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).parents[1] / "src"
Measured = TypeVar("Measured")


def asked_checkouts(description: str) -> tuple[dict[str, Path], int]:
    """Return the src folders that the command line names, this one's first, and the rounds."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--against", type=Path, help="the src folder of another checkout")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    return {"here": HERE, **({"there": given.against} if given.against else {})}, given.rounds


def in_turn(
    sources: Mapping[str, Path], rounds: int, measure: Callable[[Path], Measured]
) -> dict[str, list[Measured]]:
    """Measure each checkout once a round; the first round, which fills caches, is left out."""
    found: dict[str, list[Measured]] = {name: [] for name in sources}
    for turn in range(rounds + 1):
        for name, source in sources.items():
            took = measure(source)
            if turn:
                found[name].append(took)
    return found
