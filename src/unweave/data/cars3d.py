"""3D Cars (Reed et al. 2015): renders of 183 car models, in their published archive."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from unweave.data.cache import Create, key_of, packed
from unweave.data.classes import factors_of, grid_classes
from unweave.data.dataset import Dataset
from unweave.data.decoding import IMAGE_SIZE, check_image_size, resize_images
from unweave.data.locate import Files
from unweave.data.splits import split_rows
from unweave.data.tar_members import find_members
from unweave.errors import RequestError

FACTORS = ("elevation", "azimuth", "object")
ELEVATIONS, AZIMUTHS, OBJECTS = 4, 24, 183
PLACE = Files(
    (
        "cars3d/nips2015-analogy-data.tar.gz",
        "nips2015-analogy-data.tar.gz",
        "cars3d/data/cars",
        "cars3d/cars",
    ),
    origin="http://www.scottreed.info/files/nips2015-analogy-data.tar.gz",
)
_PATTERN = r"car_\d+_mesh\.mat"


def load_cars3d(place: Path, *, image_size: int = IMAGE_SIZE, source: str | None = None) -> Dataset:
    """Load 3D Cars.

    Parameters
    ----------
    place : pathlib.Path
        ``nips2015-analogy-data.tar.gz``, of which only ``data/cars/car_NNN_mesh.mat`` are
        read, or a folder with these files. Each holds one car, ``im``, 128 x 128 x 3 x 24
        azimuths x 4 elevations, uint8.
    image_size : int
        Side of the images, in pixels.
    source : str, optional
        By default the absolute path.

    Returns
    -------
    Dataset
        Images N x 3 x S x S, resized by Lanczos' filter. Their order is that of Locatello
        et al. (2019): elevation, azimuth and object, the last fastest; objects are in the
        order of their names.

    Raises
    ------
    RequestError
        If a file is damaged or of another shape, or there is no car.
    """
    check_image_size(image_size)
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
    return Dataset(
        name="cars3d",
        samples=pack.images,
        splits=split_rows(count),
        fingerprint=pack.fingerprint,
        source=str(place.resolve()) if source is None else source,
        factors=factors,
        notes=notes + pack.notes,
    )


def _pack(place: Path, image_size: int, create: Create) -> np.ndarray:
    cars = find_members(place, _PATTERN)
    rank = np.argsort(np.argsort([name.name for name in cars.names]))
    views = ELEVATIONS * AZIMUTHS
    images = create((views * len(rank), 3, image_size, image_size))
    for row, raw in cars.read("Packing cars"):
        images[rank[row] :: len(rank)] = resize_images(_views(raw, cars.where(row)), image_size)
    return images


def _views(raw: bytes, where: str) -> np.ndarray:
    """Return the 96 views of a car, H x W x 3 each, the azimuth fastest."""
    try:
        # Open files are documented, but not in the stubs.
        mesh = loadmat(io.BytesIO(raw), variable_names=["im"])  # type: ignore[arg-type]
    except Exception as error:
        # Damage shows as almost anything: ValueError, TypeError, zlib.error, struct.error, ...
        raise RequestError(f"{where} is no readable .mat file ({error}); get it anew") from error
    if "im" not in mesh:
        raise RequestError(f"{where} has no array 'im'; get it anew")
    pixels = mesh["im"]
    wanted = (3, AZIMUTHS, ELEVATIONS)
    side = len(pixels)
    if pixels.shape != (side, side, *wanted) or pixels.dtype != np.uint8:
        raise RequestError(
            f"{where}: im has shape {pixels.shape} and dtype {pixels.dtype}, not 128 x 128 x 3 x "
            f"{AZIMUTHS} x {ELEVATIONS} and uint8; get it anew"
        )
    views: np.ndarray = np.ascontiguousarray(pixels.transpose(4, 3, 0, 1, 2))
    return views.reshape(-1, side, side, 3)
