"""Kinds of columns of numbers: two-valued, ids, days, ordinal, counts, positive, real."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from unweave.data.tables import dates
from unweave.data.tables.cells import Cells
from unweave.data.tables.columns import Column
from unweave.data.tables.levels import category, joined, marked
from unweave.data.tables.numerals import number_text

# Whole numbers of so few steps are answers on a scale; from 0 on they mostly are counts.
MOST_STEPS = 10
MOST_STEPS_FROM_ZERO = 4
# Counts are small: larger whole numbers are nearly continuous.
MOST_COUNT_MEDIAN = 100
LEAST_COUNT_BELOW = 3
# Skewness above which the logarithm is taken, if that is less skewed.
SKEWED = 1.0
# In fewer rows, distinct whole numbers are no sign of an id.
FEWEST_IDS = 30

ID_NAME = re.compile(
    r"(.*[ _.-])?(id|ids|idx|uuid|guid|identifier)([ _.-]?(no|nr|num|number|code))?"
    r"|(?-i:.*[a-z](ID|Id|Idx))"
    r"|(row|record|case|serial|customer|patient|subject|order|client|account|student|obs|sample)"
    r"[ _.-]?(no|nr|num|number|index|#)|pid|sid|uid|ssn|rownames?|observation|index|.*[ _.-]index"
    r"|row|obs|obsno|serial|caseno",
    re.IGNORECASE,
)
_ORDINARY_NAME = re.compile(r"(.*[ _.-])?(index)", re.IGNORECASE)
_CLOCK_NAME = re.compile(
    r"(.*[ _.-])?(t|time|times|trend|day|days|week|weeks|month|months|year|years|yr|date|age"
    r"|hour|hours|minute|min|sec|period|quarter|dose|rank|order|trial|session|visit|temp)",
    re.IGNORECASE,
)
_YEARS = (1500, 2200)
_DAY_NUMBERS = (17_000_101, 22_001_231)


def number_column(name: str, cells: Cells, counters: bool) -> Column:
    """Describe a column whose cells are numbers; `counters` says whether ids are looked for."""
    numbers = cells.numbers[cells.readable]
    distinct = np.unique(numbers)
    how = _how(cells)
    whole = bool((numbers == np.floor(numbers)).all())
    if len(distinct) == 1:
        text = number_text(distinct[0])
        if text == "1" and cells.blank.any():
            return marked(name, cells, text)
        return Column(name, "constant", "left out", how, constant=float(distinct[0]))
    if len(distinct) == 2:
        levels = tuple(map(number_text, distinct))
        return Column(
            name,
            "binary",
            reason=joined(f"{levels[0]} is 0, {levels[1]} is 1", how),
            levels=levels,
        )
    if counters and whole and (reason := _identifies(name, cells.numbers, distinct)):
        return Column(name, "id", "left out", reason)
    if counters and whole and ID_NAME.fullmatch(name) and not _ORDINARY_NAME.fullmatch(name):
        if len(distinct) <= MOST_STEPS:
            return category(name, cells.as_text(), "numbers that name groups")
        if len(distinct) > 2 * MOST_STEPS:
            return Column(name, "id", "left out", "named like an id, of many values")
    if whole and _are_days(name, distinct):
        return Column(name, "date", reason="dates, as in 20140601", format="%Y%m%d")
    if whole:
        return _found_whole(name, numbers, distinct, how)
    if distinct[0] >= 0:
        return positive(name, numbers, how)
    return Column(name, "real", reason=how)


def _found_whole(name: str, numbers: np.ndarray, distinct: np.ndarray, how: str) -> Column:
    low, high = distinct[0], distinct[-1]
    steps = high - low
    scale = steps <= (MOST_STEPS_FROM_ZERO if low == 0 else MOST_STEPS) or (
        low == 0 and high == MOST_STEPS and len(distinct) > MOST_STEPS
    )
    filled = len(distinct) * 2 > steps
    if scale and filled and (low in (0, 1) or low == -high):
        levels = tuple(map(number_text, distinct))
        reason = f"whole numbers from {levels[0]} to {levels[-1]}"
        return Column(name, "ordinal", reason=joined(reason, how), levels=levels)
    if 0 <= low <= LEAST_COUNT_BELOW and np.median(numbers) <= MOST_COUNT_MEDIAN:
        reason = f"whole numbers from {low:.0f} to {high:.0f}"
        return Column(name, "count", reason=joined(reason, how), whole=True)
    if low >= 0:
        return positive(name, numbers, how, whole=True)
    return Column(name, "real", reason=joined("whole numbers", how), whole=True)


def positive(name: str, numbers: np.ndarray, how: str, whole: bool = False) -> Column:
    """Describe numbers that are never negative; skewed ones are put on a log scale."""
    reason = "whole numbers, none negative" if whole else "no negative numbers"
    column = Column(name, "positive", reason=joined(reason, how), whole=whole)
    skewed = _skewness(numbers)
    if skewed <= SKEWED:
        return column
    if numbers.min() > 0:
        if abs(_skewness(np.log(numbers))) >= skewed:
            return column
        return replace(column, log="log", reason=joined("skewed: on a log scale", how))
    unit = _rounded(float(np.median(numbers[numbers > 0])))
    if not np.isfinite(unit) or abs(_skewness(np.log1p(numbers / unit))) >= skewed:
        return column
    reason = f"skewed, with zeros: on the scale log(1 + x / {unit:g})"
    return replace(column, log="log1p", unit=unit, reason=joined(reason, how))


def _identifies(name: str, numbers: np.ndarray, distinct: np.ndarray) -> str:
    """Say why whole numbers identify rows, or return ""."""
    if np.isnan(numbers).any() or len(distinct) < len(numbers):
        return ""
    if ID_NAME.fullmatch(name):
        return "distinct whole numbers, named like an id"
    if _CLOCK_NAME.fullmatch(name):
        return ""
    steps = np.diff(numbers)
    if not (steps > 0).all():
        return ""
    if (steps == 1).all() and numbers[0] in (0, 1):
        return "a row counter"
    # Gaps, where rows were taken out.
    small = numbers[0] <= 1 + 0.05 * len(numbers)
    if small and np.median(steps) == 1 and numbers[-1] <= 2 * len(numbers) + MOST_STEPS:
        return "a row counter with gaps"
    return ""


def looks_like_id(column: Column, own: np.ndarray) -> bool:
    """Tell whether a number is distinct and whole in every row, and so may be an id."""
    if not column.whole or np.isnan(own).any() or column.kind in ("date", "time"):
        return False
    if len(own) < FEWEST_IDS or np.ptp(np.diff(np.sort(own))) == 0:
        return False
    if _CLOCK_NAME.fullmatch(column.name) or (_YEARS[0] <= own.min() and own.max() <= _YEARS[1]):
        return False
    return len(np.unique(own)) == len(own)


def _are_days(name: str, distinct: np.ndarray) -> bool:
    """Tell whether whole numbers are days such as 20140601."""
    if distinct[0] < _DAY_NUMBERS[0] or distinct[-1] > _DAY_NUMBERS[1]:
        return False
    return bool(np.isfinite(dates.read_dates([number_text(d) for d in distinct], "%Y%m%d")).all())


def _how(cells: Cells) -> str:
    """Say how cells became numbers, and which did not."""
    unreadable = int((~cells.readable & ~cells.blank).sum())
    if not unreadable:
        return cells.how
    row, text = cells.first_unreadable()
    return joined(cells.how, f"{unreadable} unreadable, first {text!r} in row {row + 1}")


def _skewness(numbers: np.ndarray) -> float:
    """Return the third standardised moment; 0 for constants."""
    scale = np.abs(numbers).max()
    if scale == 0 or not np.isfinite(scale):
        return 0.0
    centred = numbers / scale - (numbers / scale).mean()
    deviation = np.sqrt((centred**2).mean())
    return float((centred**3).mean() / deviation**3) if deviation > 1e-9 else 0.0


def _rounded(number: float) -> float:
    """Round to one digit, so that the scale can be said in a few words."""
    return float(f"{number:.0e}")
