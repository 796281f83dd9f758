"""Images with their factors, in the layout of dSprites' .npz file."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

from unweave.data.arrays import as_pixels, channels_first
from unweave.data.cache import Create, key_of, packed
from unweave.data.dataset import Dataset, Factors
from unweave.data.fingerprint import fingerprint_of
from unweave.data.splits import split_rows
from unweave.errors import RequestError

CHUNK_BYTES = 1 << 25
DISCRETE_LIMIT = 256
_BROKEN = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,  # encrypted members and unknown compressions
    zipfile.BadZipFile,
    zlib.error,
)
_DSPRITES = ("shape", "scale", "orientation", "x", "y")


def load_npz(path: Path, *, name: str = "", source: str | None = None) -> Dataset:
    """Load images and factors from an .npz file.

    Only the arrays ``imgs``, ``latents_classes`` and ``latents_values`` are read, and
    never a pickled one: dSprites' ``metadata`` is left alone.

    Parameters
    ----------
    path : pathlib.Path
        ``imgs``: N x H x W, N x H x W x C or N x C x H x W, bool, uint8 (0 to 255, or 0
        and 1) or floats in 0 to 1. ``latents_classes``: N x F integers, or, without it,
        ``latents_values``: N x F numbers; neither is needed.
    name : str
        By default the file's.
    source : str, optional
        By default the absolute path.

    Returns
    -------
    Dataset
        Factors with one value only are left out. Five columns are dSprites' shape,
        scale, orientation, x and y; six have colour first; others are numbered.

    Raises
    ------
    RequestError
        If the file is missing, damaged, pickled, or its arrays do not fit together.
    """
    shape, dtype = _header(path, "imgs")
    if len(shape) not in (3, 4) or dtype.kind not in "biuf":
        raise RequestError(
            f"{path}: imgs has shape {shape} and dtype {dtype}; give N x H x W or N x H x W x C"
        )
    factors, notes = _factors(path, shape[0])
    pack = packed(key_of([path], kind="npz"), lambda create: _pack(path, shape, dtype, create))
    fingerprint = pack.fingerprint
    if factors is not None:
        fingerprint = fingerprint_of(fingerprint, list(factors.names), factors.values)
    return Dataset(
        name=name or path.stem,
        samples=pack.images,
        splits=split_rows(shape[0]),
        fingerprint=fingerprint,
        source=str(path.resolve()) if source is None else source,
        factors=factors,
        notes=notes + pack.notes,
    )


def _header(path: Path, member: str) -> tuple[tuple[int, ...], np.dtype]:
    """Read shape and dtype of one array without its data."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{member}.npy") as file:
            version = np.lib.format.read_magic(file)
            reader = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = reader(file)
            size = archive.getinfo(f"{member}.npy").file_size - file.tell()
            if not dtype.hasobject and size != math.prod(shape) * dtype.itemsize:
                raise ValueError(f"{member} has {size} bytes, not what its header says")
    except KeyError as error:
        raise RequestError(
            f"{path} has no array {member!r}; give imgs, and latents_classes or latents_values"
        ) from error
    except _BROKEN as error:
        raise RequestError(f"{path} is no readable .npz file ({error}); get it anew") from error
    return shape, dtype


def _pack(path: Path, shape: tuple[int, ...], dtype: np.dtype, create: Create) -> np.ndarray:
    """Stream the images from the archive, so that they never stand in memory whole."""
    # A view without memory behind it, only to learn where the channels are.
    layout = channels_first(np.broadcast_to(np.zeros((), dtype), shape), where=f"{path}: imgs")
    images = create(layout.shape)
    row_bytes = dtype.itemsize * int(np.prod(shape[1:]))
    step = max(1, CHUNK_BYTES // row_bytes)
    largest = 0
    try:
        with zipfile.ZipFile(path) as archive, archive.open("imgs.npy") as file:
            version = np.lib.format.read_magic(file)
            if version == (1, 0):
                _, fortran, _ = np.lib.format.read_array_header_1_0(file)
            else:
                _, fortran, _ = np.lib.format.read_array_header_2_0(file)
            if fortran:
                raise ValueError("imgs is stored in Fortran order")
            for start in range(0, shape[0], step):
                count = min(step, shape[0] - start)
                raw = file.read(count * row_bytes)
                rows = np.frombuffer(raw, dtype).reshape(count, *shape[1:])
                pixels = as_pixels(channels_first(rows), where=f"{path}: imgs")
                largest = max(largest, int(pixels.max()))
                images[start : start + count] = pixels
            file.read(1)  # only at its very end is the checksum compared
    except RequestError:
        raise
    except _BROKEN as error:
        raise RequestError(f"{path}: imgs cannot be read ({error}); get it anew") from error
    if dtype.kind in "iu" and largest == 1:
        for start in range(0, shape[0], step):
            images[start : start + step] *= 255
    return images


def _factors(path: Path, count: int) -> tuple[Factors | None, tuple[str, ...]]:
    """Read the factors, drop the constant ones, and say so."""
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
    which = "latents_classes" if "latents_classes.npy" in members else "latents_values"
    if f"{which}.npy" not in members:
        return None, (f"{path.name} holds no factors",)
    shape, dtype = _header(path, which)
    if len(shape) != 2 or shape[0] != count or dtype.kind not in "biuf":
        raise RequestError(
            f"{path}: {which} has shape {shape} and dtype {dtype}; give numbers, "
            f"{count} rows, one for each image"
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            table = arrays[which]
    except _BROKEN as error:
        raise RequestError(f"{path}: {which} cannot be read ({error}); get it anew") from error
    if not np.isfinite(table).all():
        row = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
        raise RequestError(f"{path}: {which}, row {row + 1} holds no number; mend the row")
    return _as_factors(table, classes=which == "latents_classes")


def _as_factors(table: np.ndarray, classes: bool) -> tuple[Factors | None, tuple[str, ...]]:
    names, columns, constant = [], [], []
    sizes: list[int | None] = []
    for name, column in zip(_factor_names(table.shape[1]), table.T, strict=True):
        distinct, indices = np.unique(column, return_inverse=True)
        if len(distinct) == 1:
            constant.append(name)
            continue
        names.append(name)
        if classes or len(distinct) <= min(DISCRETE_LIMIT, len(column) // 2):
            columns.append(indices.astype(np.float64))
            sizes.append(len(distinct))
        else:
            columns.append(column.astype(np.float64))
            sizes.append(None)
    notes = (f"constant factors left out: {', '.join(constant)}",) if constant else ()
    if not columns:
        return None, notes
    return Factors(tuple(names), np.stack(columns, axis=1), tuple(sizes)), notes


def _factor_names(count: int) -> tuple[str, ...]:
    if count == len(_DSPRITES):
        return _DSPRITES
    if count == len(_DSPRITES) + 1:
        return ("color", *_DSPRITES)
    return tuple(f"factor {number}" for number in range(1, count + 1))
