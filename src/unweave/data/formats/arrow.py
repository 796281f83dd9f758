"""Tables in memory that speak Arrow's protocol: those of pyarrow, polars, DuckDB and others."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from unweave.data.assemble import Contents
from unweave.data.format import Format
from unweave.data.tables.read import read_arrow
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema


@runtime_checkable
class ArrowTable(Protocol):
    """Anything that offers its rows as a stream of Arrow's."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Return a capsule with the stream."""
        ...


def read(given: ArrowTable, schema: TableSchema | TableRequest | None = None) -> Contents:
    """Read the table as a DataFrame of these columns is read."""
    return read_arrow(given, schema)


FORMAT = Format(
    name="arrow",
    what="a table of Arrow, polars or alike",
    becomes="a table",
    kind="table",
    read=read,
    types=(ArrowTable,),
    # A DataFrame speaks the protocol too, but has an index of its own.
    fallback=True,
)
