"""The cells of a table, read as numbers, blanks or text."""

from __future__ import annotations

import datetime
import decimal as decimals
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd

from unweave.data.tables import dates
from unweave.data.tables.numerals import (
    evidence,
    number_text,
    plain_numbers,
    read_change,
    read_number,
)

READABLE_SHARE = 0.9
BLANKS = frozenset(
    {"", "na", "n/a", "#n/a", "#n/a n/a", "#na", "n.a.", "nan", "-nan", "-1.#ind", "1.#qnan"}
    | {"null", "#null!", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "-", "--", "–", "—"}
    | {"?", ".", "..", "<na>", "nat", "nil"}
)
# Beside numbers and yes or no this is a blank; beside other words it may be an answer.
BLANK_BESIDE_NUMBERS = "none"
YES_OR_NO = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})
# Spellings that differ in letter case alone are one level from this length on: 'Aa' and
# 'AA' are two genotypes, 'male' and 'Male' one sex.
_WORD_LENGTH = 4
LARGEST_EXACT = 2.0**53
_LONG_DIGITS = 16
_LONG = re.compile(rf"[+-]?\d{{{_LONG_DIGITS},}}")


@dataclass(frozen=True)
class Cells:
    """One column as read.

    Attributes
    ----------
    numbers : numpy.ndarray
        N float64; NaN where the cell is blank or not a number. Dates are days since 1970,
        times and durations seconds.
    blank : numpy.ndarray
        N bool; infinite values count as blank.
    codes : numpy.ndarray
        N int64 into `levels`, -1 where blank, or a plain number in a numeric column.
    levels : tuple of str
        The distinct texts, in order of appearance.
    how : str
        How cells other than plain numbers became numbers, by example; often "".
    refused : str
        Why the column cannot be read at all (complex numbers, lists, ...), or "".
    dtype : str
        ``float``, ``int``, ``text``, ``bool``, ``datetime``, ``date``, ``time`` or
        ``duration``: what the cells were.
    decimal : str
        The decimal mark by which texts were read; "" for cells that are no texts.
    changes : bool
        Whether ``70+1`` was read as 70.
    ordered : tuple of str
        The levels of an ordered categorical column, in order.
    """

    numbers: np.ndarray
    blank: np.ndarray
    codes: np.ndarray
    levels: tuple[str, ...] = ()
    how: str = ""
    refused: str = ""
    dtype: str = "float"
    decimal: str = ""
    changes: bool = False
    ordered: tuple[str, ...] = ()

    @property
    def readable(self) -> np.ndarray:
        """N bool: cells that are numbers."""
        readable: np.ndarray = np.isfinite(self.numbers)
        return readable

    def first_unreadable(self) -> tuple[int, str]:
        """Return row (from 0) and text of the first cell that is neither number nor blank."""
        row = int(np.flatnonzero(~self.readable & ~self.blank)[0])
        return row, self.levels[self.codes[row]]

    def as_text(self) -> Cells:
        """Return the cells with a text for every one that is not blank, numbers included."""
        plain = self.readable & (self.codes < 0)
        if not plain.any():
            return self
        values, places = np.unique(self.numbers[plain], return_inverse=True)
        known = {text: place for place, text in enumerate(self.levels)}
        texts = [number_text(value) for value in values]
        for text in texts:
            known.setdefault(text, len(known))
        codes = self.codes.copy()
        codes[plain] = np.array([known[text] for text in texts])[places]
        return replace(self, codes=codes, levels=tuple(known))


def read_cells(
    column: pd.Series,
    *,
    decimal: str = "",
    changes: bool | None = None,
    missing: frozenset[str] = frozenset(),
) -> Cells:
    """Read the cells of one column of any dtype.

    Parameters
    ----------
    column : pandas.Series
        N cells.
    decimal : {"", ".", ","}
        The decimal mark of numbers in texts; "" has the texts themselves decide.
    changes : bool, optional
        Whether ``70+1`` is 70; by default it is where plain numbers stand beside it.
    missing : frozenset of str
        Further texts and numbers that are blanks.

    Returns
    -------
    Cells
    """
    column = _quiet(_plain_dtype(column))
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        read = _read_objects(column.astype(object), decimal, changes, missing)
        ordered = tuple(map(str, dtype.categories)) if dtype.ordered else ()
        return replace(read, ordered=ordered)
    if pd.api.types.is_bool_dtype(dtype):
        read = _read_objects(column.astype(object), decimal, changes, missing)
        return replace(read, dtype="bool")
    if pd.api.types.is_complex_dtype(dtype):
        return _refuse(column, "complex numbers")
    if pd.api.types.is_numeric_dtype(dtype):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        kind = "int" if pd.api.types.is_integer_dtype(dtype) else "float"
        if kind == "int" and len(numbers) and np.nanmax(np.abs(numbers), initial=0) > LARGEST_EXACT:
            return _read_objects(column.astype(object), decimal, changes, missing)
        return _of_numbers(np.where(np.isfinite(numbers), numbers, np.nan), kind, missing)
    if isinstance(dtype, pd.PeriodDtype):
        column, dtype = column.dt.to_timestamp(), np.dtype("datetime64[ns]")
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _of_numbers(dates.days_of(column), "datetime", missing)
    if pd.api.types.is_timedelta64_dtype(dtype):
        return _of_numbers(column.dt.total_seconds().to_numpy(np.float64), "duration", missing)
    if isinstance(dtype, pd.IntervalDtype):
        column = column.astype(object)
    return _read_objects(column, decimal, changes, missing)


def decimal_balance(column: pd.Series) -> tuple[int, list[str]]:
    """Return how far a column's texts speak for decimal commas, and texts with digits.

    Positive speaks for commas, negative for points; 0 where the column holds no texts.
    """
    if column.dtype != object and not pd.api.types.is_string_dtype(column.dtype):
        return 0, []
    known = _quiet(column).dropna()
    distinct = (text.strip() for text in pd.unique(known) if isinstance(text, str))
    texts = _with_digits(list(islice(distinct, 1000)))
    return evidence(texts), texts


def code_levels(read: Cells, levels: tuple[str, ...], pooled: tuple[str, ...] = ()) -> np.ndarray:
    """Code texts as their level's index from 0; NaN for blanks and anything else.

    Letter case is ignored where that leaves the levels apart. The texts `pooled` have the
    last level's index.
    """
    read = read.as_text()
    if not read.levels:
        return np.full(len(read.numbers), np.nan)
    code = {text: float(len(levels) - 1) for text in pooled}
    code |= {level: float(value) for value, level in enumerate(levels)}
    texts = [text.casefold() for text in code]
    once = {text for text in texts if texts.count(text) == 1} if len(texts) < 1000 else set(texts)
    folded = {text.casefold(): value for text, value in code.items() if text.casefold() in once}
    coded = np.array(
        [code.get(text, folded.get(text.casefold(), np.nan)) for text in read.levels] + [np.nan]
    )
    numbers: np.ndarray = coded[read.codes]
    return numbers


def merge_spellings(read: Cells) -> Cells:
    """Make one level of spellings that differ in letter case alone, as the most frequent one."""
    counts = np.bincount(read.codes[read.codes >= 0], minlength=len(read.levels))
    groups: dict[str, list[int]] = {}
    for place, text in enumerate(read.levels):
        folded = text.casefold()
        alike = len(text) >= _WORD_LENGTH or folded in YES_OR_NO
        groups.setdefault(folded if alike else f"={text}", []).append(place)
    if len(groups) == len(read.levels):
        return read
    place_of = np.empty(len(read.levels) + 1, dtype=np.int64)
    place_of[-1] = -1
    texts = []
    for number, places in enumerate(groups.values()):
        place_of[places] = number
        texts.append(read.levels[max(places, key=lambda place: counts[place])])
    return replace(read, codes=place_of[read.codes], levels=tuple(texts))


def _quiet(column: pd.Series) -> pd.Series:
    """Make blanks of decimals that raise an error whatever is done with them (``sNaN``)."""
    if column.dtype != object:
        return column
    signals = [isinstance(cell, decimals.Decimal) and cell.is_snan() for cell in column]
    if not any(signals):
        return column
    cells = [None if signal else cell for cell, signal in zip(column, signals, strict=True)]
    return pd.Series(cells, column.index, object, column.name)


def _plain_dtype(column: pd.Series) -> pd.Series:
    """Bring Arrow's types to pandas' own, and what has none to objects."""
    if not isinstance(column.dtype, pd.ArrowDtype):
        return column
    import pyarrow as pa

    kind = column.dtype.pyarrow_dtype
    if pa.types.is_timestamp(kind):
        return pd.to_datetime(pd.Series(_objects(column)))
    if pa.types.is_duration(kind):
        return pd.to_timedelta(pd.Series(_objects(column)))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return column
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.astype(pd.StringDtype("pyarrow"))
    if pa.types.is_decimal(kind):
        return pd.Series(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return pd.Series(_objects(column))


def _refuse(column: pd.Series, reason: str) -> Cells:
    blank = column.isna().to_numpy(dtype=bool)
    none = np.full(len(column), -1)
    return Cells(np.full(len(column), np.nan), blank, none, refused=reason, dtype="text")


def _of_numbers(numbers: np.ndarray, dtype: str, missing: frozenset[str]) -> Cells:
    for text in missing:
        if (marker := read_number(text)) is not None and dtype in ("int", "float"):
            numbers = np.where(numbers == marker, np.nan, numbers)
    return Cells(numbers, np.isnan(numbers), np.full(len(numbers), -1), dtype=dtype)


def _read_objects(
    column: pd.Series, decimal: str, changes: bool | None, missing: frozenset[str]
) -> Cells:
    """Read texts, or objects of any kind by their texts."""
    if column.dtype != object and pd.api.types.is_string_dtype(column.dtype):
        return _read_text(_texts_of(column), decimal, changes, missing)
    cells = _objects(column)
    blank = pd.isna(pd.Series(cells, dtype=object)).to_numpy(dtype=bool)
    known = cells[~blank]
    if len(known) and all(isinstance(cell, datetime.date) for cell in known):
        stamps = pd.to_datetime(pd.Series(cells), errors="coerce", utc=True)
        kind = "datetime" if any(isinstance(cell, datetime.datetime) for cell in known) else "date"
        return _of_numbers(dates.days_of(stamps), kind, missing)
    if len(known) and all(isinstance(cell, datetime.time) for cell in known):
        return _of_numbers(np.array([_seconds(cell) for cell in cells]), "time", missing)
    if len(known) and all(isinstance(cell, datetime.timedelta) for cell in known):
        spans = pd.to_timedelta(pd.Series(cells))
        return _of_numbers(spans.dt.total_seconds().to_numpy(np.float64), "duration", missing)
    if any(isinstance(cell, list | dict | set | np.ndarray | bytes) for cell in known):
        return replace(_refuse(column, "lists or other objects"), blank=blank)
    # True would be taken for 1: its text is not.
    texts = pd.Series(["" if no else str(cell) for cell, no in zip(cells, blank, strict=True)])
    read = _read_text(_texts_of(texts.astype(object)), decimal, changes, missing)
    if len(known) and not any(isinstance(cell, str) for cell in known):
        if all(isinstance(cell, bool | np.bool_) for cell in known):
            return replace(read, dtype="bool")
        if not read.levels:
            whole = all(isinstance(cell, int | np.integer) for cell in known)
            return replace(read, dtype="int" if whole else "float", decimal="")
    return read


def _objects(column: pd.Series) -> np.ndarray:
    """Return the cells as Python objects, None where blank."""
    cells: np.ndarray = np.empty(len(column), dtype=object)
    cells[:] = column.tolist()
    cells[column.isna().to_numpy(dtype=bool)] = None
    return cells


def _seconds(cell: datetime.time | None) -> float:
    if cell is None:
        return np.nan
    return cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6


@dataclass(frozen=True)
class _Texts:
    """The M distinct texts of N cells, without blanks around them, in order of appearance.

    Whatever is decided of a text is decided once, however many cells hold it: columns of a
    hundred thousand cells often have ten texts.
    """

    distinct: np.ndarray
    codes: np.ndarray
    counts: np.ndarray

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return M values of texts as N values of cells."""
        cells: np.ndarray = values[self.codes]
        return cells


def _texts_of(column: pd.Series) -> _Texts:
    """Find the distinct texts of a column of texts; blanks are the text ""."""
    codes, found = pd.factorize(column)
    texts = [text.strip() for text in found.tolist()]
    if (codes < 0).any():
        codes = np.where(codes < 0, len(texts), codes)
        texts.append("")
    # Texts that only differ in the blanks around them are one.
    places, distinct = pd.factorize(np.array(texts, dtype=object))
    codes = places[codes]
    return _Texts(distinct, codes, np.bincount(codes, minlength=len(distinct)))


def _read_text(texts: _Texts, decimal: str, changes: bool | None, missing: frozenset[str]) -> Cells:
    """Read plain numbers all at once, and every other text by itself."""
    count = len(texts.codes)
    nothing = np.full(len(texts.distinct), np.nan)
    long = np.array(
        [len(text) >= _LONG_DIGITS and bool(_LONG.fullmatch(text)) for text in texts.distinct],
        dtype=bool,
    )
    if texts.counts[long].sum() * 2 > count:
        # Numbers that double precision cannot tell apart are names.
        read = _read_others(texts, nothing, ".", False, missing)
        return replace(read, numbers=np.full(count, np.nan), how="", decimal="")
    if not decimal:
        decimal = "," if evidence(_with_digits(texts.distinct)) > 0 else "."
    plain = plain_numbers(texts.distinct) if decimal == "." else nothing.copy()
    for text in missing:
        plain[texts.distinct == text] = np.nan
        if (marker := read_number(text, decimal)) is not None:
            plain[plain == marker] = np.nan
    known = np.isfinite(plain)
    if known.all():
        none = np.full(count, -1)
        blank = np.zeros(count, dtype=bool)
        return Cells(texts.spread(plain), blank, none, dtype="text", decimal=decimal)
    cells = _read_others(texts, plain, decimal, changes, missing)
    if known.any() and cells.readable.sum() < READABLE_SHARE * (~cells.blank).sum():
        # A column of text after all: the numbers in it are texts like the others.
        return _read_others(texts, nothing, decimal, changes, missing)
    return cells


def _with_digits(distinct: Sequence[str] | np.ndarray) -> list[str]:
    """Return those of the first thousand texts that hold a digit."""
    return [text for text in distinct[:1000] if any(map(str.isdigit, text))]


def _read_others(
    texts: _Texts,
    plain: np.ndarray,
    decimal: str,
    changes: bool | None,
    missing: frozenset[str],
) -> Cells:
    """Read the texts that are none of the M numbers `plain`, which are NaN there."""
    others = np.flatnonzero(~np.isfinite(plain))
    words = [str(texts.distinct[place]) for place in others]
    counts = texts.counts[others]
    values = np.array([_number(text, decimal) for text in words])
    markers = {read_number(text, decimal) for text in missing} - {None}
    empty = np.array(
        [
            text.casefold() in BLANKS or text in missing or value in markers
            for text, value in zip(words, values, strict=True)
        ],
        dtype=bool,
    ) | np.isinf(values)
    cells = len(texts.codes)
    beside = cells - counts.sum() + counts[np.isfinite(values) & ~empty].sum()
    folded = {text.casefold() for text, no in zip(words, empty, strict=True) if not no}
    if beside * 2 >= cells - counts[empty].sum() or folded <= {*YES_OR_NO, "none"}:
        empty |= np.array([text.casefold() == BLANK_BESIDE_NUMBERS for text in words], dtype=bool)

    # '70+1' is a number only beside plain numbers: a column of '2018-06' holds dates.
    example, changed = "", False
    if changes or (changes is None and beside * 2 >= cells - counts[empty].sum()):
        for place in np.flatnonzero(np.isnan(values) & ~empty):
            if (number := read_change(words[place], decimal)) is not None:
                values[place] = number
                example = example or f"{words[place]} is {number:,.10g}"
                changed = True
    example = example or _example(words, values, empty)
    values[empty] = np.nan

    numbers, blank = plain.copy(), np.zeros(len(plain), dtype=bool)
    numbers[others], blank[others] = values, empty
    kept = np.flatnonzero(~empty)
    place_of = np.full(len(plain), -1, dtype=np.int64)
    place_of[others[kept]] = np.arange(len(kept))
    return Cells(
        texts.spread(numbers),
        texts.spread(blank),
        texts.spread(place_of),
        tuple(words[index] for index in kept),
        how=example,
        dtype="text",
        decimal=decimal,
        changes=changed,
    )


def _number(text: str, decimal: str) -> float:
    if (number := read_number(text, decimal)) is not None:
        return number
    try:
        number = float(text) if "_" not in text else np.nan
    except ValueError:
        return np.nan
    # Infinity counts as a blank; 'nan' is one by its text.
    return number


def _example(texts: list[str], values: np.ndarray, empty: np.ndarray) -> str:
    """Say of the first decorated number what it was read as."""
    for text, value, no in zip(texts, values, empty, strict=True):
        if no or not np.isfinite(value):
            continue
        try:
            float(text)
        except ValueError:
            return f"{text} is {value:,.10g}"
    return ""
