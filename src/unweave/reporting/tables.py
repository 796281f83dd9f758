"""Imputed tables and anomalies as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from unweave.arguments import checked
from unweave.errors import RequestError
from unweave.files import TABLE_SUFFIXES, check_file, check_suffix, write_table
from unweave.runs.model import Model


@checked
def save_imputation(
    model: Model,
    path: Path | str,
    data: Any = None,
    *,
    cells: Path | str | None = None,
    draws: int = 200,
    seed: int = 0,
) -> None:
    """Write a table with its blank cells filled.

    Parameters
    ----------
    model : Model
    path : path
        The table: ``.csv`` or ``.parquet``.
    data : as for `Model.encode`, optional
        The training data unless given.
    cells : path, optional
        Another such file: a line for each cell that was filled; see `Imputation.cells`.
    draws, seed : int
        See `Model.impute`.

    Raises
    ------
    RequestError
        If a path has another suffix or cannot be written to, or the data does not fit.
    """
    path = check_suffix(path, TABLE_SUFFIXES)
    listed = None if cells is None else check_suffix(cells, TABLE_SUFFIXES)
    for each in filter(None, (path, listed)):
        check_file(each)  # Both, so that neither is written without the other.
    if listed is not None and listed.resolve() == path.resolve():
        raise RequestError(f"cells={listed}: is the filled table's file; name another")
    found = model.impute(data, draws=draws, completed=0, seed=seed)
    write_table(path, _indexed(found.table))
    if listed is not None:
        lines = found.cells
        if listed.suffix == ".parquet":  # Which has one type a column.
            texts = {name: lines[name].map(_text) for name in ("value", "low", "high")}
            lines = lines.assign(**texts)
        write_table(listed, lines)


@checked
def save_anomalies(
    model: Model, path: Path | str, data: Any = None, *, draws: int = 100, seed: int = 0
) -> None:
    """Write a line for each row of a table, in order: how unexpected it is, and where.

    Parameters
    ----------
    model : Model
    path : path
        ``.csv`` or ``.parquet``.
    data : as for `Model.encode`, optional
        The training data unless given.
    draws, seed : int
        See `Model.surprise`.

    Raises
    ------
    RequestError
        If the path has another suffix or cannot be written to, or the data does not fit.
    """
    path = check_suffix(path, TABLE_SUFFIXES)
    table = model.surprise(data, draws=draws, seed=seed).table()
    table.insert(0, "row", table.index)
    write_table(path, table)


def _indexed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose index, if it is more than a counter, is its first columns."""
    return table if isinstance(table.index, pd.RangeIndex) else table.reset_index()


def _text(cell: Any) -> str | None:
    return None if cell is None or pd.isna(cell) else str(cell)
