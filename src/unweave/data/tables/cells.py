"""The cells of a table, read as numbers, blanks or text."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

READABLE_SHARE = 0.9
BLANKS = frozenset({"", "na", "n/a", "nan", "null", "-", "?", "<na>", "nat"})

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_MONEY = re.compile(
    rf"(?P<sign>[+-]?)\s*(?P<before>[€$£¥]?)\s*(?P<inner>[+-]?)(?P<number>{_DIGITS})\s*"
    rf"(?P<suffix>[kKmMbB]|[mM][nN]|[bB][nN])?\s*(?P<after>[€$£¥%]?)"
)
_CHANGE = re.compile(rf"(?P<number>[+-]?(?:{_DIGITS}))\s*[+-]\s*(?:{_DIGITS})")
_POWERS = {"k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}


@dataclass(frozen=True)
class Cells:
    """One column as read.

    Attributes
    ----------
    numbers : numpy.ndarray
        N float64; NaN where the cell is blank or not a number.
    blank : numpy.ndarray
        N bool; infinite values count as blank.
    codes : numpy.ndarray
        N int64 into `levels`, -1 where blank, or a plain number in a numeric column.
    levels : tuple of str
        The distinct texts, in order of appearance.
    how : str
        How cells other than plain numbers became numbers, by example; often "".
    refused : str
        Why the column cannot be read at all (dates, complex numbers, ...), or "".
    """

    numbers: np.ndarray
    blank: np.ndarray
    codes: np.ndarray
    levels: tuple[str, ...] = ()
    how: str = ""
    refused: str = ""

    @property
    def readable(self) -> np.ndarray:
        """N bool: cells that are numbers."""
        readable: np.ndarray = np.isfinite(self.numbers)
        return readable

    def first_unreadable(self) -> tuple[int, str]:
        """Return row (from 0) and text of the first cell that is neither number nor blank."""
        row = int(np.flatnonzero(~self.readable & ~self.blank)[0])
        return row, self.levels[self.codes[row]]


def read_cells(column: pd.Series, *, otherwise_numeric: bool = False) -> Cells:
    """Read the cells of one column of any dtype.

    Parameters
    ----------
    column : pandas.Series
        N cells.
    otherwise_numeric : bool
        The column is known to hold numbers, so that ``70+1`` may be read as 70 even
        where no plain number stands beside it.

    Returns
    -------
    Cells
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _read_text(column.astype(object), otherwise_numeric)
    if pd.api.types.is_bool_dtype(dtype):
        return _read_text(column.astype(object), otherwise_numeric)
    if pd.api.types.is_complex_dtype(dtype):
        return _refuse(column, "complex numbers")
    if pd.api.types.is_numeric_dtype(dtype):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        return _without_text(numbers, np.isnan(numbers))
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _refuse(column, "dates")
    if pd.api.types.is_timedelta64_dtype(dtype):
        return _refuse(column, "durations")
    if isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype):
        return _refuse(column, "periods or intervals")
    return _read_text(column, otherwise_numeric)


def code_levels(read: Cells, levels: tuple[str, str]) -> np.ndarray:
    """Code two texts as 0 and 1; NaN for blanks and anything else.

    Letter case is ignored where that leaves the two levels apart.
    """
    if not read.levels:
        return np.full(len(read.numbers), np.nan)
    fold = str.casefold if levels[0].casefold() != levels[1].casefold() else str
    code = {fold(level): float(value) for value, level in enumerate(levels)}
    coded = np.array([code.get(fold(text), np.nan) for text in read.levels] + [np.nan])
    numbers: np.ndarray = coded[read.codes]
    return numbers


def _refuse(column: pd.Series, reason: str) -> Cells:
    blank = column.isna().to_numpy(dtype=bool)
    return _without_text(np.full(len(column), np.nan), blank, reason)


def _without_text(numbers: np.ndarray, blank: np.ndarray, refused: str = "") -> Cells:
    return Cells(numbers, blank, np.full(len(numbers), -1), refused=refused)


def _read_text(column: pd.Series, otherwise_numeric: bool) -> Cells:
    """Read plain numbers all at once, and every other distinct text once."""
    if column.dtype == object:
        # True would be taken for 1, and lists cannot be told apart: texts can.
        missing = column.isna().to_numpy(dtype=bool)
        texts = pd.Series([str(cell) for cell in column], dtype=object)
        column = texts.mask(missing, "")
    plain = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    others = np.flatnonzero(~np.isfinite(plain))
    if len(others) == 0:
        return _without_text(plain, np.zeros(len(plain), dtype=bool))
    cells = _read_others(column, plain, others, otherwise_numeric)
    if len(others) < len(plain) and cells.readable.sum() < READABLE_SHARE * (~cells.blank).sum():
        # A column of text after all: the numbers in it are texts like the others.
        return _read_others(column, plain, np.arange(len(plain)), otherwise_numeric)
    return cells


def _read_others(
    column: pd.Series, plain: np.ndarray, others: np.ndarray, otherwise_numeric: bool
) -> Cells:
    """Read the cells in rows `others`; the rest are the numbers `plain`."""
    raw = column.iloc[others].fillna("").to_numpy(dtype=object)
    codes, distinct = pd.factorize(np.array([text.strip() for text in raw], dtype=object))
    texts = [str(text) for text in distinct]
    counts = np.bincount(codes, minlength=len(texts))
    values, changes, example = _read_distinct(texts)
    empty = np.array([text.casefold() in BLANKS for text in texts], dtype=bool) | np.isinf(values)

    # '70+1' is a number only beside plain numbers: a column of '2018-06' holds dates.
    beside = len(plain) - len(others) + counts[np.isfinite(values)].sum()
    present = len(plain) - counts[empty].sum()
    if changes and (otherwise_numeric or beside * 2 >= present):
        for index, number in changes.items():
            values[index] = number
        first = next(iter(changes))
        example = f"{texts[first]} is {changes[first]:,.10g}"
    values[empty] = np.nan

    numbers, blank = plain.copy(), np.zeros(len(plain), dtype=bool)
    numbers[others], blank[others] = values[codes], empty[codes]
    kept = np.flatnonzero(~empty)
    place = np.full(len(texts), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    row_codes = np.full(len(plain), -1, dtype=np.int64)
    row_codes[others] = place[codes]
    return Cells(numbers, blank, row_codes, tuple(texts[index] for index in kept), example)


def _read_distinct(texts: list[str]) -> tuple[np.ndarray, dict[int, float], str]:
    """Return the values, the values of ``70+1`` cells by index, and an example."""
    plain = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce")
    values = plain.to_numpy(dtype=np.float64, na_value=np.nan).copy()
    changes: dict[int, float] = {}
    example = ""
    for index in np.flatnonzero(np.isnan(values)):
        text = texts[index]
        if (number := _read_decorated(text)) is not None:
            values[index] = number
            example = example or f"{text} is {number:,.10g}"
        elif match := _CHANGE.fullmatch(text):
            changes[int(index)] = float(match["number"].replace(",", ""))
    return values, changes, example


def _read_decorated(text: str) -> float | None:
    """Read ``€95.5M``, ``$1.2K``, ``3bn``, ``1,234,567`` or ``45%`` (45), or return None."""
    match = _MONEY.fullmatch(text)
    if match is None or (match["sign"] and match["inner"]):
        return None
    if match["before"] and match["after"]:
        return None
    suffix = match["suffix"] or ""
    currency = match["before"] or match["after"] in ("€", "$", "£", "¥")
    # Without a currency a lone small letter is more likely a unit: metres, bytes.
    if suffix in ("m", "b") and not currency:
        return None
    value = float(match["number"].replace(",", "")) * _POWERS.get(suffix.casefold(), 1.0)
    return -value if "-" in (match["sign"], match["inner"]) else value
