"""Bounds on what a file may unpack to, checked before memory is asked for.

Deflate, the compression of gzip, zip and HDF5, packs at most 1,032 bytes into one. A file that
promises more than that is damaged or made to fill the memory.
"""

from __future__ import annotations

from pathlib import Path

from unweave.errors import RequestError

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
