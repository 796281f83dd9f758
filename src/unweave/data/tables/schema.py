"""The schema of a table: how its cells became features, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from unweave.data.tables.cells import READABLE_SHARE, code_levels, read_cells
from unweave.data.tables.columns import Column, readable_names
from unweave.errors import RequestError, nearest


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
    """

    columns: tuple[Column, ...]
    rows: int = 0
    duplicates: int = 0

    @cached_property
    def features(self) -> tuple[Column, ...]:
        """The columns that are features, in order."""
        return tuple(column for column in self.columns if column.is_feature)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the J columns that are features, in order."""
        return tuple(column.name for column in self.features)

    def standardise(self, frame: pd.DataFrame) -> np.ndarray:
        """Turn a table with these columns into features of mean 0 and deviation 1.

        Columns are found by name, in whatever order; others are ignored; blanks are
        imputed with the stored values.

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
            If a column is missing, or more than a tenth of its cells cannot be read.
        """
        return self.scale(self.impute(self.read(frame)))

    def read(self, frame: pd.DataFrame) -> np.ndarray:
        """Read the features of `frame` as N x J float64 in own units, NaN where blank.

        Raises
        ------
        RequestError
            If a column is missing, or more than a tenth of its cells cannot be read.
        """
        known = {name: place for place, name in enumerate(readable_names(frame.columns))}
        numbers = np.empty((len(frame), len(self.features)))
        for j, column in enumerate(self.features):
            if column.name not in known:
                raise RequestError(
                    f"the table has no column {column.name!r}, which the run was trained on"
                    f"{nearest(column.name, known) or '; add it'}"
                )
            numbers[:, j] = _numbers(column, frame.iloc[:, known[column.name]])
        return numbers

    def impute(self, numbers: np.ndarray) -> np.ndarray:
        """Replace the NaN of N x J features in own units by the stored values."""
        fill = np.array([column.fill for column in self.features])
        return np.where(np.isnan(numbers), fill, numbers)

    def scale(self, numbers: np.ndarray) -> np.ndarray:
        """Standardise N x J features in own units; returns float32."""
        mean, sd = self._mean_and_sd()
        limit = float(np.finfo(np.float32).max)
        scaled: np.ndarray = np.clip((numbers - mean) / sd, -limit, limit)
        return scaled.astype(np.float32, order="C")

    def restore(self, samples: np.ndarray) -> pd.DataFrame:
        """Return standardised features to the table's own units and column names.

        Parameters
        ----------
        samples : numpy.ndarray
            N x J, standardised.

        Returns
        -------
        pandas.DataFrame
            N rows; all columns in the original order except those left out. Constant
            columns stand at their value, two-valued ones at the nearer level's text.

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
        mean, sd = self._mean_and_sd()
        numbers = iter((samples * sd + mean).T)
        restored: dict[str, Any] = {}
        for column in self.columns:
            if column.role == "constant":
                restored[column.name] = [column.constant] * len(samples)
            elif column.role == "two-valued" and column.levels is not None:
                restored[column.name] = np.array(column.levels)[(next(numbers) >= 0.5).astype(int)]
            elif column.role == "numeric":
                restored[column.name] = next(numbers)
        return pd.DataFrame(restored)

    def _mean_and_sd(self) -> tuple[np.ndarray, np.ndarray]:
        mean = np.array([column.mean for column in self.features])
        return mean, np.array([column.sd for column in self.features])

    def report(self) -> list[dict[str, str | int]]:
        """Return the short table to show before training: one dict for each column.

        Its keys are ``column``, ``read as``, ``blanks imputed`` and ``note``.
        """
        return [
            {
                "column": column.name,
                "read as": column.role,
                "blanks imputed": column.blanks if column.is_feature else 0,
                "note": column.note,
            }
            for column in self.columns
        ]

    def summary(self) -> dict[str, int]:
        """Count rows, duplicate rows, and columns used, kept constant and left out."""
        roles = [column.role for column in self.columns]
        return {
            "rows": self.rows,
            "duplicate rows": self.duplicates,
            "columns used": len(self.features),
            "columns constant": roles.count("constant"),
            "columns left out": roles.count("left out"),
            "blanks imputed": sum(column.blanks for column in self.features),
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back."""
        return {
            "rows": self.rows,
            "duplicates": self.duplicates,
            "columns": [
                {**asdict(column), "levels": column.levels and list(column.levels)}
                for column in self.columns
            ],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TableSchema:
        """Rebuild a schema from `to_json`.

        Raises
        ------
        RequestError
            If the document is not a table schema.
        """
        try:
            columns = []
            for entry in document["columns"]:
                levels = entry.get("levels")
                columns.append(Column(**{**entry, "levels": levels and tuple(levels)}))
            return cls(tuple(columns), int(document["rows"]), int(document["duplicates"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RequestError(f"the table schema is damaged ({error!r}); train again") from error


def _numbers(column: Column, cells: pd.Series) -> np.ndarray:
    """Read one column of a new table as N float64, NaN where blank."""
    read = read_cells(cells, otherwise_numeric=True)
    numbers = read.numbers if column.levels is None else code_levels(read, column.levels)
    unread = np.isnan(numbers) & ~read.blank
    if unread.sum() > (1 - READABLE_SHARE) * (~read.blank).sum():
        row = int(np.flatnonzero(unread)[0])
        wanted = "a number" if column.levels is None else " or ".join(map(repr, column.levels))
        raise RequestError(
            f"column {column.name!r}, row {row + 1}: {str(cells.iloc[row])!r} is not {wanted}; "
            f"{int(unread.sum())} of {len(unread)} cells cannot be read"
        )
    return numbers
