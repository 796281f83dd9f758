"""MNIST's four idx files or Keras's .npz, and other images in the same layouts."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.files.bounds import require_size
from unweave.data.files.npz_member import find_member, members_of, read_array
from unweave.data.files.pixels import as_pixels, channels_first
from unweave.data.format import Format
from unweave.data.former import bytes_and_label_values
from unweave.data.labels import Labels
from unweave.data.splits import require_rows, split_published
from unweave.errors import RequestError

IMAGES = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte")
LABELS = ("train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte")
KERAS = "mnist.npz"
_ARRAYS = (("x_train", "y_train"), ("x_test", "y_test"))
Part = tuple[np.ndarray, np.ndarray]


def is_mnist(place: Path) -> bool:
    """Tell whether this is Keras's file, or MNIST's training images lie in this folder."""
    if place.is_dir():
        return _find(place, IMAGES[0]) is not None or (place / KERAS).is_file()
    return _is_keras(place)


def holds_mnist(folder: Path) -> bool:
    """Tell whether all of MNIST is in a folder."""
    found = all(_find(folder, name) is not None for name in (*IMAGES, *LABELS))
    return found or (folder / KERAS).is_file()


def read(place: Path) -> Contents:
    """Read the four idx files of MNIST, gzipped or not, or Keras's ``mnist.npz``.

    Parameters
    ----------
    place : pathlib.Path
        The folder that holds them, or an ``.npz`` file with the arrays ``x_train``, ``y_train``,
        ``x_test`` and ``y_test``.

    Returns
    -------
    Contents
        Images N x C x H x W, training images first; exclusive labels. The published
        test images are the test split; a sixth of the others, chosen by a fixed seed,
        is for validation (50,000 and 10,000).

    Raises
    ------
    RequestError
        If a file is missing, cut short or contradicts its header, or if images and
        labels differ in number.
    """
    if place.is_file():
        return _contents(str(place), _read_keras(place))
    if _find(place, IMAGES[0]) is None and (place / KERAS).is_file():
        return _contents(str(place / KERAS), _read_keras(place / KERAS))
    return _contents(str(place), _read_idx_files(place))


def _is_keras(path: Path) -> bool:
    if path.suffix.casefold() != ".npz":
        return False
    try:
        return {name for pair in _ARRAYS for name in pair} <= members_of(path)
    except RequestError:
        return False  # The reader of other .npz files says what is wrong with it.


def _read_keras(path: Path) -> list[Part]:
    wanted = "x_train, y_train, x_test and y_test, as Keras has them"
    parts = []
    for names in _ARRAYS:
        images, labels = (read_array(find_member(path, name, wanted)) for name in names)
        if images.ndim not in (3, 4) or images.dtype != np.uint8:
            raise RequestError(
                f"{path}: {names[0]} has shape {images.shape} and dtype {images.dtype}; give "
                "N x H x W or N x H x W x C of uint8"
            )
        if labels.size != len(images) or labels.dtype.kind not in "iu" or (labels < 0).any():
            raise RequestError(
                f"{path}: {names[1]} has shape {labels.shape} and dtype {labels.dtype}; give a "
                f"whole number from 0 on for each of {len(images)} images"
            )
        pixels = as_pixels(channels_first(images, where=f"{path}: {names[0]}"))
        parts.append((pixels, labels.reshape(-1)))
    return parts


def _read_idx_files(folder: Path) -> list[Part]:
    parts = []
    turned = _is_emnist(folder)
    for images_name, labels_name in zip(IMAGES, LABELS, strict=True):
        images = read_idx(_need(folder, images_name), 3)
        labels = read_idx(_need(folder, labels_name), 1)
        if len(images) != len(labels):
            raise RequestError(
                f"{folder}: {images_name} has {len(images)} images and {labels_name} "
                f"{len(labels)} labels; get both files again"
            )
        # EMNIST keeps its images with rows and columns exchanged.
        images = images.swapaxes(1, 2) if turned else images
        parts.append((images[:, np.newaxis], labels))
    return parts


def _contents(where: str, parts: Sequence[Part]) -> Contents:
    (train, train_labels), (test, test_labels) = parts
    if train.shape[1:] != test.shape[1:]:
        one, other = (" x ".join(map(str, part.shape[1:])) for part in (train, test))
        raise RequestError(
            f"{where}: training images are {one} and test images {other} pixels; get both again"
        )
    require_rows(len(train), where, "images")
    if not len(test) or not train[0].size:
        raise RequestError(f"{where}: there are 0 test images or pixels; get it again")
    pixels = np.concatenate([train, test])
    classes = np.concatenate([train_labels, test_labels]).astype(np.int64)
    names = tuple(str(digit) for digit in range(int(classes.max()) + 1))
    return Contents(
        pixels,
        labels=Labels(names, classes, exclusive=True),
        splits=split_published(len(train), len(test)),
        name="mnist",
        former=bytes_and_label_values,
    )


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an idx file of unsigned bytes.

    Parameters
    ----------
    path : pathlib.Path
        The file, gzipped or not.
    dimensions : int
        The number of axes it should have.

    Raises
    ------
    RequestError
        If the file cannot be read, or its header or length is not that of an idx file
        of bytes with that many dimensions.
    """
    header = 4 + 4 * dimensions
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            raw = file.read(header)
            if len(raw) < header or raw[:4] != bytes((0, 0, 8, dimensions)):
                raise RequestError(
                    f"{path} is not an idx file of bytes in {dimensions} dimensions; get the file "
                    "again"
                )
            shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", dimensions, offset=4))
            wanted = math.prod(shape)
            require_size(path, wanted, path.stat().st_size, "get the file again")
            raw = file.read(wanted)
            if len(raw) != wanted or file.read(1):
                more = "more than " if len(raw) == wanted else ""
                raise RequestError(
                    f"{path} has {more}{header + len(raw)} bytes where its header says "
                    f"{header + wanted}; get the file again"
                )
    except (OSError, EOFError, zlib.error) as error:
        raise RequestError(f"cannot read {path}: {error}; get the file again") from error
    return np.frombuffer(raw, np.uint8).reshape(shape)


def _find(folder: Path, name: str) -> Path | None:
    """Return the file of a published name, as archivers and libraries call and place it."""
    # 7-Zip unpacks to train-images.idx3-ubyte; torchvision uses MNIST/raw.
    names = (name, name.replace("-idx", ".idx"))
    for place in (folder, folder / "raw", folder / "MNIST" / "raw"):
        for each in names:
            for candidate in (place / f"{each}.gz", place / each):
                if candidate.is_file():
                    return candidate
    return _find_emnist(folder, name)


def _find_emnist(folder: Path, name: str) -> Path | None:
    """Return EMNIST's file in place of MNIST's, if the folder holds one of its partitions alone."""
    wanted = name.replace("t10k", "test")
    found = sorted({*folder.glob(f"emnist-*-{wanted}"), *folder.glob(f"emnist-*-{wanted}.gz")})
    return found[0] if len({path.name.removesuffix(".gz") for path in found}) == 1 else None


def _is_emnist(folder: Path) -> bool:
    return _need(folder, IMAGES[0]).name.startswith("emnist-")


def _need(folder: Path, name: str) -> Path:
    found = _find(folder, name)
    if found is None:
        raise RequestError(f"{folder} has no {name}.gz; put the four files of MNIST there")
    return found


FORMAT = Format(
    name="mnist",
    what="a folder with MNIST's four idx files, gzipped or not, or Keras's `mnist.npz`",
    becomes="images, exclusive labels, the published test split",
    kind="images",
    read=read,
    recognises=is_mnist,
)
