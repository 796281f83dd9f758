"""MPI3D (Gondal et al. 2019): a robot's arm moves an object; toy, realistic and real images."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import factors_of, grid_classes
from unweave.data.files.cache import Create, key_of, packed
from unweave.data.files.find import Files
from unweave.data.files.npz_member import Member, find_member, read_images
from unweave.data.former import samples_alone
from unweave.data.options import Option
from unweave.data.source import Source
from unweave.errors import RequestError

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
# The address is that of the authors' page, https://github.com/rr-learning/disentanglement_dataset,
# which publishes no hashes; these are the MD5 that disent 0.8 publishes.
_ADDRESS = "https://huggingface.co/datasets/waleedgondal/mpi3d/resolve/main"
_MD5 = {
    "toy": "55889cb7c7dfc655d6e0277beee88868",
    "realistic": "59a6225b88b635365f70c91b3e52f70f",
    "real": "0f33f609918fb5c97996692f91129802",
}


def files_of(variant: str = VARIANT) -> Files:
    """Return where the file of a variant may lie, and where it can be fetched."""
    file = f"mpi3d_{variant}.npz"
    address = f"{_ADDRESS}/{file}"
    return Files((f"mpi3d/{file}", file), fetched=((address, _MD5[variant]),), origin=address)


def read(path: Path, *, variant: str = VARIANT) -> Contents:
    """Read one of the three data sets of MPI3D.

    Parameters
    ----------
    path : pathlib.Path
        ``mpi3d_toy.npz``, ``mpi3d_realistic.npz`` or ``mpi3d_real.npz``, with the array
        ``images``, 1,036,800 x 64 x 64 x 3, uint8: the whole grid of object colour (6),
        object shape (6), object size (2), camera height (3), background colour (3),
        horizontal axis (40) and vertical axis (40), the last fastest.
    variant : {"toy", "realistic", "real"}
        Rendered simply, rendered realistically, or photographed: which file it is.

    Returns
    -------
    Contents
        Images N x 3 x 64 x 64 in the order of the file.

    Raises
    ------
    RequestError
        If the file is damaged or of another shape.
    """
    member = find_member(path, "images", f"the images of {path.name} as published")
    count = math.prod(SIZES)
    if member.shape != (count, 64, 64, 3) or member.dtype != np.uint8:
        raise RequestError(
            f"{member.where} has shape {member.shape} and dtype {member.dtype}, not "
            f"{count} x 64 x 64 x 3 and uint8; get the file again"
        )
    factors, _ = factors_of(grid_classes(SIZES), FACTORS, classes=True)
    pack = packed(key_of([path], kind="mpi3d"), lambda create: _pack(member, create))
    return Contents.of_pack(pack, factors=factors, former=samples_alone)


def _pack(member: Member, create: Create) -> np.ndarray:
    images = create(member.layout)
    for start, pixels in read_images(member):
        images[start : start + len(pixels)] = pixels
    return images


SOURCE = Source(
    name="mpi3d",
    description="MPI3D: a robot's arm moves an object, 64 x 64, seven known factors",
    kind="images",
    licence="CC BY 4.0 (Gondal et al. 2019)",
    read=read,
    options=(Option("variant", VARIANT, str, "toy, realistic or real", choices=VARIANTS),),
    files=files_of(),
    files_for=files_of,
)
