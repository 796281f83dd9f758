"""Tables, read from cells to standardised features.

How a table is read, for files and DataFrames alike:

- Plain numbers are numbers. ``€95.5M``, ``$1.2K``, ``3bn``, ``1,234,567`` and ``45%``
  are numbers too (a percentage stays in per cent: 45). In columns that are otherwise
  numeric, ``70+1`` and ``58-10`` are the number before the sign: what follows is the
  change since the last update, not part of the value.
- Blanks are empty cells and ``NA``, ``N/A``, ``nan``, ``null``, ``-``, ``?``; infinite
  values count as blanks.
- A column is numeric if at least 90 % of its non-blank cells are numbers; the others
  become blanks, and are counted.
- Booleans, and text with exactly two distinct values, are two-valued: 0 and 1 in
  alphabetical order. Other text, dates and durations are left out.
- Blanks are imputed by the median of the training rows (the more frequent level in a
  two-valued column). A column of which more than half would be imputed is left out.
- Row counters are left out: 0, 1, 2, ... or 1, 2, 3, ... in order, and distinct whole
  numbers in a column named like ``id`` or ``index``. Entirely blank columns are left out.
- A constant column is not a feature; its value is put back on output.
- A nameless column is called by its place (``column 4``); a repeated name gets a number.
- Duplicate rows stay, in order, but always fall into the same split, so that no test
  row was trained on; a table of so few distinct rows that this would leave a split
  empty is split row by row, with a note.
- Features are standardised by the mean and deviation of the training rows (of all rows
  where the training rows do not vary).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.files.delimited import read_delimited
from unweave.data.files.fingerprint import fingerprint_of
from unweave.data.former import samples_alone
from unweave.data.splits import groups_can_be_kept, require_rows, split_rows
from unweave.data.tables.cells import code_levels, read_cells
from unweave.data.tables.columns import Column, decide_column, measure, readable_names
from unweave.data.tables.schema import TableSchema
from unweave.errors import RequestError

PARQUET = (".parquet", ".pq")


def read_frame(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet file into a DataFrame, without changing a cell.

    Parameters
    ----------
    path : pathlib.Path
        A Parquet file if its suffix is ``.parquet`` or ``.pq``; otherwise a text table.

    Raises
    ------
    RequestError
        If the file is missing, empty, cut short or not what its name says.
    """
    if path.suffix.casefold() not in PARQUET:
        return read_delimited(path)
    if not path.is_file():
        raise RequestError(f"cannot read {path}: no such file; check the path")
    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except Exception as error:
        # A damaged file raises almost anything: ArrowException, KeyError, TypeError, ...
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RequestError(
            f"{path} is not a readable Parquet file ({first}); write it again"
        ) from error
    if frame.index.names != [None]:
        frame = frame.reset_index()
    return frame


def read_table(
    frame: pd.DataFrame,
    *,
    where: str = "the table",
    schema: TableSchema | None = None,
    counters: bool = True,
) -> Contents:
    """Read a DataFrame; the head of this module says how.

    Parameters
    ----------
    frame : pandas.DataFrame
        N rows, cells of any kind.
    where : str
        What to call the table in an error.
    schema : TableSchema, optional
        The schema of a trained run: the table is read as that run's table was. Without
        it, a column's cells decide what it is read as.
    counters : bool
        Whether row counters are looked for and left out.

    Returns
    -------
    Contents
        Samples N x J, float32, standardised.

    Raises
    ------
    RequestError
        If there are fewer than 16 rows (unless a schema is given), no column can be
        used, or a column of the schema is missing.
    """
    frame = frame.set_axis(readable_names(frame.columns), axis=1)
    if schema is None:
        require_rows(len(frame), where)
        read = [read_cells(frame.iloc[:, j]) for j in range(frame.shape[1])]
        columns = [
            decide_column(title, cells, counters)
            for title, cells in zip(frame.columns, read, strict=True)
        ]
        if not any(column.is_feature for column in columns):
            raise RequestError(f"{where} has no usable column ({_why_none(columns)})")
        numbers = np.stack(
            [
                cells.numbers if column.levels is None else code_levels(cells, column.levels)
                for column, cells in zip(columns, read, strict=True)
                if column.is_feature
            ],
            axis=1,
        )
    else:
        if len(frame) == 0:
            raise RequestError(f"{where} has no rows; give at least one")
        columns = list(schema.columns)
        numbers = schema.read(frame)

    groups = pd.util.hash_pandas_object(pd.DataFrame(numbers + 0.0), index=False).to_numpy()
    duplicates = len(groups) - len(np.unique(groups))
    splits = split_rows(len(frame), groups if duplicates else None)
    if schema is None:
        columns = measure(columns, numbers, splits["train"])
        schema = TableSchema(tuple(columns), rows=len(frame), duplicates=duplicates)
    imputed = schema.impute(numbers)
    return Contents(
        schema.scale(imputed),
        table=schema,
        splits=splits,
        notes=_notes(schema, numbers, groups, duplicates),
        # In the table's own units: the same rows in other units are other data.
        content=fingerprint_of(list(schema.feature_names), imputed),
        former=samples_alone,
    )


def read_table_file(path: Path, schema: TableSchema | None = None) -> Contents:
    """Read a table file; see `read_frame` and `read_table`."""
    return read_table(read_frame(path), where=str(path.resolve()), schema=schema)


def _why_none(columns: list[Column]) -> str:
    said = [f"{column.name!r}: {column.note or column.role}" for column in columns[:3]]
    more = f", and {len(columns) - 3} more" if len(columns) > 3 else ""
    return ("; ".join(said) or "it has no columns") + more


def _notes(
    schema: TableSchema, numbers: np.ndarray, groups: np.ndarray, duplicates: int
) -> tuple[str, ...]:
    notes = []
    blanks = int(np.isnan(numbers).sum())
    if blanks:
        columns = int(np.isnan(numbers).any(axis=0).sum())
        notes.append(f"{blanks} blank cells imputed in {columns} columns")
    left_out = [column.name for column in schema.columns if column.role == "left out"]
    if left_out:
        notes.append(f"columns left out: {', '.join(left_out)}")
    constant = [column.name for column in schema.columns if column.role == "constant"]
    if constant:
        notes.append(f"constant columns, put back on output: {', '.join(constant)}")
    if duplicates:
        kept = groups_can_be_kept(groups)
        how = "kept in the split of the first" if kept else "too many to be kept in one split"
        notes.append(f"{duplicates} rows repeat an earlier row in all features; {how}")
    return tuple(notes)
