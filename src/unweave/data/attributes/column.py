"""One column of a table of attributes: a mark, a rating, or an attribute for each level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from unweave.data.labels import UNKNOWN
from unweave.data.tables.cells import READABLE_SHARE, YES_OR_NO, Cells, read_cells
from unweave.data.tables.columns import Column
from unweave.data.tables.kinds import decide_column
from unweave.data.tables.own_numbers import own_numbers
from unweave.errors import RequestError

# A file's -1 is false, as in CelebA's coding; only an empty cell is not known.
_FALSE = dict.fromkeys(("0", "0.0", "-1", "-1.0", "false"), 0)
_TRUE = dict.fromkeys(("1", "1.0", "+1", "true"), 1)
_MARKS = _FALSE | _TRUE
_CODES = _MARKS | dict.fromkeys(("", "na", "nan"), UNKNOWN)
_LEVELLED = ("binary", "category", "ordinal")
_NUMBERS = ("real", "positive", "count", "ordinal", "binary")


@dataclass(frozen=True)
class Attributes:
    """The attributes that a column becomes, for each of its N rows.

    Attributes
    ----------
    names : tuple of str
        Empty where the column is left out.
    values : numpy.ndarray
        N x L: 0, 1 or, if `rating`, any number; -1 where not `known`.
    known : numpy.ndarray
        N bool.
    rating : bool
        Whether the one attribute is a number, still to be scaled to 0 to 1.
    left_out : str
        Why there is no attribute, or "".
    """

    names: tuple[str, ...]
    values: np.ndarray
    known: np.ndarray
    rating: bool = False
    left_out: str = ""


def read_column(texts: Sequence[object], name: str, path: Path, asked: bool = False) -> Attributes:
    """Read a column of a table of attributes.

    0 and 1, -1 and 1, true and false, yes and no are one attribute. Other numbers are a rating.
    Texts become an attribute for each level, ``hair=brown``, rare levels one together, as in a
    table that is learned from (`unweave.data.tables.kinds`); names of rows, dates, free texts
    and what never varies are left out.

    Parameters
    ----------
    texts : sequence
        N cells.
    name : str
        The column's name.
    path : pathlib.Path
        The file, for errors.
    asked : bool
        Whether it was chosen: numbers that count the rows are then a rating.

    Raises
    ------
    RequestError
        If nine cells in ten are 0 or 1, or numbers, and another one is not: a slip.
    """
    stripped = [str(text).strip() for text in texts]
    codes = [_CODES.get(text.casefold()) for text in stripped]
    if None not in codes:
        marks = np.array(codes, dtype=np.float64)
        return Attributes((name,), marks[:, None], marks != UNKNOWN)
    present = [code for code in codes if code != UNKNOWN]
    if len(present) - present.count(None) >= READABLE_SHARE * len(present):
        row = codes.index(None)
        raise _slip(path, row, name, texts[row], "0 or 1")
    cells = read_cells(pd.Series(stripped, dtype=object))
    numbers = int(cells.readable.sum())
    if READABLE_SHARE * len(present) <= numbers < int((~cells.blank).sum()):
        row, text = cells.first_unreadable()
        raise _slip(path, row, name, text, "a number")
    column = decide_column(name, cells, counters=not asked)
    if not column.used or column.kind not in (*_NUMBERS, *_LEVELLED):
        return Attributes((), np.empty((len(texts), 0)), ~cells.blank, left_out=_reason(column))
    if column.kind in _NUMBERS and cells.readable[~cells.blank].all():
        return _rating(cells, name)
    return _levels(column, cells)


def _rating(cells: Cells, name: str) -> Attributes:
    known = cells.readable
    values = np.where(known, cells.numbers, UNKNOWN)
    return Attributes((name,), values[:, None], known, rating=True)


def _levels(column: Column, cells: Cells) -> Attributes:
    """Return an attribute for each level, or one where the levels are yes and no."""
    own = own_numbers(column, cells)
    known = ~np.isnan(own)
    levels = column.levels or ()
    if column.mark or {level.casefold() for level in levels} <= YES_OR_NO:
        return Attributes((column.name,), np.where(known, own, UNKNOWN)[:, None], known)
    values = (own[:, None] == np.arange(len(levels))).astype(np.float64)
    values[~known] = UNKNOWN
    return Attributes(tuple(f"{column.name}={level}" for level in levels), values, known)


def _reason(column: Column) -> str:
    if column.kind == "constant" and column.constant is not None:
        return f"{column.constant} for every picture"
    return column.reason or column.kind


def _slip(path: Path, row: int, name: str, cell: object, wanted: str) -> RequestError:
    return RequestError(
        f"{path}, row {row + 1}, column {name!r}: {cell!r} is not {wanted}; mend the cell, or "
        "empty it if it is not known"
    )
