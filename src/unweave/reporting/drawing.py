"""Paper, ink, colours and headings that all figures share."""

from __future__ import annotations

import contextlib
import io
import textwrap
import threading
from collections.abc import Iterator
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

DPI = 110
# Okabe and Ito's colours without their yellow, which is lost on white. Readers with any of
# the common colour-vision deficiencies can tell them apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5C2E", "#4D4D4D")
ACCENT, WARNING, MUTED, INK = COLOURS[0], COLOURS[1], "#B8B8B8", "#222222"
_LOOK: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#777777",
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.4,
    # A name with a dollar sign is a name, not mathematics.
    "text.parse_math": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
_DRAWING = threading.RLock()
_INCHES_PER_CHARACTER = 0.068
_INCHES_PER_LINE = 0.17


@contextlib.contextmanager
def look() -> Iterator[None]:
    """Give a context in which figures are created and drawn in the package's style.

    matplotlib's style belongs to all threads, so one thread draws at a time.
    """
    with _DRAWING, rc_context(_LOOK):
        yield


def new_figure(width: float, height: float, *, constrained: bool = True) -> Figure:
    """Return an empty figure of `width` x `height` inches, outside matplotlib's global state."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained" if constrained else None)
    FigureCanvasAgg(figure)
    return figure


def panels(
    count: int, width: float, height: float, *, most_columns: int = 4
) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` panels of `width` x `height` inches in rows."""
    columns = min(count, most_columns)
    rows = -(-count // columns)
    figure = new_figure(columns * width, rows * height)
    axes = [figure.add_subplot(rows, columns, place + 1) for place in range(count)]
    return figure, axes


def add_heading(figure: Figure, title: str, subtitle: str = "") -> None:
    """Write a title, and a smaller line below it, at the top left of a laid-out figure.

    The figure grows by the height they take.
    """
    width, height = figure.get_size_inches()
    text = wrapped(title, width - 0.2)
    if subtitle:
        text += "\n" + wrapped(subtitle, width - 0.2)
    lines = text.count("\n") + 1
    figure.set_size_inches(width, height + lines * _INCHES_PER_LINE)
    figure.suptitle(text, x=0.1 / width, ha="left", fontsize=9, linespacing=1.3)


def plain_ticks() -> FuncFormatter:
    """Return a formatter for logarithmic axes that writes 0.01 rather than a power of ten."""
    return FuncFormatter(lambda value, _: f"{value:g}")


def wrapped(text: str, inches: float, size: float = 9) -> str:
    """Return the text broken into lines that fit a width at a font size in points."""
    characters = max(12, int(inches / (_INCHES_PER_CHARACTER * size / 9)))
    return textwrap.fill(text, characters)


def shortened(name: str, characters: int) -> str:
    """Return a name cut to a number of characters, with an ellipsis for the rest."""
    return name if len(name) <= characters else name[: characters - 1] + "…"


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=figure.dpi)
    return stream.getvalue()
