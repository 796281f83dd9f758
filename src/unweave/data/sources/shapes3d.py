"""3D Shapes (Burgess and Kim 2018), in its published HDF5 file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import factors_of
from unweave.data.files.bounds import require_size
from unweave.data.files.cache import Create, key_of, packed, progress
from unweave.data.files.find import Files
from unweave.data.former import samples_and_table
from unweave.data.source import Source
from unweave.data.splits import require_rows
from unweave.errors import RequestError

if TYPE_CHECKING:
    import h5py

FACTORS = ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
ADDRESS = "https://storage.googleapis.com/3d-shapes/3dshapes.h5"
CHUNK_BYTES = 1 << 25


def read(path: Path) -> Contents:
    """Read 3D Shapes.

    Parameters
    ----------
    path : pathlib.Path
        ``3dshapes.h5``: ``images``, N x 64 x 64 x 3, uint8, and ``labels``, N x 6, the
        values of floor hue (10), wall hue (10), object hue (10), scale (8), shape (4)
        and orientation (15). N is 480,000.

    Returns
    -------
    Contents
        Images N x 3 x 64 x 64 in the order of the file. A factor's class is the rank of
        its value.

    Raises
    ------
    RequestError
        If the file is damaged, or its arrays are missing or of other shapes.
    """
    labels = _read_labels(path)
    require_rows(len(labels), str(path), "images")
    factors, notes = factors_of(labels, FACTORS, classes=True)
    pack = packed(key_of([path], kind="shapes3d"), lambda create: _pack(path, len(labels), create))
    return Contents.of_pack(pack, notes, factors=factors, former=samples_and_table(labels))


def _read_labels(path: Path) -> np.ndarray:
    with _opened(path) as (images, labels):
        if images.ndim != 4 or images.shape[1:] != (64, 64, 3) or images.dtype != np.uint8:
            raise RequestError(
                f"{path}: images has shape {images.shape} and dtype {images.dtype}, not "
                "N x 64 x 64 x 3 and uint8; get the file again"
            )
        if labels.shape != (len(images), len(FACTORS)) or labels.dtype.kind not in "iuf":
            raise RequestError(
                f"{path}: labels has shape {labels.shape} and dtype {labels.dtype}, not "
                f"{len(images)} x {len(FACTORS)} numbers; get the file again"
            )
        table = np.asarray(labels[:], dtype=np.float64)
    if not np.isfinite(table).all():
        raise RequestError(f"{path}: labels holds values that are not numbers; get the file again")
    return table


def _pack(path: Path, count: int, create: Create) -> np.ndarray:
    images = create((count, 3, 64, 64))
    for start, pixels in _read_images(path):
        images[start : start + len(pixels)] = np.moveaxis(pixels, 3, 1)
    return images


def _read_images(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Read images piece by piece, no piece of the file twice."""
    with _opened(path) as (images, _):
        # A compressed chunk spans thousands of images but few of their pixels: reading
        # fewer images than that at a time would unpack each chunk again and again.
        span = images.chunks[0] if images.chunks else 1
        step = max(span, CHUNK_BYTES // math.prod(images.shape[1:]) // span * span)
        for start in progress(range(0, len(images), step), "Packing images"):
            yield start, images[start : start + step]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[h5py.Dataset, h5py.Dataset]]:
    """Open images and labels; what goes wrong in reading them is the file's fault."""
    import h5py  # It takes long to import, and few need it.

    try:
        with h5py.File(path, "r") as file:
            for name in ("images", "labels"):
                if not isinstance(file.get(name), h5py.Dataset):
                    raise RequestError(f"{path} has no array {name!r}; get the file again")
            for name in ("images", "labels"):
                stored, promised = file[name].id.get_storage_size(), file[name].nbytes
                require_size(f"{path}: {name}", promised, stored, "get the file again")
            yield file["images"], file["labels"]
    except RequestError:
        raise
    except Exception as error:
        # Damage shows as OSError, RuntimeError, KeyError, TypeError, OverflowError, …
        raise RequestError(f"{path} cannot be read ({error}); get the file again") from error


SOURCE = Source(
    name="shapes3d",
    description="3D Shapes: an object in a room, 64 x 64, six known factors",
    kind="images",
    licence="Apache-2.0 (Burgess and Kim 2018)",
    read=read,
    files=Files(
        ("shapes3d/3dshapes.h5", "3dshapes.h5"),
        fetched=((ADDRESS, "0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785"),),
        origin=ADDRESS,
    ),
)
