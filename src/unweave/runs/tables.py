"""Tables that a model reads and writes."""

from __future__ import annotations

from unweave.data import Dataset, TableSchema
from unweave.errors import RequestError


def check_coding(dataset: Dataset, table: TableSchema | None) -> None:
    """Refuse a dataset whose samples hold a table's columns otherwise than a run's do.

    Raises
    ------
    RequestError
        The message says what to give in its place.
    """
    if table is None or dataset.table is None or dataset.table.coding == table.coding:
        return
    raise RequestError(
        f"{dataset.name}: was read in the coding {dataset.table.coding}, and the run in the coding "
        f"{table.coding}; give the table itself, or read it with coding={table.coding}"
    )
