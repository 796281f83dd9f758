"""Decoding of image files of any kind into small squares of uint8."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from unweave.data.files.bounds import MOST_PIXELS
from unweave.data.files.crops import Crop, central_square
from unweave.errors import RequestError

IMAGE_SIZE = 64
# Tags of TIFF 6.0.
_BITS_PER_SAMPLE, _SAMPLE_FORMAT, _SIGNED = 258, 339, 2
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".webp", ".gif", ".tif", ".tiff"})


def list_images(folder: Path) -> list[Path]:
    """List the image files under a folder, subfolders included, sorted by path.

    Files and folders whose name starts with a dot are passed over.
    """
    found = (path for path in folder.rglob("*") if path.suffix.casefold() in SUFFIXES)
    shown = [
        path
        for path in found
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(shown, key=lambda path: path.relative_to(folder).parts)


def read_image(path: Path, image_size: int = IMAGE_SIZE, channels: int = 3) -> np.ndarray:
    """Read one image as images of a folder are read.

    Transparency is laid over white; the rotation noted by the camera is applied. Grey of
    more than 8 bits is scaled by the depth that the file declares, never by its values: a
    TIFF's ``BitsPerSample`` (12 or 16), 16 of a PNG, whose ``sBIT`` chunk tells how many of the
    16 bits are significant and leaves white at 65535 (PNG, third edition, section 11.3.2.7).
    Floats in a TIFF are from 0 to 1.

    Parameters
    ----------
    path : pathlib.Path
        The image file.
    image_size : int
        Side of the result, in pixels.
    channels : {1, 3}
        1 turns colours into grey.

    Returns
    -------
    numpy.ndarray
        C x S x S, uint8.

    Raises
    ------
    RequestError
        If the file is missing or cannot be decoded.
    """
    return decode_image(path, str(path), image_size, channels)


def decode_image(
    file: Path | BinaryIO,
    where: str,
    image_size: int,
    channels: int = 3,
    crop: Crop = central_square,
) -> np.ndarray:
    """Decode one image, crop it and resize it; see `read_image`.

    Parameters
    ----------
    file : pathlib.Path or binary file
        The encoded image.
    where : str
        What to call the image in an error.
    image_size : int
        Side of the result, in pixels.
    channels : {1, 3}
        1 turns colours into grey.
    crop : callable
        Given width and height, returns the box to keep; it may refuse them with a
        RequestError whose text goes on from the name of the image.

    Raises
    ------
    RequestError
        If the image is missing, cannot be decoded, or has more than 50 megapixels (a JPEG
        after it was reduced), or `crop` refuses its size.
    """
    try:
        with Image.open(file) as opened:
            # Lets JPEG decode at a lower resolution; still at least twice the result's.
            opened.draft(None, (2 * image_size, 2 * image_size))
            if opened.width * opened.height > MOST_PIXELS:
                raise RequestError(
                    f"has {opened.width} x {opened.height} pixels; make it at most "
                    f"{MOST_PIXELS // 1_000_000} megapixels"
                )
            white = _white_of(opened)
            image = _flatten(ImageOps.exif_transpose(opened), white)
            image = image.resize(
                (image_size, image_size),
                Image.Resampling.BICUBIC,
                box=crop(image.width, image.height),
            )
            image = image.convert("RGB" if channels == 3 else "L")
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from error
    except FileNotFoundError as error:
        raise RequestError(f"no image {where}; check the path") from error
    except Exception as error:
        # Decoders raise almost anything on damaged files: struct.error, IndexError, ...
        raise RequestError(
            f"{where} cannot be decoded as an image ({error}); mend or remove it"
        ) from error
    pixels = np.asarray(image)
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, 2, 0)


def resize_images(images: np.ndarray, image_size: int) -> np.ndarray:
    """Resize square images with Lanczos' filter, as is usual in the literature.

    Parameters
    ----------
    images : numpy.ndarray
        M x H x W or M x H x W x 3, uint8.
    image_size : int
        Side of the result, in pixels.

    Returns
    -------
    numpy.ndarray
        M x C x S x S, uint8.
    """
    size = (image_size, image_size)
    resized = [
        np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
        for image in images
    ]
    stacked = np.stack(resized)
    return stacked[:, np.newaxis] if images.ndim == 3 else np.moveaxis(stacked, 3, 1)


def _white_of(image: Image.Image) -> int:
    """Return the integer that is white in grey of more than 8 bits, as the file declares it."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    # What is stored in 32 bits is read as if in 16: nobody photographs with 32.
    signed = tags.get(_SAMPLE_FORMAT, (1,))[0] == _SIGNED
    return int(2 ** (min(bits, 16) - signed) - 1)


def _flatten(image: Image.Image, white: int) -> Image.Image:
    """Return the image as RGB or 8-bit grey, without transparency."""
    if image.mode.startswith("I"):
        # Pillow's own conversion would clip it instead of scaling it.
        return image.convert("I").point(lambda value: value * (255 / white) + 0.5).convert("L")
    if image.mode == "F":
        values = np.asarray(image)
        if not ((values >= 0) & (values <= 1)).all():
            raise RequestError("holds floats that are not in 0 to 1; scale them, or save 8 bits")
        return Image.fromarray(np.round(values.astype(float) * 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image).convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")
