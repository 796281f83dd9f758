"""Canvases on which shapes with soft edges are laid, by signed distances to their edges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FRAME = 64
Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]
Box = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


class Canvas:
    """N pictures, drawn on together.

    Parameters
    ----------
    background : numpy.ndarray
        N x 3 colours in 0 to 255.
    """

    def __init__(self, background: np.ndarray) -> None:
        self.pixels = np.empty((len(background), 3, FRAME, FRAME), dtype=np.float32)
        self.pixels[:] = background[:, :, np.newaxis, np.newaxis]

    def paint(
        self, box: Box, distance: Distance, colour: np.ndarray, opacity: np.ndarray | float = 1.0
    ) -> None:
        """Lay one shape over every picture.

        Parameters
        ----------
        box : tuple of four numpy.ndarray
            Left, top, right and bottom of the shape in each picture, N each, in pixels.
        distance : callable
            Given x (1 x 1 x W) and y (1 x H x 1), the signed distance to the shape's
            edge in pixels, N x H x W: negative inside.
        colour : numpy.ndarray
            N x 3, or 3.
        opacity : numpy.ndarray or float
            N, or one for all: 0 leaves the picture as it is, 1 covers it.
        """
        # Only the pixels that the shape reaches in any of the pictures are visited.
        left, top = (max(0, int(np.floor(edge.min())) - 1) for edge in box[:2])
        right, bottom = (min(FRAME, int(np.ceil(edge.max())) + 1) for edge in box[2:])
        if right <= left or bottom <= top:
            return
        x = np.arange(left, right, dtype=np.float32)[np.newaxis, np.newaxis] + np.float32(0.5)
        y = np.arange(top, bottom, dtype=np.float32)[np.newaxis, :, np.newaxis] + np.float32(0.5)
        share = np.clip(np.float32(0.5) - distance(x, y), 0, 1)
        share *= spread(np.asarray(opacity, dtype=np.float32))
        under = self.pixels[:, :, top:bottom, left:right]
        difference = np.asarray(colour, dtype=np.float32)[..., np.newaxis, np.newaxis] - under
        difference *= share[:, np.newaxis]
        under += difference

    def finished(self) -> np.ndarray:
        """Return the pictures, N x 3 x 64 x 64, uint8."""
        rounded: np.ndarray = np.clip(np.rint(self.pixels), 0, 255).astype(np.uint8)
        return rounded


def spread(values: np.ndarray) -> np.ndarray:
    """View N values as N x 1 x 1, to stand against pixels."""
    return values.reshape(-1, 1, 1)


def around(x: np.ndarray, y: np.ndarray, width: np.ndarray, height: np.ndarray) -> Box:
    """Return the box around centres, half widths and half heights."""
    return x - width, y - height, x + width, y + height


def ellipse(x: np.ndarray, y: np.ndarray, width: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Distance to an ellipse about the origin, exact to first order near its edge."""
    width, height = spread(width), spread(height)
    across, down = x / width, y / height
    level = np.sqrt(across * across + down * down)
    across /= width
    down = down / height
    steepness = np.sqrt(across * across + down * down)
    steepness += np.float32(1e-6)
    # At the centre level² is far smaller than the slope: the distance would come out as 0.
    near: np.ndarray = level * (level - 1) / steepness
    return np.where(level < np.float32(0.05), -np.minimum(width, height), near)


def rounded_box(
    x: np.ndarray, y: np.ndarray, width: np.ndarray, height: np.ndarray, radius: np.ndarray
) -> np.ndarray:
    """Distance to a rectangle about the origin with rounded corners."""
    radius = spread(radius)
    beyond_x = np.abs(x) - (spread(width) - radius)
    beyond_y = np.abs(y) - (spread(height) - radius)
    outside = np.sqrt(np.maximum(beyond_x, 0) ** 2 + np.maximum(beyond_y, 0) ** 2)
    inside = np.minimum(np.maximum(beyond_x, beyond_y), 0)
    distance: np.ndarray = outside + inside - radius
    return distance


def mirrored(x: np.ndarray, middle: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Return x from the centres of a pair of shapes, one on either side of the middle."""
    from_centre: np.ndarray = np.abs(x - spread(middle)) - spread(offset)
    return from_centre


def union(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance to what is inside either of two shapes."""
    nearer: np.ndarray = np.minimum(first, second)
    return nearer


def common(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance to what is inside both of two shapes."""
    farther: np.ndarray = np.maximum(first, second)
    return farther
