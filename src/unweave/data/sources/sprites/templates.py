"""Every shape, scale and orientation of the sprites, rendered once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

FRAME = 64
TEMPLATE = 33
TRAVEL = FRAME - TEMPLATE
SUBSAMPLES = 4
SHAPES = ("square", "ellipse", "heart")


@lru_cache(maxsize=4)
def canvases(shapes: int, scales: int, orientations: int) -> np.ndarray:
    """Render every shape, scale and orientation, in black wide enough for all windows.

    Returns uint8, (shapes * scales * orientations) x 95 x 95.
    """
    side = TEMPLATE + 2 * TRAVEL
    canvas = np.zeros((shapes, scales, orientations, side, side), dtype=np.uint8)
    middle = slice(TRAVEL, TRAVEL + TEMPLATE)
    # Subsample centres, in pixels from the template's centre.
    ticks = (np.arange(TEMPLATE * SUBSAMPLES, dtype=np.float32) + 0.5) / SUBSAMPLES
    y, x = np.meshgrid(ticks - TEMPLATE / 2, ticks - TEMPLATE / 2, indexing="ij")
    sizes = np.linspace(0.5, 1, scales) if scales > 1 else np.ones(1)
    for turn in range(orientations):
        angle = 2 * np.pi * turn / orientations
        across = np.float32(np.cos(angle)) * x - np.float32(np.sin(angle)) * y
        down = np.float32(np.sin(angle)) * x + np.float32(np.cos(angle)) * y
        for step, size in enumerate(sizes):
            for shape, inside in enumerate(_INSIDE[:shapes]):
                covered = inside(across / np.float32(size), down / np.float32(size))
                canvas[shape, step, turn, middle, middle] = _binary(covered)
    rendered: np.ndarray = canvas.reshape(-1, side, side)
    rendered.flags.writeable = False
    return rendered


def _binary(covered: np.ndarray) -> np.ndarray:
    """Whiten the pixels with at least half of their subsamples covered."""
    shares = covered.reshape(TEMPLATE, SUBSAMPLES, TEMPLATE, SUBSAMPLES).sum(axis=(1, 3))
    return np.where(2 * shares >= SUBSAMPLES**2, 255, 0).astype(np.uint8)


def _in_square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside: np.ndarray = np.maximum(np.abs(x), np.abs(y)) <= 10.5
    return inside


def _in_ellipse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside: np.ndarray = (x / 15.5) ** 2 + (y / 8) ** 2 <= 1
    return inside


def _in_heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    # The sextic (x² + y² - 1)³ = x² y³, its notch up, its bounding box centred.
    x, y = x / 11, 0.118 - y / 11
    inside: np.ndarray = (x * x + y * y - 1) ** 3 <= x * x * y**3
    return inside


_INSIDE = (_in_square, _in_ellipse, _in_heart)
