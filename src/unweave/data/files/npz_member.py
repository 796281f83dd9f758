"""Arrays in an .npz file, read piece by piece."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from unweave.data.files.bounds import require_size
from unweave.data.files.cache import progress
from unweave.data.files.pixels import as_pixels, channels_first
from unweave.errors import RequestError

CHUNK_BYTES = 1 << 25


@dataclass(frozen=True)
class Member:
    """An array in an .npz file; only its header has been read.

    Attributes
    ----------
    path : pathlib.Path
    name : str
    shape : tuple of int
    dtype : numpy.dtype
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def where(self) -> str:
        """What to call the array in an error."""
        return f"{self.path}: {self.name}"

    @property
    def layout(self) -> tuple[int, int, int, int]:
        """N x C x H x W of its images.

        Raises
        ------
        RequestError
            If the array holds no images.
        """
        # A view without memory behind it, only to learn where the channels are.
        blank = np.broadcast_to(np.zeros((), self.dtype), self.shape)
        count, channels, height, width = channels_first(blank, where=self.where).shape
        return count, channels, height, width

    def as_rows(self, axes: int) -> Member:
        """Merge the first axes into one; the others belong to one image."""
        return replace(self, shape=(math.prod(self.shape[:axes]), *self.shape[axes:]))


def find_member(path: Path, name: str, wanted: str) -> Member:
    """Read shape and dtype of one array.

    Parameters
    ----------
    path : pathlib.Path
        The ``.npz`` file.
    name : str
        The array's name.
    wanted : str
        Which arrays the file should hold, for an error.

    Raises
    ------
    RequestError
        If the file is damaged, or has no such array.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
            shape, _, dtype = _header(file)
            packed = archive.getinfo(f"{name}.npy")
            if packed.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{name} is compressed in a way that NumPy does not use")
            require_size(f"{path}: {name}", packed.file_size, packed.compress_size, "get it again")
            size = packed.file_size - file.tell()
            if not dtype.hasobject and size != math.prod(shape) * dtype.itemsize:
                raise ValueError(f"{name} has {size} bytes, not what its header says")
    except KeyError as error:
        raise RequestError(f"{path} has no array {name!r}; give {wanted}") from error
    except RequestError:
        raise
    except Exception as error:
        # Damage shows as almost anything: BadZipFile, zlib.error, TokenError, TypeError, …
        raise RequestError(f"{path} is not a readable .npz file ({error}); get it again") from error
    return Member(path, name, shape, dtype)


def members_of(path: Path) -> set[str]:
    """Return the names of the arrays of a readable .npz file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception as error:
        raise RequestError(f"{path} is not a readable .npz file ({error}); get it again") from error
    return {name.removesuffix(".npy") for name in names}


def read_array(member: Member) -> np.ndarray:
    """Read an array whole; pickled objects are refused.

    Parameters
    ----------
    member : Member
        As `find_member` returns it.

    Raises
    ------
    RequestError
        If it cannot be read.
    """
    try:
        with np.load(member.path, allow_pickle=False) as arrays:
            array: np.ndarray = arrays[member.name]
            return array
    except Exception as error:
        raise RequestError(f"{member.where} cannot be read ({error}); get it again") from error


def read_images(member: Member) -> Iterator[tuple[int, np.ndarray]]:
    """Read images piece by piece, so that they are never in memory whole.

    Parameters
    ----------
    member : Member
        As `find_member` returns it.

    Yields
    ------
    start : int
        The row of the piece's first image.
    pixels : numpy.ndarray
        M x C x H x W, uint8.

    Raises
    ------
    RequestError
        If they cannot be read, or a value is not that of a pixel.
    """
    try:
        with zipfile.ZipFile(member.path) as archive, archive.open(f"{member.name}.npy") as file:
            _, fortran, _ = _header(file)
            if fortran:
                raise ValueError(f"{member.name} is stored in Fortran order")
            row_bytes = member.dtype.itemsize * math.prod(member.shape[1:])
            step = max(1, CHUNK_BYTES // row_bytes)
            for start in progress(range(0, member.shape[0], step), "Packing images"):
                count = min(step, member.shape[0] - start)
                flat = np.frombuffer(file.read(count * row_bytes), member.dtype)
                rows = flat.reshape(count, *member.shape[1:])
                yield start, as_pixels(channels_first(rows), where=member.where)
            file.read(1)  # only at its very end is the checksum compared
    except RequestError:
        raise
    except Exception as error:
        raise RequestError(f"{member.where} cannot be read ({error}); get it again") from error


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)
