"""Curves of the loss terms over the steps of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from unweave.objectives.term import Term
from unweave.reporting.drawing import COLOURS, add_heading, panels, plain_ticks
from unweave.reporting.labels import term_axis, term_label
from unweave.runs.history import History

# Positive terms that fall by more than this factor are drawn on a logarithmic scale.
_WIDE = 30.0


def draw_history(history: History, terms: Sequence[Term], title: str) -> Figure:
    """Draw one panel for each loss term.

    Parameters
    ----------
    history : History
        With at least one row.
    terms : sequence of Term
        The terms of the model's family, which name their units and symbols.
    title : str
    """
    figure, axes = panels(len(history.terms), 2.7, 2.1, most_columns=4)
    steps = history.column("step")
    for place, (panel, term) in enumerate(zip(axes, history.terms, strict=True)):
        _draw_term(panel, steps, history.column(term), COLOURS[place % len(COLOURS)])
        panel.set_title(term_label(term))
        panel.set_ylabel(term_axis(term, history.terms, terms))
        panel.set_xlabel("step")
    between = int(steps[-1] - steps[-2]) if len(steps) > 1 else int(steps[0])
    add_heading(figure, title, f"Terms unweighted; a point is the mean of {between} steps.")
    return figure


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
