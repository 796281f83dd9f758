"""The own numbers of a column's cells: its levels' places, days, seconds, or the numbers."""

from __future__ import annotations

import numpy as np

from unweave.data.tables import dates
from unweave.data.tables.cells import READABLE_SHARE, Cells, code_levels
from unweave.data.tables.columns import Column


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
