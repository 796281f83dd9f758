"""Pictures from files, as a model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unweave.data.celeba import face_box
from unweave.data.decoding import Box, central_square, decode_image
from unweave.errors import RequestError
from unweave.training.run import Run


def read_pictures(run: Run, paths: Sequence[Path | str]) -> np.ndarray:
    """Read image files as the model's training images were read.

    Any size and mode will do: cropped, resized, made grey where the model is. A model of
    CelebA crops the face from pictures of CelebA's shape, the central square from others.

    Parameters
    ----------
    run : Run
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
    shape = run.sample_shape
    if len(shape) != 3 or shape[1] != shape[2]:
        raise RequestError(
            f"{run.name} was trained on {' x '.join(map(str, shape))}; image files are read for "
            "models of square images (from Python, edit an array of your own)"
        )
    crop = _face_or_square if run.data["name"] == "celeba" else central_square
    images = [decode_image(Path(path), str(path), shape[1], shape[0], crop) for path in paths]
    return np.stack(images)


def _face_or_square(width: int, height: int) -> Box:
    try:
        return face_box(width, height)
    except RequestError:
        return central_square(width, height)
