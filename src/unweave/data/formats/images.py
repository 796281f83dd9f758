"""Folders of images, with attributes where a table of them lies beside the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.attributes.table import read_attributes
from unweave.data.files.cache import Create, key_of, packed, progress
from unweave.data.files.decoding import IMAGE_SIZE, SUFFIXES, list_images, read_image
from unweave.data.format import Format
from unweave.data.former import samples_and_labels
from unweave.data.labels import Labels
from unweave.data.options import attributes_option, image_size_option
from unweave.errors import RequestError

ATTRIBUTES = "attributes.csv"
# What a column of file names is called.
FILE = "file"
CHUNK = 1024


def read(
    folder: Path, *, image_size: int = IMAGE_SIZE, attributes: Sequence[str] | None = None
) -> Contents:
    """Read every image under a folder, subfolders included, in the order of their paths.

    Images are cropped to their central square and resized. If all are grey there is one
    channel, otherwise three. Files and folders whose name starts with a dot are passed
    over, and so are files that are not PNG, JPEG, BMP, WebP, TIFF or GIF (its first frame).

    Parameters
    ----------
    folder : pathlib.Path
    image_size : int
        Side of the images, in pixels.
    attributes : sequence of str, optional
        Which of the attributes are labels; all of them unless given.

    Returns
    -------
    Contents
        Images N x C x S x S; labels, not exclusive, if the folder holds an
        ``attributes.csv``, in whatever case (`unweave.data.attributes.table.read_attributes`).
        Without it, exclusive labels if all images are in two or more subfolders: each is a
        class.

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
    labels, notes = _labels(folder, table, names, attributes or ())
    key = key_of(files, kind="images", image_size=image_size, white="declared")
    pack = packed(key, lambda create: _pack(files, image_size, create))
    former = samples_and_labels if table is not None else _former_without_classes
    index = pd.Index(names, name=FILE)
    return Contents.of_pack(pack, notes, labels=labels, former=former, index=index)


def _labels(
    folder: Path, table: Path | None, names: Sequence[str], chosen: Sequence[str]
) -> tuple[Labels | None, tuple[str, ...]]:
    if table is not None:
        return read_attributes(table, names, chosen)
    if chosen:
        raise RequestError(f"{folder} has no {ATTRIBUTES} to choose attributes={chosen[0]} from")
    return class_folders(names), ()


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


FORMAT = Format(
    name="images",
    what="a folder of images",
    becomes="images, cropped to the central square and resized to `image_size` "
    f"({IMAGE_SIZE}); `{ATTRIBUTES}` beside them (marks, ratings, words), or a subfolder for each "
    "class, gives labels",
    kind="images",
    read=read,
    recognises=Path.is_dir,
    options=(image_size_option(), attributes_option()),
    fallback=True,
)
