"""The data of a training: a table read as its run has read it, or as its likelihood asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unweave.data import Dataset, TableSchema, load_data
from unweave.nets.columns import ColumnLayout
from unweave.runs.folder import checkpoint_file, read_config


def load_for_training(
    data: Any, changes: Mapping[str, Any], resumed: Path | None = None
) -> Dataset:
    """Load data for a model to learn from.

    Parameters
    ----------
    data : as for `unweave.train`
    changes : mapping of str to Any
        The user's settings. With ``likelihood=gaussian`` a table is read in the coding
        "gaussian", unless all of it is numbers without blanks.
    resumed : pathlib.Path, optional
        The folder of a run to go on with: its table is read by the schema that it keeps.
    """
    if isinstance(data, Dataset):
        return data
    if resumed is not None and (schema := _stored_schema(resumed)) is not None:
        return load_data(data, schema=schema)
    dataset = load_data(data)
    layout = ColumnLayout.of(dataset.table)
    if str(changes.get("likelihood")) == "gaussian" and layout is not None and not layout.is_plain:
        return load_data(data, coding="gaussian")
    return dataset


def _stored_schema(folder: Path) -> TableSchema | None:
    if not (checkpoint_file(folder).is_file() and (folder / "config.json").is_file()):
        return None
    table = read_config(folder)["data"]["table"]
    return TableSchema.from_json(table) if table else None
