"""The images of a grid of sprites, drawn when asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from unweave.data.dataset import Draw, as_tensor
from unweave.data.sources.sprites.templates import FRAME, SHAPES, TRAVEL, canvases
from unweave.errors import RequestError

NAMES = ("shape", "scale", "orientation", "x", "y")
LIMITS = (len(SHAPES), 64, 360, TRAVEL + 1, TRAVEL + 1)


class Sprites:
    """The images of a grid of factors, or of a part of it, drawn when asked for.

    Row order is that of dSprites: shape, scale, orientation, x, y, the last fastest.
    Orientation turns anticlockwise, x grows to the right, y downwards.

    Parameters
    ----------
    grid : tuple of five int
        Number of shapes (of square, ellipse, heart), scales (0.5 to 1), orientations
        (over a full turn), x and y positions (0 to 1).
    cells : numpy.ndarray, optional
        Sorted indices into the grid, where only a part of it is wanted.
    """

    dtype: np.dtype[Any] = np.dtype(np.uint8)

    def __init__(self, grid: tuple[int, ...], cells: np.ndarray | None = None) -> None:
        self.grid = grid
        self.cells = cells
        self._length = int(np.prod(grid)) if cells is None else len(cells)
        canvas = canvases(*grid[:3])
        self._windows = np.lib.stride_tricks.sliding_window_view(
            canvas, (FRAME, FRAME), axis=(1, 2)
        )
        self._starts = tuple(_window_starts(count) for count in grid[3:])

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, 1, 64, 64)."""
        return (self._length, 1, FRAME, FRAME)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Draw the images of `rows`: an index, a slice, or an array of indices or bools."""
        indices = self._indices(rows)
        cells = indices if self.cells is None else self.cells[indices]
        columns, lines = self.grid[3:]
        template = cells // (columns * lines)
        left = self._starts[0][cells // lines % columns]
        top = self._starts[1][cells % lines]
        images: np.ndarray = self._windows[template, top, left]
        return np.expand_dims(images, -3)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Draw all images: 4 kB each."""
        return self[:] if dtype is None else self[:].astype(dtype)

    def _indices(self, rows: Any) -> np.ndarray:
        if isinstance(rows, slice):
            return np.arange(*rows.indices(self._length))
        indices = np.asarray(rows)
        if indices.dtype == bool:
            if indices.shape != (self._length,):
                raise IndexError(f"a mask of shape {indices.shape} for {self._length} rows")
            return np.flatnonzero(indices)
        if indices.size == 0:
            return indices.astype(np.int64)
        if indices.dtype.kind not in "iu":
            raise IndexError(f"rows must be integers, not {indices.dtype}")
        if indices.min() < -self._length or indices.max() >= self._length:
            raise IndexError(f"row out of range for {self._length} rows")
        return np.where(indices < 0, indices + self._length, indices)

    def draw_on(self, device: torch.device) -> Draw:
        """Return a function from an index tensor on `device` to uint8 images there."""
        canvas = as_tensor(canvases(*self.grid[:3])).to(device)
        windows = canvas.unfold(1, FRAME, 1).unfold(2, FRAME, 1)
        x_starts, y_starts = (torch.from_numpy(starts).to(device) for starts in self._starts)
        kept = None if self.cells is None else torch.from_numpy(self.cells).to(device)
        columns, lines = self.grid[3:]

        def draw(rows: torch.Tensor) -> torch.Tensor:
            cells = rows if kept is None else kept[rows]
            template = cells // (columns * lines)
            left = x_starts[cells // lines % columns]
            top = y_starts[cells % lines]
            return windows[template, top, left].unsqueeze(-3)

        return draw

    def classes_of(self, rows: Any) -> np.ndarray:
        """Return the M x 5 int64 classes of `rows`, those of constant factors included."""
        indices = self._indices(rows)
        cells = indices if self.cells is None else self.cells[indices]
        return np.stack(np.unravel_index(cells, self.grid), axis=-1)

    def index_of(self, classes: np.ndarray) -> np.ndarray:
        """Return the rows that show the given factor classes.

        Parameters
        ----------
        classes : numpy.ndarray
            M x 5 integers, in the order of `NAMES`; or M x F without the factors that
            have one class only.

        Returns
        -------
        numpy.ndarray
            M row indices, int64.

        Raises
        ------
        RequestError
            If a class is out of range, or its image is not among a random subset.
        """
        classes = np.asarray(classes).astype(np.int64)
        varying = [axis for axis, size in enumerate(self.grid) if size > 1]
        if classes.ndim != 2 or classes.shape[1] not in (len(NAMES), len(varying)):
            raise RequestError(f"classes have shape {classes.shape}; give M x {len(NAMES)}")
        if classes.shape[1] != len(NAMES):
            full = np.zeros((len(classes), len(NAMES)), dtype=np.int64)
            full[:, varying] = classes
            classes = full
        for axis, (name, size) in enumerate(zip(NAMES, self.grid, strict=True)):
            if ((classes[:, axis] < 0) | (classes[:, axis] >= size)).any():
                raise RequestError(f"a class of factor {name!r} is not in 0 to {size - 1}")
        cells: np.ndarray = np.ravel_multi_index(tuple(classes.T), self.grid).astype(np.int64)
        if self.cells is None:
            return cells
        rows: np.ndarray = np.minimum(np.searchsorted(self.cells, cells), self._length - 1)
        if (missing := self.cells[rows] != cells).any():
            first = classes[np.flatnonzero(missing)[0]].tolist()
            raise RequestError(
                f"the image of classes {first} is not in this random part of the grid; "
                "load the sprites without count"
            )
        return rows


def _window_starts(positions: int) -> np.ndarray:
    """Return where the window starts on the canvas for each position of the sprite."""
    if positions == 1:
        return np.array([TRAVEL // 2], dtype=np.int64)
    return TRAVEL - np.round(np.linspace(0, TRAVEL, positions)).astype(np.int64)
