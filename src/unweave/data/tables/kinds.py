"""Kinds of columns, decided from their cells and names, each with its reason."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from unweave.data.tables import dates
from unweave.data.tables.cells import (
    READABLE_SHARE,
    YES_OR_NO,
    Cells,
    code_levels,
    merge_spellings,
)
from unweave.data.tables.columns import KINDS, LEVELLED, UNLEARNT, Column, Kind
from unweave.data.tables.numerals import number_text
from unweave.data.tables.scales import ordered
from unweave.errors import RequestError, pick

# Whole numbers of so few steps are answers on a scale; from 0 on they mostly are counts.
MOST_STEPS = 10
MOST_STEPS_FROM_ZERO = 4
# Counts are small: larger whole numbers are nearly continuous.
MOST_COUNT_MEDIAN = 100
LEAST_COUNT_BELOW = 3
# Skewness above which the logarithm is taken, if that is less skewed.
SKEWED = 1.0
# A category has at most so many levels; each holds two rows and, where these are most of the
# rows, this share of them.
MOST_LEVELS = 50
LEAST_LEVEL_SHARE = 0.005
# Share of the rows that must be in levels of two rows or more.
REPEATED_SHARE = 0.5
# In fewer rows, distinct whole numbers are no sign of an id.
FEWEST_IDS = 30

_MARKS = frozenset({"x", "1", "yes", "y", "true", "t", "ja", "j", "oui", "si", "sí", "*", "+"})
_MARKS |= {"✓", "✔", "☑", "•", "v"}
_ID_NAME = re.compile(
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


def kind_named(text: str) -> Kind:
    """Return the kind of this name.

    Raises
    ------
    RequestError
        If there is none; the message suggests the nearest one.
    """
    kind: Kind = pick(text, KINDS, "kind of column")  # type: ignore[assignment]
    return kind


def decide_column(
    name: str, cells: Cells, kind: Kind | None = None, counters: bool = True
) -> Column:
    """Decide what a column is read as; its mean, deviation and fill come later.

    Parameters
    ----------
    name : str
    cells : Cells
    kind : str, optional
        The kind asked for; by default the cells decide.
    counters : bool
        Whether ids are looked for.

    Raises
    ------
    RequestError
        If the column does not fit the kind asked for; the message names the first cell.
    """
    cells = merge_spellings(cells)
    column = _forced(name, cells, kind) if kind else _found(name, cells, counters)
    blank = np.isnan(own_numbers(column, cells)) if column.used else cells.blank
    return replace(
        column,
        dtype=_output(column, cells),
        decimal=cells.decimal,
        changes=cells.changes,
        decimals=_decimals(column, cells),
        blanks=int(blank.sum()),
        unreadable=int((blank & ~cells.blank).sum()),
    )


def own_numbers(column: Column, cells: Cells) -> np.ndarray:
    """Return the own numbers of a column's cells, NaN where blank or unreadable."""
    if column.levels is not None:
        own = code_levels(cells, column.levels, column.pooled)
        return np.where(np.isnan(own) & cells.blank, 0.0, own) if column.mark else own
    is_moment = column.kind in ("date", "time")
    if is_moment and cells.dtype not in ("datetime", "date", "time", "duration"):
        return _moments(column, cells.as_text())
    numbers = cells.numbers
    if (column.kind == "count" and column.whole) or column.log:
        # What was never below 0 in training is no such number.
        numbers = np.where(numbers < 0, np.nan, numbers)
    if column.kind == "count" and column.whole:
        numbers = np.floor(numbers + 0.5)
    return np.where(numbers == 0, np.nan, numbers) if column.log == "log" else numbers


def _decimals(column: Column, cells: Cells) -> int:
    """Return the digits after the point of the seconds of dates and times."""
    if "%f" in column.format:
        return dates.decimals_of_texts(cells.levels)
    if cells.dtype not in ("datetime", "time", "duration"):
        return 0
    return dates.decimals_of(cells.numbers * (dates.DAY if cells.dtype == "datetime" else 1.0))


def _moments(column: Column, cells: Cells) -> np.ndarray:
    """Return the own numbers of dates or times that are written as text.

    A column that had a type of its own in training has no format: the texts decide.
    """
    if column.format:
        read = dates.read_dates(cells.levels, column.format) if cells.levels else np.empty(0)
    elif column.dtype == "duration":
        read = dates.read_durations(cells.levels)
    else:
        found = dates.find_format(cells.levels, READABLE_SHARE)
        read = np.full(len(cells.levels), np.nan) if found is None else found[1]
    return np.asarray(np.append(read, np.nan)[cells.codes])


def _found(name: str, cells: Cells, counters: bool) -> Column:
    """Let the cells decide."""
    if cells.refused:
        return Column(name, "text", "left out", cells.refused)
    present = int((~cells.blank).sum())
    if present == 0:
        return Column(name, "constant", "left out", "entirely blank")
    if cells.dtype in ("datetime", "date", "time", "duration"):
        return _found_date(name, cells)
    if cells.ordered:
        return _ordinal(name, cells, _present(cells, cells.ordered), "an ordered categorical")
    if int(cells.readable.sum()) >= READABLE_SHARE * present:
        return _found_number(name, cells, counters)
    return _found_text(name, cells, counters)


def _found_date(name: str, cells: Cells) -> Column:
    kind: Kind = "date" if cells.dtype in ("datetime", "date") else "time"
    known = cells.numbers[cells.readable]
    if (known == known[0]).all():
        return Column(name, "constant", "left out", f"one {kind}", constant=float(known[0]))
    reason = "dates" if kind == "date" else "times or durations"
    return Column(name, kind, reason=reason, whole=bool((known == np.floor(known)).all()))


def _found_number(name: str, cells: Cells, counters: bool) -> Column:
    numbers = cells.numbers[cells.readable]
    distinct = np.unique(numbers)
    how = _how(cells)
    whole = bool((numbers == np.floor(numbers)).all())
    if len(distinct) == 1:
        text = number_text(distinct[0])
        if text == "1" and cells.blank.any():
            return _marked(name, cells, text)
        return Column(name, "constant", "left out", how, constant=float(distinct[0]))
    if len(distinct) == 2:
        levels = tuple(map(number_text, distinct))
        return Column(
            name,
            "binary",
            reason=_joined(f"{levels[0]} is 0, {levels[1]} is 1", how),
            levels=levels,
        )
    if counters and whole and (reason := _identifies(name, cells.numbers, distinct)):
        return Column(name, "id", "left out", reason)
    if counters and whole and _ID_NAME.fullmatch(name) and not _ORDINARY_NAME.fullmatch(name):
        if len(distinct) <= MOST_STEPS:
            return _category(name, cells.as_text(), "numbers that name groups")
        if len(distinct) > 2 * MOST_STEPS:
            return Column(name, "id", "left out", "named like an id, of many values")
    if whole and _are_days(name, distinct):
        return Column(name, "date", reason="dates, as in 20140601", format="%Y%m%d")
    if whole:
        return _found_whole(name, numbers, distinct, how)
    if distinct[0] >= 0:
        return _positive(name, numbers, how)
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
        return Column(name, "ordinal", reason=_joined(reason, how), levels=levels)
    if 0 <= low <= LEAST_COUNT_BELOW and np.median(numbers) <= MOST_COUNT_MEDIAN:
        reason = f"whole numbers from {low:.0f} to {high:.0f}"
        return Column(name, "count", reason=_joined(reason, how), whole=True)
    if low >= 0:
        return _positive(name, numbers, how, whole=True)
    return Column(name, "real", reason=_joined("whole numbers", how), whole=True)


def _positive(name: str, numbers: np.ndarray, how: str, whole: bool = False) -> Column:
    """Describe numbers that are never negative; skewed ones are put on a log scale."""
    reason = "whole numbers, none negative" if whole else "no negative numbers"
    column = Column(name, "positive", reason=_joined(reason, how), whole=whole)
    skewed = _skewness(numbers)
    if skewed <= SKEWED:
        return column
    if numbers.min() > 0:
        if abs(_skewness(np.log(numbers))) >= skewed:
            return column
        return replace(column, log="log", reason=_joined("skewed: on a log scale", how))
    unit = _rounded(float(np.median(numbers[numbers > 0])))
    if not np.isfinite(unit) or abs(_skewness(np.log1p(numbers / unit))) >= skewed:
        return column
    reason = f"skewed, with zeros: on the scale log(1 + x / {unit:g})"
    return replace(column, log="log1p", unit=unit, reason=_joined(reason, how))


def _found_text(name: str, cells: Cells, counters: bool) -> Column:
    levels = cells.levels
    present = int((~cells.blank).sum())
    if len(levels) == 1:
        return _one_text(name, cells)
    if (found := dates.find_format(levels, READABLE_SHARE)) is not None and len(levels) > 2:
        kind: Kind = "time" if dates.is_time(found[0]) else "date"
        first = cells.levels[0]
        return Column(name, kind, reason=f"read as {found[0]}, such as {first}", format=found[0])
    if len(levels) == 2:
        low, high = _two(levels)
        return Column(name, "binary", reason=f"{low} is 0, {high} is 1", levels=(low, high))
    if (order := ordered(levels)) is not None:
        return _ordinal(name, cells, order, f"ordered: {order[0]} to {order[-1]}")
    counts = _counts(cells)
    if counts[counts > 1].sum() < REPEATED_SHARE * present:
        return _unrepeated(name, cells, present)
    if counters and len(levels) > MOST_LEVELS and _ID_NAME.fullmatch(name):
        return Column(name, "id", "left out", f"named like an id, {len(levels)} values")
    return _category(name, cells)


def _one_text(name: str, cells: Cells) -> Column:
    text = cells.levels[0]
    blanks = cells.blank.mean()
    if blanks and (text.casefold() in (*_MARKS, name.casefold()) or blanks >= REPEATED_SHARE):
        return _marked(name, cells, text)
    return Column(name, "constant", "left out", constant=text)


def _marked(name: str, cells: Cells, text: str) -> Column:
    reason = f"marked by {text} or blank: blank is 0, {text} is 1"
    return Column(name, "binary", reason=reason, levels=("", text), mark=True)


def _unrepeated(name: str, cells: Cells, present: int) -> Column:
    levels = cells.levels
    readable = int(cells.readable.sum())
    if readable * 2 >= present:
        row, text = cells.first_unreadable()
        reason = f"only {readable / present:.0%} of its cells are numbers, first other {text!r} "
        return Column(name, "text", "left out", f"{reason}in row {row + 1}")
    words = np.mean([len(text.split()) for text in levels[:1000]])
    if len(levels) == present and words < 4:
        return Column(name, "id", "left out", f"{len(levels)} distinct texts: a name for each row")
    return Column(name, "text", "left out", f"text, {len(levels)} distinct values")


def _category(name: str, cells: Cells, why: str = "") -> Column:
    """Describe a category; levels by frequency, the rare ones pooled in a last one."""
    counts = _counts(cells)
    by_frequency = sorted(
        range(len(counts)), key=lambda place: (-counts[place], cells.levels[place])
    )
    least = max(2, LEAST_LEVEL_SHARE * counts.sum())
    kept = [place for place in by_frequency if counts[place] >= least][:MOST_LEVELS]
    if counts[kept].sum() < REPEATED_SHARE * counts.sum():
        # Of many levels all are rare: a pool of most rows would tell nothing of them.
        kept = [place for place in by_frequency if counts[place] >= 2][:MOST_LEVELS]
    rare = by_frequency[len(kept) :]
    if len(rare) == 1 and len(kept) < MOST_LEVELS:
        kept, rare = by_frequency, []
    levels = tuple(cells.levels[place] for place in kept)
    reason = f"{len(counts)} levels"
    if rare:
        levels = (*levels, f"other ({len(rare)} levels)")
        reason += f", {len(rare)} rare ones pooled"
    pooled = tuple(cells.levels[place] for place in rare)
    return Column(name, "category", reason=_joined(reason, why), levels=levels, pooled=pooled)


def _ordinal(name: str, cells: Cells, levels: tuple[str, ...], reason: str) -> Column:
    if len(levels) == 1:
        return Column(name, "constant", "left out", reason, constant=levels[0])
    return Column(name, "binary" if len(levels) == 2 else "ordinal", reason=reason, levels=levels)


def _forced(name: str, cells: Cells, kind: Kind) -> Column:
    """Read the cells as the kind asked for, or name the first cell that does not fit."""
    reason = "as asked"
    if kind in UNLEARNT:
        return Column(name, kind, "left out", reason, constant=_first(cells, kind))
    if kind in LEVELLED:
        return _forced_levels(name, cells.as_text(), kind, reason)
    if kind in ("date", "time"):
        if cells.dtype in ("datetime", "date", "time", "duration"):
            return Column(name, kind, reason=reason)
        texts = cells.as_text().levels
        found = dates.find_format(texts, READABLE_SHARE)
        form = found[0] if found else "%Y" if kind == "date" else "%H:%M"
        _refuse_unfit(
            name, kind, cells, np.isnan(own_numbers(Column(name, kind, format=form), cells))
        )
        return Column(name, kind, reason=f"{reason}, read as {form}", format=form)
    _refuse_unfit(name, kind, cells, ~cells.readable)
    numbers = cells.numbers[cells.readable]
    if kind == "real":
        return Column(name, kind, reason=reason, whole=bool((numbers == np.floor(numbers)).all()))
    unfit = (cells.numbers < 0) | ((kind == "count") & (cells.numbers != np.floor(cells.numbers)))
    _refuse_unfit(name, kind, cells, unfit & cells.readable, share=0.0)
    if kind == "count":
        return Column(name, kind, reason=reason, whole=True)
    column = _positive(name, numbers, "", bool((numbers == np.floor(numbers)).all()))
    return replace(column, reason=f"{reason}; {column.reason}")


def _forced_levels(name: str, cells: Cells, kind: Kind, reason: str) -> Column:
    levels = _present(cells, cells.ordered) or cells.levels
    present = int((~cells.blank).sum())
    if kind == "binary" and len(levels) != 2:
        if len(levels) == 1 and cells.blank.any():
            return _marked(name, cells, levels[0])
        third = levels[2] if len(levels) > 2 else (levels or ("",))[0]
        row = int(np.flatnonzero(cells.codes == cells.levels.index(third))[0]) if levels else 0
        raise RequestError(
            f"column {name!r}, row {row + 1}: {third!r} does not fit the kind binary, "
            f"as the column has {len(levels)} values; give the kind category"
        )
    if len(levels) * 2 > present and len(levels) > 2:
        level, row = _rarest(cells)
        raise RequestError(
            f"column {name!r}, row {row + 1}: {level!r} does not fit the kind {kind}, whose levels "
            f"repeat; the column has {len(levels)} levels in {present} rows that are not blank: "
            "leave it out, or give another kind"
        )
    if kind == "category":
        return replace(_category(name, cells), reason=f"{reason}, {len(levels)} levels")
    if len(levels) == 1:
        raise RequestError(f"column {name!r} has one value only; leave it out")
    order = levels if cells.ordered else ordered(levels) or _by_value(cells)
    return Column(name, kind, reason=f"{reason}, {order[0]} to {order[-1]}", levels=order)


def _rarest(cells: Cells) -> tuple[str, int]:
    """Return a level that the fewest cells hold, and its row: the first such one."""
    counts = _counts(cells)
    row = int(np.flatnonzero((cells.codes >= 0) & (counts[cells.codes] == counts.min()))[0])
    return cells.levels[cells.codes[row]], row


def _refuse_unfit(
    name: str, kind: Kind, cells: Cells, unfit: np.ndarray, share: float = 1 - READABLE_SHARE
) -> None:
    """Refuse a kind that more than `share` of the cells do not fit."""
    unfit = unfit & ~cells.blank
    if unfit.sum() > share * (~cells.blank).sum() or not (~cells.blank).any():
        row = int(np.flatnonzero(unfit)[0]) if unfit.any() else 0
        text = cells.as_text()
        shown = text.levels[text.codes[row]] if text.codes[row] >= 0 else ""
        raise RequestError(
            f"column {name!r}, row {row + 1}: {shown!r} does not fit the kind {kind} "
            f"({int(unfit.sum())} of {len(unfit)} cells do not); give another kind"
        )


def _identifies(name: str, numbers: np.ndarray, distinct: np.ndarray) -> str:
    """Say why whole numbers identify rows, or return ""."""
    if np.isnan(numbers).any() or len(distinct) < len(numbers):
        return ""
    if _ID_NAME.fullmatch(name):
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


def _present(cells: Cells, levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the ordered levels that occur."""
    known = set(cells.levels) | {number_text(number) for number in np.unique(cells.numbers)
                                 if np.isfinite(number)}  # fmt: skip
    return tuple(level for level in levels if level in known)


def _by_value(cells: Cells) -> tuple[str, ...]:
    """Order levels by their numbers, or else by alphabet."""
    values: dict[str, float] = {}
    for text in cells.levels:
        try:
            values[text] = float(text)
        except ValueError:
            return tuple(sorted(cells.levels))
    return tuple(sorted(cells.levels, key=lambda text: values[text]))


def _two(levels: tuple[str, ...]) -> tuple[str, str]:
    low, high = sorted(levels)
    positive = {"true", "yes", "t", "y"}
    if {low.casefold(), high.casefold()} <= YES_OR_NO and low.casefold() in positive:
        return high, low
    return low, high


def _counts(cells: Cells) -> np.ndarray:
    return np.bincount(cells.codes[cells.codes >= 0], minlength=len(cells.levels))


def _first(cells: Cells, kind: Kind) -> str | None:
    texts = cells.as_text()
    return texts.levels[0] if kind == "constant" and texts.levels else None


def _how(cells: Cells) -> str:
    """Say how cells became numbers, and which did not."""
    unreadable = int((~cells.readable & ~cells.blank).sum())
    if not unreadable:
        return cells.how
    row, text = cells.first_unreadable()
    return _joined(cells.how, f"{unreadable} unreadable, first {text!r} in row {row + 1}")


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


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


def _output(column: Column, cells: Cells) -> str:
    """Return the type of a column's cells on output."""
    if column.format:  # 20140601 may be a number, or a text.
        return "int" if cells.readable[~cells.blank].all() else "text"
    if column.levels and cells.dtype != "bool" and not _all_numbers(column):
        return "text"
    if cells.dtype != "text":
        return "int" if cells.dtype == "float" and column.whole else cells.dtype
    if column.levels is not None:
        return "int" if all("." not in level for level in column.levels) else "float"
    return "int" if column.whole else "float"


def _all_numbers(column: Column) -> bool:
    """Tell whether a column's levels were numbers."""
    if column.levels is None or column.mark or column.pooled:
        return False
    try:
        return all(number_text(float(level)) == level for level in column.levels)
    except ValueError:
        return False
