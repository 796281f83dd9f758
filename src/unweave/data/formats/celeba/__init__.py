"""CelebA's layouts, the official and Kaggle's: aligned faces and their forty attributes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.attributes.table import choose_attributes
from unweave.data.files.archive import Archive, find_pictures
from unweave.data.files.cache import Create, key_of, packed
from unweave.data.files.crops import CELEBA_FACE, face_box
from unweave.data.files.decoding import IMAGE_SIZE, decode_image
from unweave.data.format import Format
from unweave.data.formats.celeba.lists import read_attribute_list, read_partition
from unweave.data.former import samples_and_labels
from unweave.data.labels import single_class_notes
from unweave.data.options import attributes_option, image_size_option
from unweave.data.splits import Splits

ARCHIVE = "img_align_celeba.zip"
ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"
# The folders of the authors' drive; Kaggle's archive has none, and the lists as .csv.
_IMAGES, _LISTS, _PARTITIONS = "Img", "Anno", "Eval"


def is_celeba_folder(folder: Path) -> bool:
    """Tell whether CelebA's attributes lie in `folder`, in whichever layout."""
    return _list(folder, ATTRIBUTES, _LISTS) is not None


def _list(folder: Path, name: str, subfolder: str) -> Path | None:
    """Return one of CelebA's lists, a text file or Kaggle's table; None if it is not there."""
    for place in (folder, folder / subfolder):
        for path in (place / name, (place / name).with_suffix(".csv")):
            if path.is_file():
                return path
    return None


def read(
    folder: Path, *, image_size: int = IMAGE_SIZE, attributes: Sequence[str] | None = None
) -> Contents:
    """Read CelebA, or as many of its images as are there.

    The folder holds ``img_align_celeba.zip``, which need not be unpacked, or, where that
    is not there, the folder ``img_align_celeba``; ``list_attr_celeba.txt``; and perhaps
    ``list_eval_partition.txt``. They may be in ``Img``, ``Anno`` and ``Eval``, and the lists
    may be Kaggle's: ``list_attr_celeba.csv``, ``list_eval_partition.csv``. Each image,
    178 x 218 pixels or that shape reduced, is cropped to the face (rows 40 to 188, columns
    15 to 163 of the original, as CDNet does, scaled to the size there is) and resized.

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
        Images N x 3 x S x S in the order of their names; labels, not exclusive, -1 for
        an image that is not listed. The published partition, with images it does not
        list in train, or 80/10/10 by a fixed seed where there is none or where, for the
        images that are there, it would leave a split empty.

    Raises
    ------
    RequestError
        If a file is missing, damaged or contradicts another.
    """
    inside = folder / _IMAGES
    pictures = find_pictures(inside if inside.is_dir() else folder, ARCHIVE)
    names = [name.name for name in pictures.names]
    listed = _list(folder, ATTRIBUTES, _LISTS) or folder / ATTRIBUTES
    labels, notes = read_attribute_list(listed, names)
    labels = choose_attributes(labels, attributes or (), str(listed))
    notes += single_class_notes(labels)
    splits, partition_notes = _splits(_list(folder, PARTITION, _PARTITIONS), names)
    key = key_of(pictures.files, kind="celeba", image_size=image_size)
    pack = packed(key, lambda create: _pack(pictures, image_size, create))
    return Contents.of_pack(
        pack,
        (*notes, *partition_notes),
        labels=labels,
        splits=splits,
        crop=CELEBA_FACE,
        name="celeba",
        former=samples_and_labels,
        index=pd.Index(names, name="file"),
    )


def _splits(path: Path | None, images: list[str]) -> tuple[Splits | None, tuple[str, ...]]:
    """Return the published partition; None where there is none that can be used."""
    if path is None:
        return None, ()
    part, notes = read_partition(path, images)
    splits = {
        name: np.flatnonzero(part == code)
        for code, name in enumerate(("train", "validation", "test"))
    }
    empty = [name for name, rows in splits.items() if len(rows) == 0]
    if not empty:
        return splits, notes
    note = (
        f"{path.name} leaves no {' and no '.join(empty)} images among these: split 80/10/10 instead"
    )
    return None, (note,)


def _pack(pictures: Archive, image_size: int, create: Create) -> np.ndarray:
    images = create((len(pictures.names), 3, image_size, image_size))
    for row, picture in pictures.read("Packing images"):
        images[row] = decode_image(picture, pictures.where(row), image_size, crop=face_box)
    return images


FORMAT = Format(
    name="celeba",
    what="a folder in CelebA's layout, or Kaggle's",
    becomes="images of the faces, resized to `image_size`, with attributes as labels and the "
    "published partition",
    kind="images",
    read=read,
    recognises=is_celeba_folder,
    options=(image_size_option("side of the cropped faces, in pixels"), attributes_option()),
)
