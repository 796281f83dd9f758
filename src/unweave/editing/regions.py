"""Regions of an image where an attribute shows, found without masks, and changes outside them."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from unweave.data import Samples
from unweave.editing.linear_svm import unit_pixels
from unweave.errors import RequestError

SHARE = 0.2
_BLUR = 1.5 / 64
# Grey levels are whole numbers, so a spread of less than one cannot be told from none.
_LEAST_DEVIATION = 1 / 255
_CHUNK = 512


def effect_sizes(images: Samples, labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return how strongly each pixel differs between images with and without an attribute.

    |mean with − mean without| / pooled standard deviation, averaged over the channels.

    Parameters
    ----------
    images : array-like
        All images, C x H x W each; uint8 or in [0, 1].
    labels : numpy.ndarray
        One row per image, A columns of 1, 0 and −1 (unknown, left out).
    rows : numpy.ndarray
        The images to compare; some of each class of every attribute.

    Returns
    -------
    numpy.ndarray
        float64, A x H x W.
    """
    rows = np.sort(rows)
    shape = tuple(images.shape[1:])
    known = labels[rows]
    classes = np.stack([known == 0, known == 1]).astype(np.float32)  # 2 x N x A
    sums = np.zeros((2, 2, labels.shape[1], int(np.prod(shape))))
    for start in range(0, len(rows), _CHUNK):
        pixels = unit_pixels(np.asarray(images[rows[start : start + _CHUNK]]))
        members = classes[:, start : start + _CHUNK].transpose(0, 2, 1)
        sums += np.stack([members @ pixels, members @ pixels**2])
    counts = classes.sum(1, dtype=np.float64)[:, :, None]
    means = sums[0] / counts
    within = (sums[1] - counts * means**2).sum(0) / counts.sum(0)
    deviation = np.maximum(np.sqrt(within.clip(0)), _LEAST_DEVIATION)
    effects = np.abs(means[1] - means[0]) / deviation
    return np.asarray(effects.reshape(-1, *shape).mean(1))


def attribute_regions(
    images: Samples, labels: np.ndarray, rows: np.ndarray, share: float = SHARE
) -> np.ndarray:
    """Find each attribute's region: the pixels that differ most between with and without.

    These are the `share` of the pixels with the largest effect sizes, lightly blurred (a
    standard deviation of 1.5 pixels on a side of 64). They stand in for masks, which few data
    sets have. Whatever accompanies an attribute in the data, as short hair does a beard, is
    in the region too.

    Parameters
    ----------
    images, labels, rows : as for `effect_sizes`
    share : float
        Share of the pixels in a region, between 0 and 1.

    Returns
    -------
    numpy.ndarray
        bool, A x H x W; at least one pixel is inside and one outside.

    Raises
    ------
    RequestError
        If `share` is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise RequestError(
            f"share={share}: give a share of the pixels between 0 and 1, such as 0.2"
        )
    effects = effect_sizes(images, labels, rows)
    count, height, width = effects.shape
    sigma = (0.0, _BLUR * height, _BLUR * width)
    blurred = gaussian_filter(effects, sigma).reshape(count, -1)
    inside = min(max(round(share * height * width), 1), height * width - 1)
    regions = np.zeros(blurred.shape, bool)
    order = np.argsort(-blurred, axis=1, kind="stable")
    np.put_along_axis(regions, order[:, :inside], True, axis=1)
    return regions.reshape(effects.shape)


def change_inside_outside(
    edited: np.ndarray, start: np.ndarray, region: np.ndarray
) -> tuple[float, float]:
    """Return the root mean square change inside and outside a region, averaged over images.

    Parameters
    ----------
    edited, start : numpy.ndarray
        N x C x H x W, uint8 or in [0, 1].
    region : numpy.ndarray
        bool, H x W.

    Returns
    -------
    tuple of float
        Inside and outside, in units of white.
    """
    changes = np.zeros(2)
    for first in range(0, len(edited), _CHUNK):
        part = slice(first, first + _CHUNK)
        difference = unit_pixels(edited[part]) - unit_pixels(start[part])
        squares = (difference**2).reshape(edited[part].shape).mean(1)
        for place, where in enumerate((region, ~region)):
            changes[place] += np.sqrt(squares[:, where].mean(1)).sum()
    inside, outside = (changes / len(edited)).tolist()
    return inside, outside
