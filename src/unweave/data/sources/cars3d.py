"""3D Cars (Reed et al. 2015): renders of 183 car models, in their published archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import factors_of, grid_classes
from unweave.data.files.archive import Member, find_members
from unweave.data.files.cache import Create, key_of, packed
from unweave.data.files.decoding import IMAGE_SIZE, resize_images
from unweave.data.files.find import Files
from unweave.data.files.matlab import MatReader
from unweave.data.former import samples_alone
from unweave.data.options import image_size_option
from unweave.data.source import Source
from unweave.errors import RequestError

FACTORS = ("elevation", "azimuth", "object")
ELEVATIONS, AZIMUTHS, OBJECTS = 4, 24, 183
_ADDRESS = "http://www.scottreed.info/files/nips2015-analogy-data.tar.gz"
# The author publishes no hash; this MD5 is published by disent 0.8 and by others who use the file.
_MD5 = "4e866a7919c1beedf53964e6f7a23686"
_PATTERN = r"car_\d+_mesh\.mat"


def read(place: Path, *, image_size: int = IMAGE_SIZE) -> Contents:
    """Read 3D Cars.

    Parameters
    ----------
    place : pathlib.Path
        ``nips2015-analogy-data.tar.gz``, of which only ``data/cars/car_NNN_mesh.mat`` are
        read, or a folder with these files. Each holds one car, ``im``, 128 x 128 x 3 x 24
        azimuths x 4 elevations, uint8.
    image_size : int
        Side of the images, in pixels.

    Returns
    -------
    Contents
        Images N x 3 x S x S, resized with Lanczos' filter. Their order is that of Locatello
        et al. (2019): elevation, azimuth and object, the last fastest; objects are in the
        order of their names.

    Raises
    ------
    RequestError
        If a file is damaged or of another shape, or there is no car.
    """
    files = find_members(place, _PATTERN).files if place.is_dir() else [place]
    pack = packed(
        key_of(files, kind="cars3d", image_size=image_size),
        lambda create: _pack(place, image_size, create),
    )
    count = len(pack.images)
    objects = count // (ELEVATIONS * AZIMUTHS)
    classes = grid_classes((ELEVATIONS, AZIMUTHS, objects))
    factors, notes = factors_of(classes, FACTORS, classes=True)
    if objects != OBJECTS:
        notes = (*notes, f"{objects} of the {OBJECTS} cars are there")
    return Contents.of_pack(pack, notes, factors=factors, former=samples_alone)


def _pack(place: Path, image_size: int, create: Create) -> np.ndarray:
    cars = find_members(place, _PATTERN)
    rank = np.argsort(np.argsort([name.name for name in cars.names]))
    views = ELEVATIONS * AZIMUTHS
    images = create((views * len(rank), 3, image_size, image_size))
    with MatReader() as reader:
        for row, raw in cars.read("Packing cars"):
            car = _views(reader, raw, cars.where(row))
            images[rank[row] :: len(rank)] = resize_images(car, image_size)
    return images


def _views(reader: MatReader, raw: Member, where: str) -> np.ndarray:
    """Return the 96 views of a car, H x W x 3 each, the azimuth fastest."""
    pixels = reader.read(raw.getvalue(), "im", where)
    wanted = (3, AZIMUTHS, ELEVATIONS)
    side = len(pixels) if pixels.ndim else 0
    if side < 1 or pixels.shape != (side, side, *wanted) or pixels.dtype != np.uint8:
        raise RequestError(
            f"{where}: im has shape {pixels.shape} and dtype {pixels.dtype}, not 128 x 128 x 3 x "
            f"{AZIMUTHS} x {ELEVATIONS} and uint8; get it again"
        )
    views: np.ndarray = np.ascontiguousarray(pixels.transpose(4, 3, 0, 1, 2))
    return views.reshape(-1, side, side, 3)


SOURCE = Source(
    name="cars3d",
    description="3D Cars: 183 cars in 96 views, resized to 64 x 64, three known factors",
    kind="images",
    licence="not stated (Reed et al. 2015)",
    read=read,
    options=(image_size_option("side of the resized images, in pixels"),),
    files=Files(
        (
            "cars3d/nips2015-analogy-data.tar.gz",
            "nips2015-analogy-data.tar.gz",
            "cars3d/data/cars",
            "cars3d/cars",
        ),
        fetched=((_ADDRESS, _MD5),),
        origin=_ADDRESS,
    ),
)
