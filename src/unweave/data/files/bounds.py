"""Bounds on what a file may unpack to, checked before memory is asked for.

Deflate, the compression of gzip, zip and HDF5, packs at most 1,032 bytes into one. A file that
promises more than that is damaged or made to fill the memory. Where a format packs without such
a bound, as Parquet repeats a value any number of times, the free memory is the bound.
"""

from __future__ import annotations

from pathlib import Path

from unweave.errors import RequestError
from unweave.memory import free_memory, in_words

MOST_RATIO = 1032
MOST_PIXELS = 50_000_000
"""As large as a camera's picture; a decoder takes up to 20 bytes a pixel."""


def require_size(where: Path | str, promised: int, stored: int, mend: str) -> None:
    """Refuse a file whose header promises more bytes than its stored ones can hold.

    Parameters
    ----------
    where : path or str
        What to call it in the error.
    promised, stored : int
        Bytes by its header, and bytes on the disk.
    mend : str
        What to do about it.

    Raises
    ------
    RequestError
        If it promises more.
    """
    if promised > MOST_RATIO * stored:
        raise RequestError(
            f"{where}: its header promises {promised:,} bytes, and the {stored:,} stored ones "
            f"cannot hold them; {mend}"
        )


def require_cells(where: Path | str, rows: int, columns: int, mend: str, copies: int = 1) -> None:
    """Refuse a table of more cells than the free memory holds; see `require_room`.

    Parameters
    ----------
    where, mend : as for `require_room`
    rows, columns : int
        Of the table, 8 bytes a cell.
    copies : int
        How many such tables are held at once.
    """
    require_room(where, 8 * copies * rows * columns, mend)


def require_room(where: Path | str, needed: int, mend: str) -> None:
    """Refuse what takes more than this machine has memory free, before it is asked for.

    Parameters
    ----------
    where : path or str
        The file, or what else was asked for, in the error.
    needed : int
        The bytes that it takes at least.
    mend : str
        What to do about it.

    Raises
    ------
    RequestError
        If it takes more.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise RequestError(
            f"{where}: takes {in_words(needed)} of memory at least, and {in_words(free)} are free; "
            f"{mend}"
        )
