"""Kinds of columns, decided from their cells and names, each with its reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from unweave.data.tables import dates
from unweave.data.tables.asked_kinds import asked_column
from unweave.data.tables.cells import READABLE_SHARE, Cells, merge_spellings
from unweave.data.tables.columns import KINDS, Column, Kind
from unweave.data.tables.levels import ordinal, present_levels
from unweave.data.tables.number_kinds import number_column
from unweave.data.tables.numerals import number_text
from unweave.data.tables.own_numbers import own_numbers
from unweave.data.tables.text_kinds import text_column
from unweave.errors import pick


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
    column = asked_column(name, cells, kind) if kind else _found(name, cells, counters)
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


def _decimals(column: Column, cells: Cells) -> int:
    """Return the digits after the point of the seconds of dates and times."""
    if "%f" in column.format:
        return dates.decimals_of_texts(cells.levels)
    if cells.dtype not in ("datetime", "time", "duration"):
        return 0
    return dates.decimals_of(cells.numbers * (dates.DAY if cells.dtype == "datetime" else 1.0))


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
        return ordinal(name, cells, present_levels(cells, cells.ordered), "an ordered categorical")
    if int(cells.readable.sum()) >= READABLE_SHARE * present:
        return number_column(name, cells, counters)
    return text_column(name, cells, counters)


def _found_date(name: str, cells: Cells) -> Column:
    kind: Kind = "date" if cells.dtype in ("datetime", "date") else "time"
    known = cells.numbers[cells.readable]
    if (known == known[0]).all():
        return Column(name, "constant", "left out", f"one {kind}", constant=float(known[0]))
    reason = "dates" if kind == "date" else "times or durations"
    return Column(name, kind, reason=reason, whole=bool((known == np.floor(known)).all()))


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
