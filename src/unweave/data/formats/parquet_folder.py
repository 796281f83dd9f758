"""A folder of the parts of one Parquet table, in the order of their names."""

from __future__ import annotations

from pathlib import Path

from unweave.data.format import Format
from unweave.data.tables.read import PARQUET, read_table_file


def is_parquet_folder(path: Path) -> bool:
    """Tell whether a folder holds Parquet files; marks such as ``_SUCCESS`` do not count."""
    if not path.is_dir():
        return False
    parts = [part for part in path.iterdir() if not part.name.startswith((".", "_"))]
    return bool(parts) and all(part.suffix.casefold() in PARQUET for part in parts)


FORMAT = Format(
    name="parquet-folder",
    what="a folder of .parquet parts",
    becomes="a table",
    kind="table",
    read=read_table_file,
    recognises=is_parquet_folder,
)
