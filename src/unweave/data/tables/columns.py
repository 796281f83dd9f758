"""The columns of a table: what each is read as, and the scale of its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from unweave.data.tables.cells import READABLE_SHARE, Cells
from unweave.errors import RequestError

Role = Literal["numeric", "two-valued", "constant", "left out"]

# Share of the deviation over all rows under which training rows count as constant.
NEGLIGIBLE = 1e-6
_NAMELESS = re.compile(r"(Unnamed: \d+(_level_\d+)?)?")
_COUNTER_NAME = re.compile(r"(.*[ _.-])?(id|idx|index)", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Unique in its table.
    role : {"numeric", "two-valued", "constant", "left out"}
        Only numeric and two-valued columns are features.
    mean, sd : float
        Mean and deviation over the training rows, in the column's own unit (in 0/1 for a
        two-valued one).
    fill : float
        What blanks are imputed with: the training rows' median, or the more frequent
        level (0 or 1).
    blanks : int
        Cells that were blank or unreadable, over all rows.
    unreadable : int
        How many of these held something other than a number.
    levels : tuple of two str, optional
        The texts coded 0 and 1.
    constant : float or str, optional
        The one value of a constant column.
    note : str
        How cells were read, or why the column is left out.
    """

    name: str
    role: Role
    mean: float = 0.0
    sd: float = 1.0
    fill: float = 0.0
    blanks: int = 0
    unreadable: int = 0
    levels: tuple[str, str] | None = None
    constant: float | str | None = None
    note: str = ""

    @property
    def is_feature(self) -> bool:
        """Whether the column is one of the J that are learned from."""
        return self.role in ("numeric", "two-valued")


def decide_column(name: str, cells: Cells, counters: bool = True) -> Column:
    """Decide what a column is read as; its mean, deviation and fill come later."""
    if cells.refused:
        return Column(name, "left out", note=cells.refused)
    present = int((~cells.blank).sum())
    if present == 0:
        return Column(name, "left out", note="entirely blank")
    readable = int(cells.readable.sum())
    if readable < READABLE_SHARE * present:
        return _decide_text(name, cells, present, readable)

    blanks = len(cells.numbers) - readable
    if blanks * 2 > len(cells.numbers):
        return _mostly_blank(name, blanks, len(cells.numbers))
    numbers = cells.numbers[cells.readable]
    unreadable = present - readable
    if (numbers == numbers[0]).all():
        return Column(name, "constant", blanks=blanks, constant=float(numbers[0]), note=cells.how)
    if counters and blanks == 0 and _counts_rows(name, numbers):
        return Column(name, "left out", note="a row counter")
    note = cells.how
    if unreadable:
        row, text = cells.first_unreadable()
        said = f"{unreadable} unreadable, first {text!r} in row {row + 1}"
        note = f"{note}; {said}" if note else said
    return Column(name, "numeric", blanks=blanks, unreadable=unreadable, note=note)


def _decide_text(name: str, cells: Cells, present: int, readable: int) -> Column:
    blanks = len(cells.numbers) - present
    if len(cells.levels) > 2:
        if readable * 2 >= present:
            row, text = cells.first_unreadable()
            share = readable / present
            note = (
                f"only {share:.0%} of its cells are numbers, first other {text!r} in row {row + 1}"
            )
        else:
            note = f"text, {len(cells.levels)} distinct values"
        return Column(name, "left out", note=note)
    if blanks * 2 > len(cells.numbers):
        return _mostly_blank(name, blanks, len(cells.numbers))
    if len(cells.levels) == 1:
        return Column(name, "constant", blanks=blanks, constant=cells.levels[0])
    low, high = sorted(cells.levels)
    note = f"{low} is 0, {high} is 1"
    return Column(name, "two-valued", blanks=blanks, levels=(low, high), note=note)


def _mostly_blank(name: str, blanks: int, rows: int) -> Column:
    return Column(name, "left out", note=f"more than half blank ({blanks} of {rows})")


def _counts_rows(name: str, numbers: np.ndarray) -> bool:
    steps = np.arange(len(numbers))
    if np.array_equal(numbers, steps) or np.array_equal(numbers, steps + 1):
        return True
    if not _COUNTER_NAME.fullmatch(name) or (numbers != np.floor(numbers)).any():
        return False
    return len(np.unique(numbers)) == len(numbers)


def measure(columns: list[Column], numbers: np.ndarray, train: np.ndarray) -> list[Column]:
    """Give every feature its fill, mean and deviation, measured on the training rows."""
    features = iter(numbers.T)
    return [_measured(c, next(features), train) if c.is_feature else c for c in columns]


def _measured(column: Column, numbers: np.ndarray, train: np.ndarray) -> Column:
    known = ~np.isnan(numbers)
    sample = numbers[train][known[train]]
    if len(sample) == 0:
        sample = numbers[known]
    fill = float(sample.mean() > 0.5) if column.levels else _median(sample)
    filled = np.where(known, numbers, fill)
    mean, sd = _mean_and_deviation(filled[train])
    over_all = _mean_and_deviation(filled)
    if sd <= NEGLIGIBLE * over_all[1]:
        mean, sd = over_all
    if not np.isfinite([mean, sd]).all() or sd == 0:
        raise RequestError(
            f"column {column.name!r}: its values are too large or too close to tell apart "
            "in double precision; rescale it"
        )
    return replace(column, mean=mean, sd=sd, fill=fill)


def _median(sample: np.ndarray) -> float:
    # Halved first: the sum of two middle values near the largest double overflows.
    low, high = np.quantile(sample, 0.5, method="lower"), np.quantile(sample, 0.5, method="higher")
    return float(low / 2 + high / 2)


def _mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """Return mean and population deviation, without over- or underflow of the squares."""
    scale = float(np.abs(values).max())
    if scale == 0:
        return 0.0, 0.0
    shares = values / scale
    return float(shares.mean()) * scale, float(shares.std()) * scale


def readable_names(names: Sequence[object] | pd.Index) -> list[str]:
    """Name the nameless columns by their place and make every name unique."""
    taken: set[str] = set()
    unique = []
    for place, name in enumerate(names, start=1):
        text = " ".join(str(name).split()) if name is not None else ""
        if _NAMELESS.fullmatch(text) or text == "nan":
            text = f"column {place}"
        candidate, repeat = text, 2
        while candidate in taken:
            candidate, repeat = f"{text} ({repeat})", repeat + 1
        taken.add(candidate)
        unique.append(candidate)
    return unique
