"""Loss terms over the steps of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from unweave.reporting.drawing import COLOURS, add_heading, panels, plain_ticks
from unweave.reporting.labels import term_words
from unweave.runs.history import History

# Positive terms that fall by more than this factor are drawn on a logarithmic scale.
_WIDE = 30.0


def draw_history(history: History, title: str) -> Figure:
    """Draw one panel for each loss term.

    Parameters
    ----------
    history : History
        With at least one row.
    title : str
    """
    figure, axes = panels(len(history.terms), 2.7, 2.1, most_columns=4)
    steps = history.column("step")
    for place, (panel, term) in enumerate(zip(axes, history.terms, strict=True)):
        _draw_term(panel, steps, history.column(term), COLOURS[place % len(COLOURS)])
        panel.set_title(term_words(term))
        panel.set_ylabel(unit_of(term, history.terms))
        panel.set_xlabel("step")
    between = int(steps[-1] - steps[-2]) if len(steps) > 1 else int(steps[0])
    add_heading(figure, title, f"Terms unweighted; a point is the mean of {between} steps.")
    return figure


_UNITS = {
    "accuracy": "share",
    "covariance_diagonal": "squared covariance",
    "covariance_off_diagonal": "squared covariance",
    "decorrelation": "covariance",
    "distance_correlation": "squared correlation",
    "squared_error": "squared pixel value",
    "structural_dissimilarity": "(1 − MS-SSIM) / 2",
}


def unit_of(term: str, terms: Sequence[str] = ()) -> str:
    """Return the unit of a loss term, one of `terms`: nats unless its name says otherwise.

    A loss that adds up terms of several units has none.
    """
    if term == "loss" and "squared_error" in terms:
        return "weighted sum"
    return _UNITS.get(term, "nats")


def _draw_term(panel: Axes, steps: list[float], values: list[float], colour: str) -> None:
    marker = "o" if len(steps) < 3 else None
    panel.plot(steps, values, color=colour, marker=marker, markersize=4)
    finite = np.array(values)[np.isfinite(values)]
    if len(finite) and finite.min() > 0 and finite.max() > _WIDE * finite.min():
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter(plain_ticks())
        panel.yaxis.set_minor_formatter(NullFormatter())
    else:
        panel.ticklabel_format(axis="y", scilimits=(-3, 5), useMathText=False)
        panel.locator_params(axis="y", nbins=5)
    panel.locator_params(axis="x", nbins=4)
    panel.grid(axis="y", color="#EEEEEE", linewidth=0.6)
