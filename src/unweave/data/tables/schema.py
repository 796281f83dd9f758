"""The schema of a table: how its cells became samples, and the way back."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from unweave.data.tables import dates
from unweave.data.tables.cells import READABLE_SHARE, Cells, read_cells
from unweave.data.tables.columns import Coding, Column, readable_names
from unweave.data.tables.numerals import number_text
from unweave.data.tables.own_numbers import own_numbers
from unweave.errors import RequestError, nearest

# Beyond it a cell is only known to be far off: squares of samples stay numbers in float32.
MOST_DEVIATIONS = 1e15
# Of durations' seconds, which may lie between those of the training rows.
LEAST_DURATION_DECIMALS = 3
# A note names at most so many columns.
MOST_NAMED = 5


@dataclass(frozen=True)
class TableSchema:
    """How a table became numbers, in the order of its columns.

    Attributes
    ----------
    columns : tuple of Column
        Every column of the table as read, those left out included.
    rows : int
        Number of rows read.
    duplicates : int
        Rows that repeat an earlier row.
    coding : {"gaussian", "columns"}
        How samples hold the columns. "gaussian": every one standardised, blanks imputed,
        columns that are neither numbers nor two-valued left out. "columns": as `Column`
        says, blanks NaN.
    missing : tuple of str
        Texts and numbers that are blanks in every column.
    """

    columns: tuple[Column, ...]
    rows: int = 0
    duplicates: int = 0
    coding: Coding = "gaussian"
    missing: tuple[str, ...] = ()

    @cached_property
    def features(self) -> tuple[Column, ...]:
        """The J columns of the samples, in order; given ones are among them."""
        return tuple(column for column in self.columns if column.used)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the J columns of the samples, in order."""
        return tuple(column.name for column in self.features)

    def standardise(self, frame: pd.DataFrame) -> np.ndarray:
        """Turn a table with these columns into samples.

        Columns are found by name, in whatever order; others are ignored.

        Parameters
        ----------
        frame : pandas.DataFrame
            N rows, cells in the table's own units.

        Returns
        -------
        numpy.ndarray
            N x J, float32.

        Raises
        ------
        RequestError
            As `read`.
        """
        return self.scale(self.impute(self.read(frame)))

    def read(self, frame: pd.DataFrame) -> np.ndarray:
        """Read `frame` as N x J own numbers (see `Column`), float64, NaN where blank.

        Raises
        ------
        RequestError
            If every column is missing (in the coding "gaussian", if any is), or more than a
            tenth of a column's cells cannot be read.
        """
        return self.read_noting(frame)[0]

    def read_noting(self, frame: pd.DataFrame) -> tuple[np.ndarray, tuple[str, ...]]:
        """Read as `read` does; return also what a user should know of these rows."""
        known = {name: place for place, name in enumerate(readable_names(frame.columns))}
        missing = [name for name in self.feature_names if name not in known]
        if missing and (self.coding == "gaussian" or len(missing) == len(self.features)):
            raise RequestError(
                f"the table has no column {missing[0]!r}, which the run was trained on"
                f"{nearest(missing[0], known) or '; add it'}"
            )
        own = np.full((len(frame), len(self.features)), np.nan)
        notes = note_on(missing, "missing", "taken as blank")
        blank = []
        for j, column in enumerate(self.features):
            if column.name in known:
                cells = self.cells(column, frame.iloc[:, known[column.name]])
                own[:, j] = own_numbers(column, cells)
                notes += self._checked(column, cells, own[:, j])
                if len(own) and cells.blank.all() and not column.mark:
                    blank.append(column.name)
        what = "imputed" if self.coding == "gaussian" else "taken as unknown"
        return own, (*notes, *note_on(blank, "entirely blank", what))

    def cells(self, column: Column, cells: pd.Series) -> Cells:
        """Read the cells of a column by its stored conventions."""
        markers = frozenset(self.missing)
        return read_cells(cells, decimal=column.decimal, changes=column.changes, missing=markers)

    def _checked(self, column: Column, cells: Cells, own: np.ndarray) -> list[str]:
        """Refuse a column that cannot be read, and tell of cells that cannot."""
        notes = self._unlike_training(column, cells, own)
        unread = np.isnan(own) & ~cells.blank
        if not unread.any():
            return notes
        count, texts, row = int(unread.sum()), cells.as_text(), int(np.flatnonzero(unread)[0])
        first = texts.levels[texts.codes[row]]
        is_level = column.levels is not None and self.coding == "columns"
        if not is_level and count > (1 - READABLE_SHARE) * (~cells.blank).sum():
            raise RequestError(
                f"column {column.name!r}, row {row + 1}: {first!r} is not {_wanted(column)}; "
                f"{count} of {len(unread)} cells cannot be read"
            )
        what = "no level that was trained on" if is_level else f"what is not {_wanted(column)}"
        taken = "imputed" if self.coding == "gaussian" else "taken as blank"
        return [*notes, _told(column, unread, what, repr(first), taken)]

    def _unlike_training(self, column: Column, cells: Cells, own: np.ndarray) -> list[str]:
        """Tell of numbers that no training row of the column's kind held, and that are read."""
        if self.coding == "gaussian" or column.levels is not None:
            return []
        told = (
            ((column.kind == "count") & (own != cells.numbers), "no whole number", "rounded"),
            (column.is_nonnegative & (own < 0), "a number below 0", "taken as it is"),
        )
        return [
            _told(column, found, what, number_text(cells.numbers[found][0]), taken)
            for unlike, what, taken in told
            if (found := unlike & ~np.isnan(own)).any()
        ]

    def impute(self, own: np.ndarray) -> np.ndarray:
        """Replace the NaN of N x J own numbers by the stored values, in the coding "gaussian".

        In the coding "columns" blanks stay NaN.
        """
        if self.coding == "columns":
            return own
        return np.where(np.isnan(own), np.array([column.fill for column in self.features]), own)

    def scale(self, own: np.ndarray) -> np.ndarray:
        """Turn N x J own numbers into samples, at most `MOST_DEVIATIONS` from 0; float32."""
        samples = np.empty(own.shape, dtype=np.float32)
        for j, column in enumerate(self.features):
            samples[:, j] = np.clip(column.scaled(own[:, j]), -MOST_DEVIATIONS, MOST_DEVIATIONS)
        return samples

    def restore(self, samples: np.ndarray, index: pd.Index | None = None) -> pd.DataFrame:
        """Return samples to the table's own form.

        Parameters
        ----------
        samples : numpy.ndarray
            N x J, as `scale` returns them.
        index : pandas.Index, optional
            The index of the frame returned: that of the rows that the samples came from.

        Returns
        -------
        pandas.DataFrame
            N rows; all columns in the original order except those left out, under their own
            labels. Constant columns stand at their value, levels at the nearest one, numbers
            in their own units (whole ones whole in the coding "columns"), blanks blank.

        Raises
        ------
        RequestError
            If `samples` does not have J columns.
        """
        samples = np.asarray(samples, dtype=np.float64)
        if samples.ndim != 2 or samples.shape[1] != len(self.features):
            raise RequestError(
                f"the samples have shape {samples.shape}; give rows x {len(self.features)} features"
            )
        own = iter(samples.T)
        labels: list[Any] = []
        restored = []
        for column in self.columns:
            if column.used:
                restored.append(_written(column, column.own(next(own), self.coding)))
            elif column.kind == "constant" and column.constant is not None:
                restored.append(_constant(column, len(samples)))
            else:
                continue
            labels.append(column.heading)
        frame = pd.DataFrame(
            dict(enumerate(restored)), index=pd.RangeIndex(len(samples)) if index is None else index
        )
        if labels and all(isinstance(label, tuple) for label in labels):
            frame.columns = pd.MultiIndex.from_tuples(list[tuple[Any, ...]](labels))
        else:
            frame.columns = pd.Index(labels, tupleize_cols=False)
        return frame

    def report(self) -> list[dict[str, Any]]:
        """Return the table to show before training: one dict for each column.

        Its keys are ``name``, ``kind``, ``used``, ``reason``, ``blank`` (cells), ``role`` and,
        where there are any, ``levels``.
        """
        return [
            {
                "name": column.name,
                "kind": column.kind,
                "used": column.used,
                "reason": column.reason,
                "blank": column.blanks,
                "role": column.role,
                **({"levels": list(column.levels)} if column.levels is not None else {}),
            }
            for column in self.columns
        ]

    def summary(self) -> dict[str, int]:
        """Count rows, duplicate rows, and columns used, kept constant and left out."""
        constant = sum(c.kind == "constant" and c.constant is not None for c in self.columns)
        return {
            "rows": self.rows,
            "duplicate rows": self.duplicates,
            "columns used": len(self.features),
            "columns constant": constant,
            "columns left out": len(self.columns) - len(self.features) - constant,
            "blank cells": sum(column.blanks for column in self.features if not column.mark),
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back."""
        return {
            "rows": self.rows,
            "duplicates": self.duplicates,
            "coding": self.coding,
            "missing": list(self.missing),
            "columns": [column.to_json() for column in self.columns],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TableSchema:
        """Rebuild a schema from `to_json`, also one that an early run has stored.

        Raises
        ------
        RequestError
            If the document is not a table schema.
        """
        try:
            return cls(
                tuple(Column.from_json(entry) for entry in document["columns"]),
                int(document["rows"]),
                int(document["duplicates"]),
                document.get("coding", "gaussian"),
                tuple(document.get("missing", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RequestError(f"the table schema is damaged ({error!r}); train again") from error


def note_on(columns: list[str], what: str, taken: str) -> list[str]:
    """Return a note on some columns together, if there are any."""
    if not columns:
        return []
    if len(columns) == 1:
        return [f"column {columns[0]!r} is {what}: {taken}"]
    names = ", ".join(map(repr, columns[:MOST_NAMED]))
    more = f" and {len(columns) - MOST_NAMED} more" if len(columns) > MOST_NAMED else ""
    return [f"columns {names}{more} are {what}: {taken}"]


def _told(column: Column, found: np.ndarray, what: str, first: str, taken: str) -> str:
    """Return a note on the cells of a column that are marked in `found`, N bool."""
    count, row = int(found.sum()), int(np.flatnonzero(found)[0])
    cells_hold = "1 cell holds" if count == 1 else f"{count} cells hold"
    return f"column {column.name!r}: {cells_hold} {what}, first {first} in row {row + 1}: {taken}"


def _wanted(column: Column) -> str:
    if column.levels is not None:
        return " or ".join(map(repr, column.levels))
    if column.kind in ("date", "time"):
        return f"a {column.kind}" + (f" written {column.format}" if column.format else "")
    if column.log == "log":
        return "a number above 0"
    # As `own_numbers` takes them.
    return "a number from 0 up" if column.log or column.kind == "count" else "a number"


def _constant(column: Column, count: int) -> Any:
    if column.dtype in ("datetime", "date", "time", "duration"):
        return _written(column, np.full(count, float(column.constant or 0)))
    value: Any = column.constant
    if column.dtype == "int":
        value = int(float(value))
    elif column.dtype == "bool":
        value = str(value).casefold() == "true"
    return [value] * count


def _written(column: Column, own: np.ndarray) -> Any:
    """Return own numbers as cells of the column's type."""
    blank = np.isnan(own)
    if column.levels is not None:
        return _levels(column, own, blank)
    if column.kind in ("date", "time") or column.dtype in ("datetime", "date", "duration"):
        return _dates(column, own, blank)
    return own.astype(np.int64) if column.whole and not blank.any() and _fits(own) else own


def _levels(column: Column, own: np.ndarray, blank: np.ndarray) -> Any:
    levels = column.levels or ()
    values: list[Any] = list(levels)
    if column.dtype == "bool":
        values = [level.casefold() == "true" for level in levels]
    elif column.dtype in ("int", "float") and not column.mark:
        values = [int(level) if column.dtype == "int" else float(level) for level in levels]
    places = np.where(blank, 0, own).astype(np.int64)
    if not blank.any():
        return np.array(values, dtype=object if column.dtype == "text" else None)[places]
    cells = np.array(values, dtype=object)[places]
    cells[blank] = None
    return cells


def _dates(column: Column, own: np.ndarray, blank: np.ndarray) -> Any:
    filled = np.where(blank, 0.0, own)
    cells: Any
    if column.dtype == "duration":
        seconds = np.round(own, max(column.decimals, LEAST_DURATION_DECIMALS))
        return pd.to_timedelta(np.where(blank, np.nan, seconds), unit="s")
    if column.dtype == "datetime":
        stamps = dates.stamps_of(filled, whole_days=column.whole, decimals=column.decimals)
        return stamps.where(~blank)
    if column.kind == "time" and column.format:
        cells = np.array(dates.write_times(filled, column.format, column.decimals), dtype=object)
    elif column.kind == "time":
        ticks = dates.clock_ticks(filled, column.decimals)
        cells = np.array([_clock(tick) for tick in ticks.tolist()], dtype=object)
    elif column.format:
        cells = np.array(dates.write_dates(filled, column.format, column.decimals), dtype=object)
    else:
        stamps = dates.stamps_of(filled, whole_days=True)
        cells = np.array([stamp.date() for stamp in stamps], dtype=object)
    if column.dtype == "int":
        cells = np.array([int(cell) for cell in cells], dtype=object)
        return np.where(blank, None, cells) if blank.any() else cells.astype(np.int64)
    cells[blank] = None
    return cells


def _clock(microseconds: int) -> datetime.time:
    return (datetime.datetime.min + datetime.timedelta(microseconds=microseconds)).time()


def _fits(own: np.ndarray) -> bool:
    return len(own) == 0 or bool(np.abs(own).max() < 2.0**62)
