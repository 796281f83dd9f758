"""3D Faces: heads of the Basel Face Model (Paysan et al. 2009), rendered by the user.

Neither the model nor its renders may be passed on: whoever has them stores them in the
layout that is read here, which is that of Chen et al. (2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import factors_of, grid_classes
from unweave.data.files.cache import Create, key_of, packed
from unweave.data.files.find import Files
from unweave.data.files.npz_member import find_member, read_images
from unweave.data.files.pixels import as_pixels
from unweave.data.former import samples_alone
from unweave.data.source import Source
from unweave.data.splits import require_rows
from unweave.errors import RequestError

FACTORS = ("identity", "azimuth", "elevation", "lighting")
_LAYOUT = "images: identities x azimuths x elevations x lightings x H x W"


def read(path: Path) -> Contents:
    """Read 3D Faces.

    Parameters
    ----------
    path : pathlib.Path
        An ``.npz`` file, or a ``.mat`` file of Matlab's version 7 or older, with the array
        ``images``: identities x azimuths x elevations x lightings x H x W, uint8 or floats
        in 0 to 1; in the literature 50 x 21 x 11 x 11 x 64 x 64.

    Returns
    -------
    Contents
        Images N x 1 x H x W, the lighting fastest.

    Raises
    ------
    RequestError
        If the file is damaged, or has no such array.
    """
    matlab = path.suffix.casefold() == ".mat"
    shape = _mat_shape(path) if matlab else find_member(path, "images", _LAYOUT).shape
    if len(shape) != 6 or 0 in shape:
        raise RequestError(f"{path}: images has shape {shape}; give {_LAYOUT}")
    classes = grid_classes(shape[:4])
    require_rows(len(classes), str(path), "images")
    factors, notes = factors_of(classes, FACTORS, classes=True)
    pack_images = _pack_mat if matlab else _pack_npz
    pack = packed(key_of([path], kind="faces3d"), lambda create: pack_images(path, create))
    return Contents.of_pack(pack, notes, factors=factors, former=samples_alone)


def _pack_npz(path: Path, create: Create) -> np.ndarray:
    member = find_member(path, "images", _LAYOUT).as_rows(4)
    images = create((member.shape[0], 1, *member.shape[1:]))
    for start, pixels in read_images(member):
        images[start : start + len(pixels)] = pixels
    return images


def _pack_mat(path: Path, create: Create) -> np.ndarray:
    from scipy.io import loadmat  # It takes long to import, and few need it.

    with _blamed(path):
        array = loadmat(path, variable_names=["images"])["images"]
    rows = array.reshape(-1, 1, *array.shape[4:])
    images = create(rows.shape)
    images[:] = as_pixels(rows, where=f"{path}: images")
    return images


def _mat_shape(path: Path) -> tuple[int, ...]:
    from scipy.io import whosmat

    with _blamed(path):
        shapes = {name: shape for name, shape, _ in whosmat(path)}
    if "images" not in shapes:
        raise RequestError(f"{path} has no array 'images'; give {_LAYOUT}")
    return shapes["images"]


@contextmanager
def _blamed(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Damage shows as almost anything: ValueError, TypeError, zlib.error, struct.error, ...
        raise RequestError(
            f"{path} is not a readable .mat file ({error}); save it again, with -v7 or as .npz"
        ) from error


SOURCE = Source(
    name="faces3d",
    description="3D Faces: grey renders of the Basel Face Model, four known factors",
    kind="images",
    licence="not to be passed on (Paysan et al. 2009)",
    read=read,
    files=Files(
        ("faces3d/faces3d.npz", "faces3d/faces3d.mat", "faces3d.npz", "faces3d.mat"),
        origin=(
            "no public address: renders of the Basel Face Model, https://faces.dmi.unibas.ch, as "
            "an array `images` of identities x azimuths x elevations x lightings x H x W"
        ),
    ),
)
