"""Traversals of images as a grid, or as an animation."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from unweave.editing.traversal import Traversal
from unweave.reporting.animation import rendered
from unweave.reporting.drawing import DPI, WARNING
from unweave.reporting.labels import dimension_label, percent, traversal_title
from unweave.reporting.mosaic import GAP, Mosaic, mosaic, mosaic_figure

_LABEL_INCHES = 1.75
_MOVING_COLUMNS = 6
_COLUMN_LABEL_PIXELS = 52
_LABEL_ROOM = 36


def draw_image_traversal(traversal: Traversal, name: str) -> Figure:
    """Draw one row of pictures for each dimension, the start at the left.

    The picture whose value is closest to the start's own is framed.

    Parameters
    ----------
    traversal : Traversal
        A traversal of images.
    name : str
        The run's name in the title.
    """
    start = [traversal.reconstruction]
    heads = ["decoded\nstart"]
    if traversal.original is not None:
        start, heads = [traversal.original, *start], ["original", *heads]
    before = np.broadcast_to(
        np.stack(start), (len(traversal.dimensions), len(start), *traversal.outputs.shape[2:])
    )
    picture = mosaic(np.concatenate([before, traversal.outputs], axis=1), breaks=(len(start),))
    title = traversal_title(traversal, name) + "\nFramed: the value closest to the start's own."
    figure, axes = mosaic_figure(picture, title=title, left=_LABEL_INCHES, above=0.4)
    labels = [dimension_label(*pair) for pair in zip(traversal.names, traversal.kl, strict=True)]
    axes.set_yticks(picture.row_centres, labels)
    _label_columns(axes, picture, heads, traversal.quantiles)
    for row, (index, values) in enumerate(zip(traversal.dimensions, traversal.values, strict=True)):
        closest = int(np.abs(values - traversal.base[index]).argmin())
        _frame(axes, picture, row, len(start) + closest)
    return figure


def _label_columns(axes: Axes, picture: Mosaic, heads: list[str], quantiles: np.ndarray) -> None:
    """Write headings over the columns, as many as there is room for."""
    every = -(-_COLUMN_LABEL_PIXELS // (picture.tile[1] + GAP))
    shown = range(0, len(quantiles), every)
    centres = picture.column_centres
    if every > 1:  # No room over each column: one heading over the start's.
        heads, places = ["start"], [float(centres[: len(heads)].mean())]
        first = len(centres) - len(quantiles)
    else:
        first = len(heads)
        places = [float(centre) for centre in centres[:first]]
    places += [float(centres[first + step]) for step in shown]
    axes.set_xticks(places, [*heads, *(percent(quantiles[step]) for step in shown)])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=3)


def _frame(axes: Axes, picture: Mosaic, row: int, column: int) -> None:
    height, width = picture.tile
    corner = (float(picture.lefts[column]) - 1.5, float(picture.tops[row]) - 1.5)
    axes.add_patch(
        Rectangle(
            corner,
            width + 2,
            height + 2,
            fill=False,
            edgecolor=WARNING,
            linewidth=1.8,
            clip_on=False,
        )
    )


def animate_images(traversal: Traversal, name: str) -> list[Image.Image]:
    """Return the frames of one sweep of all dimensions, side by side and labelled."""
    count, steps = traversal.outputs.shape[:2]
    columns = min(count, _MOVING_COLUMNS)
    rows = -(-count // columns)
    # The last row is filled up with white.
    padded = np.ones((rows * columns, *traversal.outputs.shape[1:]), np.float32)
    padded[:count] = traversal.outputs
    grid = padded.reshape(rows, columns, *traversal.outputs.shape[1:])
    pictures = [mosaic(grid[:, :, step], row_gap=_LABEL_ROOM) for step in range(steps)]
    room = _LABEL_ROOM / DPI
    figure, axes = mosaic_figure(pictures[0], title=traversal_title(traversal, name), above=room)
    shown = axes.images[0]
    for place in range(count):
        left, top = pictures[0].lefts[place % columns], pictures[0].tops[place // columns]
        label = dimension_label(traversal.names[place], traversal.kl[place], "\n")
        axes.text(float(left), float(top) - 5, label, va="bottom", fontsize=8, linespacing=1.15)

    def show(step: int) -> None:
        shown.set_data(pictures[step].pixels)

    return rendered(figure, show, steps, [shown])
