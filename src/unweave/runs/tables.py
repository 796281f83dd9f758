"""Tables that a model reads and writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from unweave.data import Dataset, TableSchema
from unweave.data.formats.arrow import ArrowTable
from unweave.data.tables.read import frame_of_arrow, read_frame
from unweave.errors import RequestError

if TYPE_CHECKING:
    from unweave.runs.model import Model


def frame_of(model: Model, data: Any) -> pd.DataFrame | None:
    """Return the table that `data` is, cells as they are; None if it is no table or file."""
    if data is None:
        data = model.data["source"]
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, str | os.PathLike) and os.path.exists(data):
        return read_frame(Path(data))
    return frame_of_arrow(data) if isinstance(data, ArrowTable) else None


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
