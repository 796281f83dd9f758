"""Images with their factors, in the layout of dSprites' .npz file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unweave.data.cache import Create, key_of, packed
from unweave.data.classes import factors_of
from unweave.data.dataset import Dataset, Factors
from unweave.data.fingerprint import fingerprint_of
from unweave.data.npz_member import Member, find_member, members_of, read_array, read_images
from unweave.data.splits import split_rows
from unweave.errors import RequestError

# So many images are brightened at a time.
_ROWS = 4096
_WANTED = "imgs, and latents_classes or latents_values"
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
    images = find_member(path, "imgs", _WANTED)
    count = images.shape[0] if images.shape else 0
    if len(images.shape) not in (3, 4) or images.dtype.kind not in "biuf":
        raise RequestError(
            f"{images.where} has shape {images.shape} and dtype {images.dtype}; give N x H x W or "
            "N x H x W x C"
        )
    factors, notes = _factors(path, count)
    pack = packed(key_of([path], kind="npz"), lambda create: _pack(images, create))
    fingerprint = pack.fingerprint
    if factors is not None:
        fingerprint = fingerprint_of(fingerprint, list(factors.names), factors.values)
    return Dataset(
        name=name or path.stem,
        samples=pack.images,
        splits=split_rows(count),
        fingerprint=fingerprint,
        source=str(path.resolve()) if source is None else source,
        factors=factors,
        notes=notes + pack.notes,
    )


def _pack(member: Member, create: Create) -> np.ndarray:
    images = create(member.layout)
    largest = 0
    for start, pixels in read_images(member):
        images[start : start + len(pixels)] = pixels
        largest = max(largest, int(pixels.max()))
    if member.dtype.kind in "iu" and largest == 1:
        for start in range(0, len(images), _ROWS):
            images[start : start + _ROWS] *= 255
    return images


def _factors(path: Path, count: int) -> tuple[Factors | None, tuple[str, ...]]:
    """Read the factors, drop the constant ones, and say so."""
    members = members_of(path)
    which = "latents_classes" if "latents_classes" in members else "latents_values"
    if which not in members:
        return None, (f"{path.name} holds no factors",)
    member = find_member(path, which, _WANTED)
    if len(member.shape) != 2 or member.shape[0] != count or member.dtype.kind not in "biuf":
        raise RequestError(
            f"{member.where} has shape {member.shape} and dtype {member.dtype}; give numbers, "
            f"{count} rows, one for each image"
        )
    table = read_array(member)
    if not np.isfinite(table).all():
        row = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
        raise RequestError(f"{member.where}, row {row + 1} holds no number; mend the row")
    names = _factor_names(table.shape[1])
    return factors_of(table, names, classes=which == "latents_classes")


def _factor_names(count: int) -> tuple[str, ...]:
    if count == len(_DSPRITES):
        return _DSPRITES
    if count == len(_DSPRITES) + 1:
        return ("color", *_DSPRITES)
    return tuple(f"factor {number}" for number in range(1, count + 1))
