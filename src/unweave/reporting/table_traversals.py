"""Traversals of tables: the features along each dimension, in a panel of its own."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image
from scipy.optimize import isotonic_regression

from unweave.editing.traversal import Traversal
from unweave.reporting.animation import rendered
from unweave.reporting.drawing import COLOURS, MUTED, add_heading, panels, shortened
from unweave.reporting.labels import dimension_label, traversal_title

MOST_NAMED = len(COLOURS)
# A feature is named if it moves at least this share of what the most mobile feature in the
# panel does, and at least this many standard deviations.
_LEAST_SHARE, _LEAST_MOVE = 0.2, 0.05
_PANEL = (3.5, 2.35)
_NAME_CHARACTERS = 16
_LABEL_GAP = 0.105


def draw_table_traversal(traversal: Traversal, name: str) -> Figure:
    """Draw a panel for each dimension: the features, in standard deviations, along it.

    The features that move most are coloured and named, up to 8; the others are grey.

    Parameters
    ----------
    traversal : Traversal
        A traversal of a table.
    name : str
        The run's name in the title.
    """
    figure, axes = panels(len(traversal.dimensions), *_PANEL, most_columns=3)
    assert traversal.expected is not None
    low, high = float(traversal.expected.min()), float(traversal.expected.max())
    margin = 0.06 * max(high - low, 0.1)
    for place, panel in enumerate(axes):
        panel.set_ylim(low - margin, high + margin)
        _draw_panel(panel, traversal, place)
        if place % 3 == 0:
            panel.set_ylabel("decoded feature (SD)")
    add_heading(figure, *_heading(traversal, name))
    return figure


def named_features(outputs: np.ndarray) -> list[int]:
    """Return the features to name in one panel, the one that moves most first.

    Parameters
    ----------
    outputs : numpy.ndarray
        T x E, in units that are alike for all.
    """
    moves = np.ptp(outputs, axis=0)
    least = max(_LEAST_SHARE * float(moves.max()), _LEAST_MOVE)
    order = np.argsort(-outputs.var(axis=0), kind="stable")
    return [int(feature) for feature in order if moves[feature] >= least][:MOST_NAMED]


def spread(places: np.ndarray, gap: float) -> np.ndarray:
    """Return places in [0, 1] that are at least `gap` apart, in the same order, near the given.

    This is the least squares solution: an isotonic regression of the places less the gaps
    below them.
    """
    order = np.argsort(places, kind="stable")
    gaps = gap * np.arange(len(places))
    rising = isotonic_regression(places[order] - gaps).x
    result = np.empty(len(places))
    result[order] = rising.clip(0, max(0.0, 1 - gaps[-1])) + gaps
    return result


def _heading(traversal: Traversal, name: str) -> tuple[str, str]:
    title, _, rest = traversal_title(traversal, name).partition("\n")
    assert traversal.value_names is not None
    count = len(traversal.value_names)
    return title, (
        f"{rest.replace(chr(10), ' ')} Coloured: the features that move most (up to "
        f"{MOST_NAMED}); grey: the others of {count}. Dotted: the start. "
        "SD: the feature's standard deviation in the training rows; levels lie from −1 to 1."
    )


def _draw_panel(panel: Axes, traversal: Traversal, place: int) -> None:
    assert traversal.expected is not None
    values, outputs = traversal.values[place], traversal.expected[place]
    named = named_features(outputs)
    others = [feature for feature in range(outputs.shape[1]) if feature not in named]
    if others:
        panel.plot(values, outputs[:, others], color=MUTED, linewidth=0.6, zorder=1)
    for rank, feature in enumerate(named):
        panel.plot(values, outputs[:, feature], color=COLOURS[rank], zorder=3)
    _name_lines(panel, traversal, outputs, named)
    start = float(traversal.base[traversal.dimensions[place]])
    panel.axvline(start, color="#777777", linewidth=0.8, linestyle=":", zorder=0)
    low, high = float(values.min()), float(values.max())
    margin = 0.03 * max(high - low, 1e-3)
    panel.set_xlim(min(low, start) - margin, max(high, start) + margin)
    panel.set_title(dimension_label(traversal.names[place], traversal.kl[place]), weight="bold")
    panel.set_xlabel(f"{traversal.names[place]} (code value)")
    panel.grid(axis="y", color="#EEEEEE", linewidth=0.6)


def _name_lines(panel: Axes, traversal: Traversal, outputs: np.ndarray, named: list[int]) -> None:
    """Write the names at the right ends of the lines, without overlap."""
    assert traversal.value_names is not None
    if not named:
        panel.text(
            0.5,
            0.97,
            "no feature moves",
            transform=panel.transAxes,
            ha="center",
            va="top",
            fontsize=8,
            color="#666666",
        )
        return
    low, high = panel.get_ylim()
    ends = (outputs[-1, named] - low) / (high - low)
    for rank, (feature, end) in enumerate(zip(named, spread(ends, _LABEL_GAP), strict=True)):
        panel.annotate(
            shortened(traversal.value_names[feature], _NAME_CHARACTERS),
            xy=(1.0, float(ends[rank])),
            xytext=(1.06, float(end)),
            xycoords="axes fraction",
            textcoords="axes fraction",
            fontsize=7.5,
            va="center",
            color=COLOURS[rank],
            arrowprops={
                "arrowstyle": "-",
                "color": COLOURS[rank],
                "linewidth": 0.5,
                "shrinkA": 0,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
            annotation_clip=False,
        )


def animate_table(traversal: Traversal, name: str) -> list[Image.Image]:
    """Return the frames of one sweep, in which a marker moves along the lines of every panel."""
    figure, expected = draw_table_traversal(traversal, name), traversal.expected
    assert expected is not None
    movers = [_add_marker(panel, expected[place]) for place, panel in enumerate(figure.axes)]

    def show(step: int) -> None:
        for place, (line, dots) in enumerate(movers):
            value = traversal.values[place, step]
            outputs = expected[place, step, named_features(expected[place])]
            line.set_xdata([value, value])
            dots.set_offsets(np.column_stack([np.full(len(outputs), value), outputs]))

    artists = [artist for mover in movers for artist in mover]
    return rendered(figure, show, traversal.values.shape[1], artists)


def _add_marker(panel: Axes, outputs: np.ndarray) -> tuple[Line2D, PathCollection]:
    named = named_features(outputs)
    line = panel.axvline(0, color="#333333", linewidth=1.2, zorder=2)
    dots = panel.scatter(
        np.zeros(len(named)),
        np.zeros(len(named)),
        s=22,
        zorder=4,
        linewidths=0,
        c=list(COLOURS[: len(named)]) if named else None,
    )
    return line, dots
