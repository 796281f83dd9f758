"""Contenders of one piece of work, measured in turn, and the Markdown table of what they took."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch.utils.flop_counter import FlopCounterMode

Measure = Callable[[], float]  # → seconds that one unit of the work took
SIDE = 2048


@dataclass
class Contender:
    """One that does the work.

    Attributes
    ----------
    name : str
    make : callable
        Sets it up and returns what measures it; whatever it raises becomes its row.
    kind : torch.dtype
        The precision of its matrix products, whose rate it is held against.
    """

    name: str
    make: Callable[[], Measure]
    kind: torch.dtype = torch.float32


@dataclass
class Row:
    """A piece of equal work.

    Attributes
    ----------
    title, unit : str
        What is done, and what the times are of.
    contenders : list of Contender
        The first ones are ours.
    ours : int
        How many of them the others are compared with.
    work : callable or None
        Does the work of one unit, to count its floating-point operations.
    notes : callable
        Returns lines that follow the table.
    """

    title: str
    unit: str
    contenders: list[Contender]
    ours: int = 1
    work: Callable[[], object] | None = None
    notes: Callable[[], str] = field(default=lambda: "")


def clocked(work: Callable[[], object], times: int = 1) -> Measure:
    """Return the measure of work that is simply done, several times."""

    def measure() -> float:
        began = time.perf_counter()
        for _ in range(times):
            work()
        return (time.perf_counter() - began) / times

    return measure


def matrix_rate(kind: torch.dtype) -> float:
    """Return the floating-point operations a second of a product of 2048 x 2048 matrices."""
    left, right = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
    left @ right
    return 2 * SIDE**3 / min(clocked(lambda: left @ right)() for _ in range(3))


def operations(work: Callable[[], object]) -> int:
    """Return the floating-point operations of the products and convolutions in some work."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def take_turns(
    contenders: Sequence[Contender], rounds: int
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Measure all of them once a round; return seconds, and the errors of those that cannot.

    The first round, which fills caches, is left out.
    """
    seconds: dict[str, list[float]] = {}
    failures: dict[str, str] = {}
    measures: dict[str, Measure] = {}
    for turn in range(-1, rounds + 1):
        for each in contenders:
            if each.name in failures:
                continue
            try:
                if turn < 0:
                    measures[each.name], seconds[each.name] = each.make(), []
                    continue
                took = measures[each.name]()
            except Exception as error:  # Other people's code: each failure is a row.
                failures[each.name] = f"{type(error).__name__}: {error}".splitlines()[0]
                continue
            if turn:
                seconds[each.name].append(took)
    return seconds, failures


def table(row: Row, rounds: int) -> str:
    """Measure a row; return its heading and its Markdown table."""
    rates = {kind: matrix_rate(kind) for kind in {each.kind for each in row.contenders}}
    seconds, failures = take_turns(row.contenders, rounds)
    count = operations(row.work) if row.work else 0
    references = [each.name for each in row.contenders[: row.ours]]
    heads = ["contender", f"{row.unit}, ms", "range"]
    heads += [f"÷ {name}" if row.ours > 1 else "÷ ours" for name in references]
    heads += ["of the matrix rate"] if count else []
    lines = [f"### {row.title}", "", _line(heads), _line(["---"] * len(heads))]
    for each in row.contenders:
        if each.name in failures:
            told = [each.name, f"cannot run: {failures[each.name]}"]
            lines.append(_line(told + [""] * (len(heads) - len(told))))
            continue
        times = seconds[each.name]
        middle = statistics.median(times)
        cells = [
            each.name,
            f"{1e3 * middle:.4g}",
            f"{1e3 * min(times):.4g} to {1e3 * max(times):.4g}",
        ]
        for name in references:
            pairs = zip(times, seconds[name], strict=False)
            ratios = [one / other for one, other in pairs]
            cells.append(f"{statistics.median(ratios):.2f}" if ratios else "")
        if count:
            cells.append(f"{count / middle / rates[each.kind]:.0%}")
        lines.append(_line(cells))
    if count:
        said = ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {_short(k)}" for k, rate in rates.items())
        lines += ["", f"{count / 1e9:.2f} GFLOP; a product of {SIDE} x {SIDE} has {said}."]
    return "\n".join([*lines, "", notes, ""] if (notes := row.notes()) else [*lines, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _short(kind: torch.dtype) -> str:
    return str(kind).removeprefix("torch.")
