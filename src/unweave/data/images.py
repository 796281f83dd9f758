"""A folder of images, with attributes if a table of them lies beside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unweave.data.cache import Create, key_of, packed, progress
from unweave.data.dataset import Dataset, Labels
from unweave.data.decoding import IMAGE_SIZE, check_image_size, read_image
from unweave.data.delimited import read_delimited
from unweave.data.fingerprint import fingerprint_of
from unweave.data.splits import split_rows
from unweave.errors import RequestError, nearest

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"})
ATTRIBUTES = "attributes.csv"
CHUNK = 1024
_TRUTH = {"0": 0, "1": 1, "-1": 0, "+1": 1, "0.0": 0, "1.0": 1, "-1.0": 0, "false": 0, "true": 1}


def load_images(
    folder: Path, *, image_size: int = IMAGE_SIZE, name: str = "", source: str | None = None
) -> Dataset:
    """Load every image under a folder, subfolders included, in the order of their paths.

    Images are cropped to their central square and resized. If all are grey there is one
    channel, otherwise three. Files and folders whose name starts with a dot are passed
    over, and so is what is no PNG, JPEG, BMP, WebP or GIF (its first frame).

    Parameters
    ----------
    folder : pathlib.Path
    image_size : int
        Side of the images, in pixels.
    name : str
        By default the folder's.
    source : str, optional
        By default the absolute path, and the size where it is not 64.

    Returns
    -------
    Dataset
        Images N x C x S x S; labels, not exclusive, if the folder holds an
        ``attributes.csv``: first column the file name, the others 0 or 1 (or -1 and 1).

    Raises
    ------
    RequestError
        If there are fewer than 16 images, one cannot be decoded, or the attributes do
        not fit the images.
    """
    check_image_size(image_size)
    files = list_images(folder)
    if not files:
        raise RequestError(
            f"{folder} has 0 images ({', '.join(sorted(SUFFIXES))}); name a folder that has some"
        )
    table = folder / ATTRIBUTES
    names = [file.relative_to(folder).as_posix() for file in files]
    labels = read_attributes(table, names) if table.is_file() else None
    key = key_of(files, kind="images", image_size=image_size)
    pack = packed(key, lambda create: _pack(files, image_size, create))
    if source is None:
        source = str(folder.resolve())
        source += f":image_size={image_size}" if image_size != IMAGE_SIZE else ""
    fingerprint = pack.fingerprint
    if labels is not None:
        fingerprint = fingerprint_of(fingerprint, list(labels.names), labels.values)
    return Dataset(
        name=name or folder.resolve().name,
        samples=pack.images,
        splits=split_rows(len(files)),
        fingerprint=fingerprint,
        source=source,
        labels=labels,
        notes=pack.notes,
    )


def list_images(folder: Path) -> list[Path]:
    """List the image files under a folder, sorted by path."""
    found = (path for path in folder.rglob("*") if path.suffix.casefold() in SUFFIXES)
    shown = [
        path
        for path in found
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(shown, key=lambda path: path.relative_to(folder).parts)


def _pack(files: Sequence[Path], image_size: int, create: Create) -> np.ndarray:
    """Decode all images; keep one channel if no image needs three."""
    images = create((len(files), 3, image_size, image_size))
    grey = True
    for row, file in enumerate(progress(files, "Packing images")):
        image = read_image(file, image_size)
        images[row] = image
        grey = grey and bool((image[0] == image[1]).all() and (image[0] == image[2]).all())
    if not grey:
        return images
    single = create((len(files), 1, image_size, image_size))
    for start in range(0, len(files), CHUNK):
        single[start : start + CHUNK] = images[start : start + CHUNK, :1]
    return single


def read_attributes(path: Path, images: Sequence[str]) -> Labels:
    """Read a table of attributes of images.

    Parameters
    ----------
    path : pathlib.Path
        First column the file name, relative to the folder; the others 0 and 1, or -1
        and 1, or true and false.
    images : sequence of str
        The file names, in the order of the samples.

    Returns
    -------
    Labels
        Not exclusive; values N x L, int64, in the order of `images`.

    Raises
    ------
    RequestError
        If an image has no row or two rows, a row has no image, or a cell is not 0 or 1.
    """
    frame = read_delimited(path)
    if frame.shape[1] < 2:
        raise RequestError(f"{path} has no attribute column; give file name, then attributes")
    names = tuple(str(name) for name in frame.columns[1:])
    if len(set(names)) < len(names) or not all(names):
        raise RequestError(f"{path}: an attribute has no name, or two have the same; name each")
    listed = [str(cell).strip().replace("\\", "/") for cell in frame.iloc[:, 0]]
    row_of: dict[str, int] = {}
    known = set(images)
    for row, image in enumerate(listed):
        if image in row_of:
            raise RequestError(f"{path}, row {row + 1}: {image!r} is listed twice; remove one")
        if image not in known:
            raise RequestError(
                f"{path}, row {row + 1}: there is no image {image!r} in the folder"
                f"{nearest(image, known) or '; remove the row or add the image'}"
            )
        row_of[image] = row
    for image in images:
        if image not in row_of:
            raise RequestError(f"{path} has no row for the image {image!r}; add one")
    order = [row_of[image] for image in images]
    columns = [_truth(frame.iloc[:, j + 1].tolist(), name, path) for j, name in enumerate(names)]
    return Labels(names, np.stack(columns, axis=1)[order], exclusive=False)


def _truth(cells: list[object], name: str, path: Path) -> np.ndarray:
    values = [_TRUTH.get(str(cell).strip().casefold(), -1) for cell in cells]
    if -1 in values:
        row = values.index(-1)
        raise RequestError(
            f"{path}, row {row + 1}, column {name!r}: {cells[row]!r} is not 0 or 1; mend the cell"
        )
    return np.array(values, dtype=np.int64)
