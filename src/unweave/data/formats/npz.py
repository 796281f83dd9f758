"""Images with their factors, in an .npz file laid out as that of dSprites."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import Factors, factors_of
from unweave.data.files.cache import Create, key_of, packed
from unweave.data.files.npz_member import Member, find_member, members_of, read_array, read_images
from unweave.data.files.pixels import brightened, is_two_valued
from unweave.data.format import Format
from unweave.data.former import samples_and_factors
from unweave.data.options import white_option
from unweave.errors import RequestError

# The number of images brightened at a time.
_ROWS = 4096
_WANTED = "imgs, and latents_classes or latents_values"
_DSPRITES = ("shape", "scale", "orientation", "x", "y")


def read(path: Path, *, white: int | None = None) -> Contents:
    """Read images and factors from an .npz file.

    Only the arrays ``imgs``, ``latents_classes``, ``latents_values`` and ``pairs`` are read,
    and never a pickled one: dSprites' ``metadata`` is left alone.

    Parameters
    ----------
    path : pathlib.Path
        ``imgs``: N x H x W, N x H x W x C or N x C x H x W, bool, uint8 (0 to 255, or 0
        and 1) or floats in 0 to 1. ``latents_classes``: N x F integers, or, without it,
        ``latents_values``: N x F numbers; neither is needed. ``pairs``: P x 2 numbers of
        images that belong together, from 0, where there are such.
    white : int, optional
        The integer that is white; by default 255, or 1 if no pixel is above 1.

    Returns
    -------
    Contents
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
    asked = {} if white is None else {"white": white}
    key = key_of([path], kind="npz", **asked)
    pack = packed(key, lambda create: _pack(images, create, white))
    two_valued = white is None and is_two_valued(pack.images)
    return Contents.of_pack(
        pack,
        notes,
        factors=factors,
        pairs=_pairs(path, count),
        former=samples_and_factors,
        white=white or (1 if two_valued else 255),
    )


def _pack(member: Member, create: Create, white: int | None) -> np.ndarray:
    images = create(member.layout)
    largest = 0
    for start, pixels in read_images(member):
        images[start : start + len(pixels)] = pixels
        largest = max(largest, int(pixels.max()))
    if member.dtype.kind in "iu":
        white = white or (1 if largest <= 1 else 255)
        for start in range(0, len(images), _ROWS):
            rows = slice(start, start + _ROWS)
            images[rows] = brightened(images[rows], white, where=member.where)
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
        raise RequestError(
            f"{member.where}, row {row + 1} holds a value that is not a number; mend the row"
        )
    names = _factor_names(table.shape[1])
    return factors_of(table, names, classes=which == "latents_classes")


def _pairs(path: Path, count: int) -> np.ndarray | None:
    """Read which images came in pairs, if the file says so."""
    if "pairs" not in members_of(path):
        return None
    member = find_member(path, "pairs", _WANTED)
    if len(member.shape) != 2 or member.shape[1] != 2 or member.dtype.kind not in "iu":
        raise RequestError(
            f"{member.where} has shape {member.shape} and dtype {member.dtype}; give P x 2 numbers "
            "of images, from 0"
        )
    pairs = read_array(member).astype(np.int64)
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < count:
        raise RequestError(f"{member.where} names images beyond the {count}; they count from 0")
    return pairs


def _factor_names(count: int) -> tuple[str, ...]:
    if count == len(_DSPRITES):
        return _DSPRITES
    if count == len(_DSPRITES) + 1:
        return ("color", *_DSPRITES)
    return tuple(f"factor {number}" for number in range(1, count + 1))


FORMAT = Format(
    name="npz",
    becomes="images, from `imgs`, and factors, from `latents_classes` or `latents_values` where "
    "there are any; `pairs` of images, P x 2 numbers from 0",
    kind="images",
    read=read,
    suffixes=(".npz",),
    options=(white_option(),),
)
