"""Picture files read as a model's training images were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from unweave.data import crop_named, crop_of_run, decode_image
from unweave.errors import RequestError
from unweave.runs.model import Model


def read_pictures(model: Model, paths: Sequence[Path | str]) -> np.ndarray:
    """Read image files as the model's training images were read.

    Any size and mode will do: pictures are cropped, resized, and made grey for a grey model.
    A model of CelebA crops the face from pictures of CelebA's shape, the central square from
    others.

    Parameters
    ----------
    model : Model
        A model of square images.
    paths : sequence of path

    Returns
    -------
    numpy.ndarray
        uint8 N x C x S x S.

    Raises
    ------
    RequestError
        If the model is not of square images, or a file is missing or cannot be decoded.
    """
    return np.stack([read_picture(model, Path(path), str(path)) for path in paths])


def read_picture(model: Model, file: Path | BinaryIO, where: str) -> np.ndarray:
    """Read one image as `read_pictures` does; `where` is what an error calls it."""
    shape = model.sample_shape
    if not reads_pictures(model):
        raise RequestError(
            f"{model.name} was trained on {' x '.join(map(str, shape))}, but picture files are "
            "read for models of square images; edit an array instead"
        )
    crop = crop_named(crop_of_run(model.data))
    return decode_image(file, where, shape[1], shape[0], crop)


def reads_pictures(model: Model) -> bool:
    """Tell whether picture files can be read for this model: whether its images are square."""
    shape = model.sample_shape
    return len(shape) == 3 and shape[1] == shape[2]
