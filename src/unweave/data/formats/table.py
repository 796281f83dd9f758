"""Tables: CSV, Parquet and Feather files, and DataFrames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.format import Format
from unweave.data.tables.read import FEATHER, PARQUET, read_table, read_table_file
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema

TEXT = (".csv", ".tsv", ".txt")


def read(given: Path | pd.DataFrame, schema: TableSchema | TableRequest | None = None) -> Contents:
    """Read a table; `unweave.data.tables.read` says how."""
    if isinstance(given, pd.DataFrame):
        return read_table(given, schema=schema)
    return read_table_file(given, schema)


def as_pandas(given: Any) -> Any:
    """Return a frame of another library, polars or Arrow, as one of pandas; others as given."""
    return given.to_pandas() if hasattr(given, "to_pandas") else given


FORMAT = Format(
    name="table",
    what="a DataFrame",
    becomes="a table",
    kind="table",
    read=read,
    suffixes=(*TEXT, *(f"{suffix}.gz" for suffix in TEXT), *PARQUET, *FEATHER),
    types=(pd.DataFrame,),
)
