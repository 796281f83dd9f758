"""One array in an .npy file: rows of numbers, or images."""

from pathlib import Path

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.format import Format
from unweave.data.formats import arrays
from unweave.data.tables.schema import TableSchema
from unweave.errors import RequestError


def read(path: Path, schema: TableSchema | None = None) -> Contents:
    """Read the array as one from memory is read."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError) as error:
        raise RequestError(
            f"{path} is not a readable .npy file ({error}); save it again"
        ) from error
    return arrays.read(array, schema)


FORMAT = Format(
    name="npy",
    becomes="what an array of its shape becomes",
    kind="either",
    read=read,
    suffixes=(".npy",),
)
