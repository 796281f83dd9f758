"""MPI3D (Gondal et al. 2019): a robot's arm moves an object; toy, realistic and real images."""

from __future__ import annotations

import math

import numpy as np

from unweave.data.cache import Create, key_of, packed
from unweave.data.classes import factors_of, grid_classes
from unweave.data.dataset import Dataset
from unweave.data.locate import Files, find_or_fetch
from unweave.data.npz_member import Member, find_member, read_images
from unweave.data.splits import split_rows
from unweave.errors import RequestError, pick

FACTORS = (
    "object_color",
    "object_shape",
    "object_size",
    "camera_height",
    "background_color",
    "horizontal_axis",
    "vertical_axis",
)
SIZES = (6, 6, 2, 3, 3, 40, 40)
VARIANTS = ("toy", "realistic", "real")
VARIANT = "toy"


def place_of(variant: str) -> Files:
    """Return where the file of a variant may lie."""
    file = f"mpi3d_{variant}.npz"
    address = "https://huggingface.co/datasets/waleedgondal/mpi3d/resolve/main"
    return Files((f"mpi3d/{file}", file), origin=f"{address}/{file}")


def load_mpi3d(*, variant: str = VARIANT, source: str = "mpi3d") -> Dataset:
    """Load one of the three data sets of MPI3D.

    Its file is ``mpi3d_toy.npz``, ``mpi3d_realistic.npz`` or ``mpi3d_real.npz``, with the
    array ``images``, 1,036,800 x 64 x 64 x 3, uint8: the whole grid of object colour (6),
    object shape (6), object size (2), camera height (3), background colour (3),
    horizontal axis (40) and vertical axis (40), the last fastest.

    Parameters
    ----------
    variant : {"toy", "realistic", "real"}
        Rendered simply, rendered realistically, or photographed.
    source : str

    Returns
    -------
    Dataset
        Images N x 3 x 64 x 64 in the order of the file.

    Raises
    ------
    RequestError
        If there is no such variant, or its file is missing, damaged or of another shape.
    """
    variant = pick(variant, VARIANTS, "variant of mpi3d")
    path = find_or_fetch(f"mpi3d:variant={variant}", place_of(variant))
    member = find_member(path, "images", f"the images of {path.name} as published")
    count = math.prod(SIZES)
    if member.shape != (count, 64, 64, 3) or member.dtype != np.uint8:
        raise RequestError(
            f"{member.where} has shape {member.shape} and dtype {member.dtype}, not "
            f"{count} x 64 x 64 x 3 and uint8; get the file anew"
        )
    factors, _ = factors_of(grid_classes(SIZES), FACTORS, classes=True)
    pack = packed(key_of([path], kind="mpi3d"), lambda create: _pack(member, create))
    return Dataset(
        name="mpi3d",
        samples=pack.images,
        splits=split_rows(count),
        fingerprint=pack.fingerprint,
        source=source,
        factors=factors,
        notes=pack.notes,
    )


def _pack(member: Member, create: Create) -> np.ndarray:
    images = create(member.layout)
    for start, pixels in read_images(member):
        images[start : start + len(pixels)] = pixels
    return images
