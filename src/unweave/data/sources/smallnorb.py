"""Small NORB (LeCun et al. 2004): photographs of toys, in its six binary matrix files."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import factors_of
from unweave.data.files.bounds import require_size
from unweave.data.files.cache import Create, key_of, packed, progress
from unweave.data.files.decoding import IMAGE_SIZE, resize_images
from unweave.data.files.find import Files
from unweave.data.former import samples_and_table
from unweave.data.options import image_size_option
from unweave.data.source import Source
from unweave.data.splits import require_rows, split_published
from unweave.errors import RequestError

PARTS = (
    "smallnorb-5x46789x9x18x6x2x96x96-training",
    "smallnorb-5x01235x9x18x6x2x96x96-testing",
)
ADDRESS = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small"
_SHA256 = {
    f"{PARTS[0]}-dat.mat": "5ffd6272a07d32695ee1082a26a41a93a37aab8c28da047f8c34ed348d214873",
    f"{PARTS[0]}-cat.mat": "2784e542c1922060691090952b6cd6278879a216c90f81476f0f00256d42cdaa",
    f"{PARTS[0]}-info.mat": "de7eb932ebe7a4ee16217fead60660d0eb3d23632c2f4d1c51f88c501c17bf32",
    f"{PARTS[1]}-dat.mat": "cf7104eed3e51174d2f65b66d1e5878b9da233b886f161b0d88f4510ba2c7474",
    f"{PARTS[1]}-cat.mat": "ecaf6d5bb8c3bc5eab9cf0258f6d2198dd474e016e374836fc097f2e5ff509ff",
    f"{PARTS[1]}-info.mat": "16adf314226327ee006d1a44db8cfef52773c06c829951d5653a9f6f310248a2",
}
FACTORS = ("category", "elevation", "azimuth", "lighting", "instance")
# Magic numbers of the matrix files, by which their elements are bytes or integers.
BYTES, INTEGERS = 0x1E3D4C55, 0x1E3D4C54
_DTYPES: Mapping[int, np.dtype] = {BYTES: np.dtype(np.uint8), INTEGERS: np.dtype("<i4")}
_ROWS = 512
_SIDE = 96


def read(folder: Path, *, image_size: int = IMAGE_SIZE) -> Contents:
    """Read Small NORB.

    Parameters
    ----------
    folder : pathlib.Path
        The folder with the files ``-dat.mat`` (N x 2 x 96 x 96 bytes, a left and a right image),
        ``-cat.mat`` (N categories) and ``-info.mat`` (N x 4: instance, elevation, azimuth,
        lighting) of the training and of the testing part, gzipped or not.
    image_size : int
        Side of the images, in pixels.

    Returns
    -------
    Contents
        The left images, N x 1 x S x S, resized with Lanczos' filter, the training part
        first. The published testing part is the test split; a sixth of the training part,
        chosen by a fixed seed, is for validation. Factors: category (5), elevation (9),
        azimuth (18), lighting (6) and instance (10), which counts within its category.

    Raises
    ------
    RequestError
        If a file is missing, cut short or contradicts its header or another file.
    """
    tables = [_read_table(folder, part) for part in PARTS]
    for table, part in zip(tables, PARTS, strict=True):
        require_rows(len(table), str(_find(folder, f"{part}-dat.mat")), "images")
    table = np.concatenate(tables)
    factors, notes = factors_of(table, FACTORS, classes=True)
    files = [_find(folder, f"{part}-dat.mat") for part in PARTS]
    counts = [len(part) for part in tables]
    pack = packed(
        key_of(files, kind="smallnorb", image_size=image_size),
        lambda create: _pack(files, counts, image_size, create),
    )
    return Contents.of_pack(
        pack,
        notes,
        factors=factors,
        splits=split_published(*counts),
        former=samples_and_table(table),
    )


def _read_table(folder: Path, part: str) -> np.ndarray:
    """Return the factors of a part, N x 5, in the order of `FACTORS`."""
    categories = _find(folder, f"{part}-cat.mat")
    infos = _find(folder, f"{part}-info.mat")
    images = _find(folder, f"{part}-dat.mat")
    with _opened(images, BYTES) as (_, shape):
        count = shape[0]
    if shape[1:] != (2, _SIDE, _SIDE):
        raise RequestError(
            f"{images} has shape {shape}, not N x 2 x {_SIDE} x {_SIDE}; get the file again"
        )
    category = read_matrix(categories, INTEGERS)
    info = read_matrix(infos, INTEGERS)
    for path, matrix, wanted in ((categories, category, (count,)), (infos, info, (count, 4))):
        if matrix.shape != wanted:
            raise RequestError(
                f"{path} has shape {matrix.shape} where {images.name} asks for {wanted}; get "
                "both files again"
            )
    instance, elevation, azimuth, lighting = info.T
    return np.column_stack([category, elevation, azimuth, lighting, instance])


def _pack(files: list[Path], counts: list[int], image_size: int, create: Create) -> np.ndarray:
    images = create((sum(counts), 1, image_size, image_size))
    row = 0
    for path in files:
        for left in _left_images(path):
            images[row : row + len(left)] = resize_images(left, image_size)
            row += len(left)
    return images


def _left_images(path: Path) -> Iterator[np.ndarray]:
    """Read the left images of a part, some hundreds at a time."""
    with _opened(path, BYTES) as (file, shape):
        for start in progress(range(0, shape[0], _ROWS), "Packing images"):
            wanted = (min(_ROWS, shape[0] - start), *shape[1:])
            yield _take(file, path, wanted, _DTYPES[BYTES])[:, 0]
        _expect_end(file, path)


def read_matrix(path: Path, magic: int) -> np.ndarray:
    """Read a matrix file whole.

    Parameters
    ----------
    path : pathlib.Path
        The file, gzipped or not: a magic number, the number of axes, at least three
        sizes, all of four bytes, then the elements, everything little-endian.
    magic : int
        The magic number that the file should have.

    Raises
    ------
    RequestError
        If the file cannot be read, is of another kind, or of another length than its
        header says.
    """
    with _opened(path, magic) as (file, shape):
        matrix = _take(file, path, shape, _DTYPES[magic])
        _expect_end(file, path)
    return matrix


@contextmanager
def _opened(path: Path, magic: int) -> Iterator[tuple[IO[bytes], tuple[int, ...]]]:
    """Open a matrix file and read its header; yield the file and the matrix's shape."""
    try:
        with path.open("rb") as raw:
            gzipped = raw.read(2) == b"\x1f\x8b"
        # A GzipFile reads as any file of bytes does, though it is not declared as one.
        with cast(IO[bytes], gzip.open(path) if gzipped else path.open("rb")) as file:
            found, axes = (int(number) for number in _take(file, path, (2,), _DTYPES[INTEGERS]))
            if found != magic or not 1 <= axes <= 8:
                raise RequestError(
                    f"{path} starts with {found:#010x} and not with {magic:#010x}: it is not a "
                    "matrix file of that kind; get the file again"
                )
            # There are never fewer than three sizes; those beyond the axes are 1.
            sizes = _take(file, path, (max(3, axes),), _DTYPES[INTEGERS])[:axes]
            if sizes.min() < 1:
                raise RequestError(f"{path} has shape {tuple(sizes.tolist())}; get the file again")
            shape = tuple(int(size) for size in sizes)
            promised = math.prod(shape) * _DTYPES[magic].itemsize
            require_size(path, promised, path.stat().st_size, "get the file again")
            yield file, shape
    except (OSError, EOFError, zlib.error) as error:
        raise RequestError(f"cannot read {path}: {error}; get the file again") from error


def _take(file: IO[bytes], path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    wanted = math.prod(shape) * dtype.itemsize
    raw = file.read(wanted)
    if len(raw) != wanted:
        raise RequestError(f"{path} ends early: it is cut short; get the file again")
    return np.frombuffer(raw, dtype).reshape(shape)


def _expect_end(file: IO[bytes], path: Path) -> None:
    if file.read(1):
        raise RequestError(f"{path} is longer than its header says; get the file again")


def _find(folder: Path, name: str) -> Path:
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.is_file():
            return candidate
    raise RequestError(f"{folder} has no {name}.gz; put the six files of Small NORB there")


SOURCE = Source(
    name="smallnorb",
    description="Small NORB: 50 toys in 972 views, grey, resized to 64 x 64, five known factors",
    kind="images",
    licence="research only (LeCun et al. 2004)",
    read=read,
    options=(image_size_option("side of the resized images, in pixels"),),
    files=Files(
        ("smallnorb",),
        needed=tuple(_SHA256),
        fetched=tuple((f"{ADDRESS}/{name}.gz", digest) for name, digest in _SHA256.items()),
        origin=ADDRESS,
    ),
)
