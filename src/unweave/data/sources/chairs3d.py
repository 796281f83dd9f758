"""3D Chairs (Aubry et al. 2014): renders of 1,393 chairs, in their published archive."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import factors_of
from unweave.data.files.archive import Archive, find_members
from unweave.data.files.cache import Create, key_of, packed
from unweave.data.files.crops import Box
from unweave.data.files.decoding import IMAGE_SIZE, decode_image
from unweave.data.files.find import Files
from unweave.data.former import samples_and_table
from unweave.data.options import image_size_option
from unweave.data.source import Source
from unweave.data.splits import require_rows

FACTORS = ("chair", "elevation", "azimuth", "distance")
CHAIRS = 1393
# Much white surrounds a chair: this part of each side of the render is kept.
KEPT = 2 / 3
_PATTERN = r"image_\d+_p(\d+)_t(\d+)_r(\d+)\.png"


def read(place: Path, *, image_size: int = IMAGE_SIZE) -> Contents:
    """Read 3D Chairs.

    Parameters
    ----------
    place : pathlib.Path
        ``rendered_chairs.tar``, or the folder it unpacks to. The renders are
        ``CHAIR/renders/image_XXX_pYYY_tZZZ_rNNN.png``, 600 x 600 pixels, where p is the
        elevation and t the azimuth, both in degrees, and r the distance.
    image_size : int
        Side of the images, in pixels.

    Returns
    -------
    Contents
        Grey images N x 1 x S x S: the middle two thirds of each side of a render,
        resized. They are sorted by chair, then by the name of the render. Factors:
        chair (1,393), elevation (2) and azimuth (31).

    Raises
    ------
    RequestError
        If the archive or an image is damaged, or there are fewer than 16 renders.
    """
    renders = find_members(place, _PATTERN)
    order = sorted(range(len(renders.names)), key=lambda row: _key(renders.names[row]))
    require_rows(len(order), str(place), "images")
    table = _table([renders.names[row] for row in order])
    factors, notes = factors_of(table, FACTORS, classes=True)
    chairs = len(np.unique(table[:, 0]))
    if chairs != CHAIRS:
        notes = (*notes, f"{chairs} of the {CHAIRS} chairs are there")
    pack = packed(
        key_of(renders.files, kind="chairs3d", image_size=image_size),
        lambda create: _pack(renders, np.argsort(order), image_size, create),
    )
    return Contents.of_pack(pack, notes, factors=factors, former=samples_and_table(table))


def _key(name: PurePosixPath) -> tuple[str, str]:
    """Return the chair and the name of one of its renders."""
    folder = name.parent
    return (folder.parent if folder.name == "renders" else folder).name, name.name


def _table(names: list[PurePosixPath]) -> np.ndarray:
    """Return N x 4: the number of the chair, elevation, azimuth and distance."""
    chairs = np.unique([_key(name)[0] for name in names], return_inverse=True)[1]
    views = [re.fullmatch(_PATTERN, name.name) for name in names]
    numbers = [[int(number) for number in view.groups()] for view in views if view]
    return np.column_stack([chairs, np.array(numbers, dtype=np.int64)])


def _pack(renders: Archive, rank: np.ndarray, image_size: int, create: Create) -> np.ndarray:
    images = create((len(rank), 1, image_size, image_size))
    for row, render in renders.read("Packing images"):
        where = renders.where(row)
        images[rank[row]] = decode_image(render, where, image_size, 1, crop=_middle)
    return images


def _middle(width: int, height: int) -> Box:
    side = KEPT * min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


SOURCE = Source(
    name="chairs3d",
    description="3D Chairs: 1,393 chairs in 62 views, grey, resized to 64 x 64",
    kind="images",
    licence="not stated (Aubry et al. 2014)",
    read=read,
    options=(image_size_option("side of the resized images, in pixels"),),
    files=Files(
        (
            "chairs3d/rendered_chairs.tar",
            "rendered_chairs.tar",
            "chairs3d/rendered_chairs",
            "rendered_chairs",
        ),
        origin="https://www.di.ens.fr/willow/research/seeing3Dchairs/data/rendered_chairs.tar",
    ),
)
