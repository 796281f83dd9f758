"""Short hashes of arrays and plain values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

DIGEST_BYTES = 16
CHUNK_BYTES = 1 << 24


def fingerprint_of(*parts: Any) -> str:
    """Hash arrays and JSON-like values, in order.

    Parameters
    ----------
    *parts : numpy.ndarray or JSON-serialisable value
        Arrays count with their dtype, shape and bytes (in C order, whatever their
        layout in memory), other values as canonical JSON.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            for chunk in _chunks(part):
                digest.update(chunk)
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _chunks(array: np.ndarray) -> Iterator[bytes]:
    """Yield the bytes of `array` in pieces, so that a memory map is never read whole."""
    if array.size == 0:
        return
    rows = np.atleast_1d(array)
    step = max(1, CHUNK_BYTES // max(1, rows[0].nbytes))
    for start in range(0, len(rows), step):
        yield np.ascontiguousarray(rows[start : start + step]).tobytes()
