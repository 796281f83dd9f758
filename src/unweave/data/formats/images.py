"""Folders of images, with attributes where a table of them lies beside the images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.files.cache import Create, key_of, packed, progress
from unweave.data.files.decoding import IMAGE_SIZE, SUFFIXES, list_images, read_image
from unweave.data.files.delimited import read_delimited
from unweave.data.format import Format
from unweave.data.former import samples_and_labels
from unweave.data.labels import (
    UNKNOWN,
    Labels,
    require_match,
    single_class_notes,
    unlisted_note,
)
from unweave.data.options import image_size_option
from unweave.errors import RequestError

ATTRIBUTES = "attributes.csv"
# What a column of file names is called.
FILE = "file"
CHUNK = 1024
# A file's -1 is false, as in CelebA's coding; only an empty cell is not known.
_FALSE = dict.fromkeys(("0", "0.0", "-1", "-1.0", "false"), 0)
_TRUE = dict.fromkeys(("1", "1.0", "+1", "true"), 1)
_CODES = _FALSE | _TRUE | dict.fromkeys(("", "na", "nan"), UNKNOWN)


def read(folder: Path, *, image_size: int = IMAGE_SIZE) -> Contents:
    """Read every image under a folder, subfolders included, in the order of their paths.

    Images are cropped to their central square and resized. If all are grey there is one
    channel, otherwise three. Files and folders whose name starts with a dot are passed
    over, and so are files that are not PNG, JPEG, BMP, WebP, TIFF or GIF (its first frame).

    Parameters
    ----------
    folder : pathlib.Path
    image_size : int
        Side of the images, in pixels.

    Returns
    -------
    Contents
        Images N x C x S x S; labels, not exclusive, if the folder holds an
        ``attributes.csv``, in whatever case: first column the file name, the others 0 or 1
        (or -1 and 1); -1 for what the file does not tell. Without it, exclusive labels if all
        images are in two or more subfolders: each is a class.

    Raises
    ------
    RequestError
        If there is no image, one cannot be decoded, or the attributes cannot be read or
        belong to other images.
    """
    files = list_images(folder)
    if not files:
        raise RequestError(
            f"{folder} has 0 images ({', '.join(sorted(SUFFIXES))}); name a folder that has some"
        )
    names = [file.relative_to(folder).as_posix() for file in files]
    table = _attributes_of(folder)
    labels, notes = (class_folders(names), ()) if table is None else read_attributes(table, names)
    key = key_of(files, kind="images", image_size=image_size, white="declared")
    pack = packed(key, lambda create: _pack(files, image_size, create))
    former = samples_and_labels if table is not None else _former_without_classes
    index = pd.Index(names, name=FILE)
    return Contents.of_pack(pack, notes, labels=labels, former=former, index=index)


def _attributes_of(folder: Path) -> Path | None:
    """Return the table of attributes in a folder, its name in whatever case; None without one."""
    found = (path for path in folder.iterdir() if path.name.casefold() == ATTRIBUTES)
    return next((path for path in sorted(found) if path.is_file()), None)


def class_folders(names: Sequence[str]) -> Labels | None:
    """Return the subfolders of images as exclusive labels.

    Parameters
    ----------
    names : sequence of str
        Paths of the images, relative to their common folder.

    Returns
    -------
    Labels or None
        None unless every image is directly in a subfolder, and there are two or more, each of
        at least two images.
    """
    parts = [name.split("/") for name in names]
    if any(len(part) != 2 for part in parts):
        return None
    classes, values, counts = np.unique(
        [part[0] for part in parts], return_inverse=True, return_counts=True
    )
    if len(classes) < 2 or counts.min() < 2:
        return None
    return Labels(tuple(map(str, classes)), values.astype(np.int64), exclusive=True)


def _former_without_classes(contents: Contents) -> str:
    """Return the fingerprint of early runs, for which subfolders were no classes."""
    return samples_and_labels(replace(contents, labels=None))


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


def read_attributes(path: Path, images: Sequence[str]) -> tuple[Labels, tuple[str, ...]]:
    """Read a table of attributes of images.

    Parameters
    ----------
    path : pathlib.Path
        The table: first column the file name, relative to the folder; the others 0 and 1, or -1
        and 1, or true and false, and empty (or ``na``, ``nan``) where it is not known.
    images : sequence of str
        The file names, in the order of the samples.

    Returns
    -------
    labels : Labels
        Not exclusive; values N x L, int64, in the order of `images`: 0, 1, or -1 where
        a cell is empty or the image has no row.
    notes : tuple of str
        What the table lacks, which rows have no image, which attribute is always the same.

    Raises
    ------
    RequestError
        If an image has two rows, a cell is neither 0 nor 1 nor empty, or the table names
        fewer than two of the images.
    """
    frame = read_delimited(path)
    if frame.shape[1] < 2:
        raise RequestError(f"{path} has no attribute column; give file name, then attributes")
    names = tuple(str(name) for name in frame.columns[1:])
    if len(set(names)) < len(names) or not all(names):
        raise RequestError(f"{path}: an attribute has no name, or two have the same; name each")
    listed = [str(cell).strip().replace("\\", "/") for cell in frame.iloc[:, 0]]
    row_of, strangers = _match(listed, images, path)
    columns = [_codes(frame.iloc[:, j + 1].tolist(), name, path) for j, name in enumerate(names)]
    told = [index for index, image in enumerate(images) if image in row_of]
    cells = np.stack(columns, axis=1)[[row_of[images[index]] for index in told]]
    values = np.full((len(images), len(names)), UNKNOWN, dtype=np.int64)
    values[told] = cells
    labels = Labels(names, values, exclusive=False)
    gaps = [f"{names[j]!r} of {images[told[i]]}" for i, j in np.argwhere(cells == UNKNOWN)]
    notes = (
        *unlisted_note(path, images, row_of, "they are used without labels"),
        *_table_notes(path, strangers, gaps),
        *single_class_notes(labels),
    )
    return labels, notes


def _match(
    listed: Sequence[str], images: Sequence[str], path: Path
) -> tuple[dict[str, int], list[str]]:
    """Return the row of each image that has one, and the names that belong to no image."""
    known = set(images)
    row_of: dict[str, int] = {}
    strangers = []
    for row, image in enumerate(listed):
        if image not in known:
            strangers.append(image)
            continue
        if image in row_of:
            raise RequestError(f"{path}, row {row + 1}: {image!r} is listed twice; remove one")
        row_of[image] = row
    require_match(path, images, row_of, strangers)
    return row_of, strangers


def _codes(cells: Sequence[object], name: str, path: Path) -> np.ndarray:
    """Read one attribute; rows without image too, so that no slip in the file is hidden."""
    codes = [_CODES.get(str(cell).strip().casefold()) for cell in cells]
    if None in codes:
        row = codes.index(None)
        raise RequestError(
            f"{path}, row {row + 1}, column {name!r}: {cells[row]!r} is not 0 or 1; mend the "
            "cell, or empty it if it is not known"
        )
    return np.array(codes, dtype=np.int64)


def _table_notes(path: Path, strangers: Sequence[str], gaps: Sequence[str]) -> Iterator[str]:
    """Say how many rows have no image, and how many cells of the others are empty."""
    if strangers:
        yield (
            f"{path.name} has {_count(len(strangers), 'row')} for images that are not there "
            f"(first: {strangers[0]!r}), passed over"
        )
    if gaps:
        yield (
            f"{path.name} has {_count(len(gaps), 'empty cell')} (first: {gaps[0]}): not known there"
        )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


FORMAT = Format(
    name="images",
    what="a folder of images",
    becomes="images, cropped to the central square and resized to `image_size` "
    f"({IMAGE_SIZE}); `{ATTRIBUTES}` beside them, or a subfolder for each class, gives labels",
    kind="images",
    read=read,
    recognises=Path.is_dir,
    options=(image_size_option(),),
    fallback=True,
)
