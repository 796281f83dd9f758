"""Strips: a row of pictures for each image, with its edits from left to right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from unweave.reporting.drawing import DPI, look, png_bytes, shortened
from unweave.reporting.mosaic import mosaic, mosaic_figure

_ROOM = 0.42
_CHARACTERS_AN_INCH = 9


def draw_strip(
    columns: Sequence[np.ndarray],
    heads: Sequence[str],
    title: str,
    rows: Sequence[str] = (),
    apart: int = 0,
) -> Figure:
    """Draw columns of pictures under their headings.

    Parameters
    ----------
    columns : sequence of numpy.ndarray
        The N images in each state: N x C x H x W in [0, 1].
    heads : sequence of str
        A heading for each column, broken into lines at commas.
    title : str
    rows : sequence of str
        Names of the images, written at the left if given.
    apart : int
        The column with a wider gap before it; none if 0.
    """
    images = np.stack([np.asarray(column) for column in columns], axis=1)
    picture = mosaic(images, breaks=(apart,) if apart else ())
    longest = max((len(name) for name in rows), default=0)
    left = 0.1 + min(longest, 24) / _CHARACTERS_AN_INCH
    lines = max(head.count(",") for head in heads) + 1
    figure, axes = mosaic_figure(picture, title=title, left=left, above=_ROOM * lines / 1.5)
    inches = picture.tile[1] / DPI
    most = max(4, int(_CHARACTERS_AN_INCH * inches * 1.4))
    axes.xaxis.tick_top()
    labels = [
        "\n".join(shortened(part.strip(), most) for part in head.split(",")) for head in heads
    ]
    axes.set_xticks(picture.column_centres, labels)
    if rows:
        axes.set_yticks(picture.row_centres, [shortened(name, 24) for name in rows])
    return figure


def strip_png(
    columns: Sequence[np.ndarray],
    heads: Sequence[str],
    title: str,
    rows: Sequence[str] = (),
    apart: int = 0,
) -> bytes:
    """Return a strip as PNG; see `draw_strip`."""
    with look():
        return png_bytes(draw_strip(columns, heads, title, rows, apart))
