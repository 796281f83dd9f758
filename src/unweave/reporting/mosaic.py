"""Mosaics: many small images as one picture, enlarged so that each can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GAP = 4
LEAST_TILE, MOST_TILE, WIDEST = 32, 128, 1536
_PAPER = 255
# In points. Wide grids are shrunk to the page, so their text is larger than elsewhere.
_SIZE = 10


@dataclass(frozen=True)
class Mosaic:
    """Tiles in rows and columns as one RGB picture.

    Attributes
    ----------
    pixels : numpy.ndarray
        uint8, height x width x 3.
    lefts, tops : numpy.ndarray
        The left pixel of every column, the top pixel of every row.
    tile : tuple of int
        Height and width of a tile in pixels.
    """

    pixels: np.ndarray
    lefts: np.ndarray
    tops: np.ndarray
    tile: tuple[int, int]

    @property
    def column_centres(self) -> np.ndarray:
        """The middle of every column, in pixels."""
        centres: np.ndarray = self.lefts + self.tile[1] / 2 - 0.5
        return centres

    @property
    def row_centres(self) -> np.ndarray:
        """The middle of every row, in pixels."""
        centres: np.ndarray = self.tops + self.tile[0] / 2 - 0.5
        return centres


def as_tile(image: np.ndarray, side: int) -> np.ndarray:
    """Return an image as uint8 H' x W' x 3 whose longer side is at most `side` pixels.

    Small images grow by a whole factor, so that every pixel becomes a square and nothing is
    shown that is not there; large ones shrink by averaging.

    Parameters
    ----------
    image : numpy.ndarray
        C x H x W in [0, 1], with C = 1 (grey) or 3 (RGB); with any other number of channels
        only the first is shown.
    side : int
        The most pixels on a side.
    """
    if image.shape[0] != 3:
        image = np.repeat(image[:1], 3, axis=0)
    pixels = np.round(np.nan_to_num(image).clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    longest = max(pixels.shape[:2])
    factor = side // longest
    if factor >= 1:
        enlarged: np.ndarray = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
        return enlarged
    height, width = (max(1, round(length * side / longest)) for length in pixels.shape[:2])
    shrunk = Image.fromarray(np.ascontiguousarray(pixels)).resize(
        (width, height), Image.Resampling.BOX
    )
    return np.asarray(shrunk)


def tile_side(columns: int) -> int:
    """Return how many pixels wide a tile may be in a row of `columns`."""
    return int(np.clip(WIDEST // columns, LEAST_TILE, MOST_TILE))


def mosaic(images: np.ndarray, *, breaks: tuple[int, ...] = (), row_gap: int = GAP) -> Mosaic:
    """Lay images out in rows and columns on white.

    Parameters
    ----------
    images : numpy.ndarray
        R x N x C x H x W in [0, 1].
    breaks : tuple of int
        Columns with a wider gap before them.
    row_gap : int
        Pixels between rows.
    """
    rows, columns = images.shape[:2]
    side = tile_side(columns)
    tiles = [[as_tile(image, side) for image in row] for row in images]
    height, width = tiles[0][0].shape[:2]
    apart = np.array([3 * GAP if column in breaks else 0 for column in range(columns)])
    lefts = np.arange(columns) * (width + GAP) + np.cumsum(apart)
    tops = np.arange(rows) * (height + row_gap)
    pixels = np.full((tops[-1] + height, lefts[-1] + width, 3), _PAPER, np.uint8)
    for top, row in zip(tops, tiles, strict=True):
        for left, tile in zip(lefts, row, strict=True):
            pixels[top : top + height, left : left + width] = tile
    return Mosaic(pixels, lefts, tops, (height, width))


def mosaic_figure(
    picture: Mosaic, *, title: str, left: float = 0.1, above: float = 0.0
) -> tuple[Figure, Axes]:
    """Return a figure that shows a mosaic pixel for pixel, with its only axes.

    Parameters
    ----------
    picture : Mosaic
    title : str
        Above the picture, broken into lines that fit.
    left, above : float
        Inches kept free for the labels of rows and of columns.
    """
    from unweave.reporting.drawing import DPI, new_figure, wrapped

    height, width = (length / DPI for length in picture.pixels.shape[:2])
    right = bottom = 0.12
    total_width = max(left + width + right, 3.2)
    title = "\n".join(wrapped(line, total_width - 0.2, _SIZE) for line in title.splitlines())
    head = 0.14 + 0.19 * (title.count("\n") + 1)
    total_height = head + above + height + bottom
    figure = new_figure(total_width, total_height, constrained=False)
    axes = figure.add_axes(
        (left / total_width, bottom / total_height, width / total_width, height / total_height)
    )
    axes.imshow(picture.pixels, interpolation="nearest", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=3, labelsize=_SIZE)
    figure.text(
        0.1 / total_width,
        1 - 0.08 / total_height,
        title,
        va="top",
        linespacing=1.3,
        fontsize=_SIZE,
    )
    return figure, axes
