"""CelebA in its official layout: aligned faces and their forty attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unweave.data.archive import Pictures, find_pictures
from unweave.data.attribute_lists import read_attribute_list, read_partition
from unweave.data.cache import Create, key_of, packed, progress
from unweave.data.dataset import Dataset
from unweave.data.decoding import IMAGE_SIZE, Box, check_image_size, decode_image
from unweave.data.fingerprint import fingerprint_of
from unweave.data.locate import Files
from unweave.data.splits import Splits, split_rows
from unweave.errors import RequestError

ARCHIVE = "img_align_celeba.zip"
ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"
PLACE = Files(
    ("celeba",),
    needed=(ATTRIBUTES, ARCHIVE),
    origin="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
)
WIDTH, HEIGHT = 178, 218
# Left, top, right and bottom of the face in the original images.
FACE = (15, 40, 163, 188)


def is_celeba_folder(folder: Path) -> bool:
    """Tell whether CelebA's attributes lie in `folder`."""
    return (folder / ATTRIBUTES).is_file()


def load_celeba(
    folder: Path, *, image_size: int = IMAGE_SIZE, source: str | None = None
) -> Dataset:
    """Load CelebA, or those of its images that are there.

    The folder holds ``img_align_celeba.zip``, read as it is, or, where that is not there,
    the folder ``img_align_celeba``; ``list_attr_celeba.txt``; and perhaps
    ``list_eval_partition.txt``. Of each image, 178 x 218 pixels or that shape reduced,
    the face is cropped (rows 40 to 188, columns 15 to 163 of the original, as CDNet
    does, scaled to the size there is) and resized.

    Parameters
    ----------
    folder : pathlib.Path
    image_size : int
        Side of the images, in pixels.
    source : str, optional
        By default the absolute path, and the size where it is not 64.

    Returns
    -------
    Dataset
        Images N x 3 x S x S in the order of their names; labels, not exclusive, -1 for
        an image that is not listed. The published partition, with images it does not
        list in train, or 80/10/10 by a fixed seed where there is none or where, for the
        images that are there, it would leave a split empty.

    Raises
    ------
    RequestError
        If a file is missing, damaged or contradicts another.
    """
    check_image_size(image_size)
    pictures = find_pictures(folder, ARCHIVE)
    labels, notes = read_attribute_list(folder / ATTRIBUTES, pictures.names)
    splits, partition_notes = _splits(folder / PARTITION, pictures.names)
    key = key_of(pictures.files, kind="celeba", image_size=image_size)
    pack = packed(key, lambda create: _pack(pictures, image_size, create))
    if source is None:
        source = str(folder.resolve())
        source += f":image_size={image_size}" if image_size != IMAGE_SIZE else ""
    return Dataset(
        name="celeba",
        samples=pack.images,
        splits=splits,
        fingerprint=fingerprint_of(pack.fingerprint, list(labels.names), labels.values),
        source=source,
        labels=labels,
        notes=(*notes, *partition_notes, *pack.notes),
    )


def face_box(width: int, height: int) -> Box:
    """Return the face's left, top, right and bottom in an aligned image of this size.

    Raises
    ------
    RequestError
        If the size is not 178 x 218 pixels, enlarged or reduced.
    """
    if abs(width - height * WIDTH / HEIGHT) > 1:
        raise RequestError(
            f"it is {width} x {height} pixels, which is not the shape of an aligned image, "
            f"{WIDTH} x {HEIGHT}; use the images of {ARCHIVE}"
        )
    across, down = width / WIDTH, height / HEIGHT
    left, top, right, bottom = FACE
    return left * across, top * down, right * across, bottom * down


def _splits(path: Path, images: tuple[str, ...]) -> tuple[Splits, tuple[str, ...]]:
    if not path.is_file():
        return split_rows(len(images)), ()
    part, notes = read_partition(path, images)
    splits = {
        name: np.flatnonzero(part == code)
        for code, name in enumerate(("train", "validation", "test"))
    }
    empty = [name for name, rows in splits.items() if len(rows) == 0]
    if not empty:
        return splits, notes
    note = (
        f"{PARTITION} leaves no {' and no '.join(empty)} images of those that are here: "
        "split 80/10/10 instead"
    )
    return split_rows(len(images)), (note,)


def _pack(pictures: Pictures, image_size: int, create: Create) -> np.ndarray:
    images = create((len(pictures.names), 3, image_size, image_size))
    with pictures.opened() as read:
        for row in progress(range(len(images)), "Packing images"):
            where = pictures.where(row)
            images[row] = decode_image(read(row), where, image_size, crop=face_box)
    return images
