"""Uploaded pictures, checked before they are decoded and never written to disk."""

from __future__ import annotations

import base64
import binascii
import io
import re

import numpy as np
from PIL import Image, UnidentifiedImageError

from unweave.editing.pictures import read_picture
from unweave.errors import RequestError
from unweave.runs.model import Model

MOST_BYTES = 10 * 2**20
# One that unpacks to more is refused before it is unpacked.
MOST_PIXELS = 16_000_000
_MOST_JPEG_PIXELS = 100_000_000  # It is decoded at a lower resolution.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
_ADDRESS = re.compile(r"data:[\w.+/-]*;base64,")
_WHERE = "Your picture"


def read_upload(model: Model, address: str) -> np.ndarray:
    """Read a picture as the model's training images were read.

    Parameters
    ----------
    model : Model
        A model of square images.
    address : str
        The file as the browser sends it: ``data:image/png;base64,…``. The kind it
        claims to be is not trusted.

    Returns
    -------
    numpy.ndarray
        uint8, C x S x S.

    Raises
    ------
    RequestError
        If the picture is larger than 10 MB or 16 megapixels (a JPEG 100), of another kind, or
        damaged.
    """
    kinds = f"choose a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file"
    head = _ADDRESS.match(address)
    if head is None:
        raise RequestError(f"{_WHERE} did not arrive as a file; {kinds}")
    if (len(address) - head.end()) * 3 // 4 > MOST_BYTES:
        raise RequestError(
            f"{_WHERE} is larger than {MOST_BYTES // 2**20} MB; choose a smaller one"
        )
    try:
        content = base64.b64decode(address[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(f"{_WHERE} did not arrive whole; send it again") from None
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            width, height = opened.size
            most = _MOST_JPEG_PIXELS if opened.format == "JPEG" else MOST_PIXELS
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise RequestError(f"{_WHERE} is not a picture that can be read; {kinds}") from None
    if width * height > most:
        raise RequestError(
            f"{_WHERE} has {width} x {height} pixels; choose one of at most "
            f"{most // 1_000_000} megapixels"
        )
    return read_picture(model, io.BytesIO(content), _WHERE)
