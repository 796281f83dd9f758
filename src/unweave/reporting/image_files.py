"""Images of a model as PNG files: one by one, or many on one sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from unweave.files import written_whole

_GREY = 128


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Return images in [0, 1] as uint8, rounded, with values outside clipped."""
    return (images.clip(0, 1) * 255).round().astype(np.uint8)


def image_sheet(images: np.ndarray) -> np.ndarray:
    """Lay images out on one nearly square sheet, a pixel apart.

    Parameters
    ----------
    images : numpy.ndarray
        uint8 N x C x H x W.

    Returns
    -------
    numpy.ndarray
        uint8 C x H' x W'.
    """
    count, channels, height, width = images.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    shape = channels, rows * (height + 1) - 1, columns * (width + 1) - 1
    sheet = np.full(shape, _GREY, np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        sheet[:, top : top + height, left : left + width] = image
    return sheet


def save_image(path: Path, image: np.ndarray) -> None:
    """Write one uint8 C x H x W image (C is 1 or 3) as a PNG file, whole."""
    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    with written_whole(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")
