"""Arrays as images: channels first, uint8 in 0 to 255 or floats in 0 to 1."""

from __future__ import annotations

import numpy as np

from unweave.errors import RequestError

CHUNK_ROWS = 4096


def channels_first(array: np.ndarray, *, where: str = "the array") -> np.ndarray:
    """View images as N x C x H x W.

    The channel axis is the second if its size is 1 or 3, else the last if its size is.

    Parameters
    ----------
    array : numpy.ndarray
        N x H x W, N x C x H x W or N x H x W x C.
    where : str
        What to call the array in an error.

    Raises
    ------
    RequestError
        If neither axis can be the channels, or an image has no pixels.
    """
    if array.ndim == 3:
        array = array[:, np.newaxis]
    elif array.shape[1] not in (1, 3):
        if array.shape[3] not in (1, 3):
            raise RequestError(
                f"{where} has shape {array.shape}; neither its second nor its last axis "
                "has 1 or 3 channels"
            )
        array = np.moveaxis(array, 3, 1)
    if array.size == 0:
        raise RequestError(f"{where} has shape {array.shape}; its images have no pixels")
    return array


def as_pixels(images: np.ndarray, *, where: str = "the array") -> np.ndarray:
    """Return images as uint8, 255 being white.

    Parameters
    ----------
    images : numpy.ndarray
        N x ...: uint8 (returned unchanged), bool, integers in 0 to 255 or floats in 0 to 1.
    where : str
        What to call the images in an error.

    Raises
    ------
    RequestError
        If a value is out of range or not a number; the message names the first image.
    """
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "biuf":
        raise RequestError(f"{where} has dtype {images.dtype}; give uint8, or floats in 0 to 1")
    pixels = np.empty(images.shape, dtype=np.uint8)
    for start in range(0, len(images), CHUNK_ROWS):
        chunk = images[start : start + CHUNK_ROWS]
        pixels[start : start + CHUNK_ROWS] = _pixels(chunk, start, where)
    return pixels


def is_two_valued(pixels: np.ndarray) -> bool:
    """Tell whether all pixels of uint8 images are black or white."""
    parts = (pixels[start : start + CHUNK_ROWS] for start in range(0, len(pixels), CHUNK_ROWS))
    return all(bool(((part == 0) | (part == 255)).all()) for part in parts)


def brightened(pixels: np.ndarray, white: int, *, where: str = "the array") -> np.ndarray:
    """Return images of uint8 whose white is another integer, scaled to 255.

    Parameters
    ----------
    pixels : numpy.ndarray
        N x ..., uint8.
    white : int
        1 to 255.
    where : str
        What to call the images in an error.

    Raises
    ------
    RequestError
        If a value is above `white`.
    """
    if white == 255:
        return pixels
    if (most := int(pixels.max(initial=0))) > white:
        raise RequestError(f"{where}: value {most} is above white={white}; give its white")
    scaled = np.round(np.arange(white + 1) * (255 / white)).astype(np.uint8)
    brightened: np.ndarray = scaled[pixels]
    return brightened


def unit_scale(images: np.ndarray) -> np.ndarray:
    """Return images as float32 in which 1 is white; uint8 are divided by 255."""
    scaled: np.ndarray = np.asarray(images).astype(np.float32)
    return scaled / np.float32(255) if images.dtype == np.uint8 else scaled


def _pixels(chunk: np.ndarray, start: int, where: str) -> np.ndarray:
    if chunk.dtype == bool:
        return chunk.astype(np.uint8) * np.uint8(255)
    top = 1.0 if chunk.dtype.kind == "f" else 255
    good = (chunk >= 0) & (chunk <= top)
    if not good.all():
        image = int(np.flatnonzero(~good.reshape(len(chunk), -1).all(axis=1))[0])
        value = chunk[image][~good[image]].flat[0]
        raise RequestError(
            f"{where}, image {start + image}: value {value} is not in 0 to {top:g}; "
            "scale floats to 0 to 1, or give uint8"
        )
    if chunk.dtype.kind != "f":
        return chunk.astype(np.uint8)
    return np.round(chunk.astype(np.float64) * 255).astype(np.uint8)
