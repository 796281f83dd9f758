"""Figures of a factor analysis: signed loadings and the scree."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unweave.interpretation.factor_analysis import FactorAnalysis
from unweave.interpretation.interpret import Interpretation
from unweave.reporting.drawing import ACCENT, MUTED, add_heading, new_figure, shortened
from unweave.reporting.labels import run_title
from unweave.reporting.reading_figures import leading_order

HIDDEN = 0.3  # loadings below it are drawn without their number, as is usual in print
_MOST_EIGENVALUES = 30
LOADINGS = "Loadings: coefficients of standardised features on the factors, with signs."
_COLOURS = "RdBu_r"


def draw_loadings(found: Interpretation) -> Figure:
    """Draw the loadings of a table's features, blue below zero and red above.

    Parameters
    ----------
    found : Interpretation
        With a factor analysis.
    """
    factors = found.factors
    assert factors is not None
    strength = np.abs(factors.loadings)
    lines = leading_order(strength)
    table, communality = factors.loadings[lines], factors.communalities[lines]
    names = [shortened(factors.features[j], 28) for j in lines]
    width = max(4.6, 2.0 + 0.075 * max(map(len, names)) + 0.55 * len(factors.dimensions))
    figure = new_figure(width, 1.1 + 0.2 * len(names))
    axes = figure.add_subplot()
    top = max(1.0, float(np.abs(table).max(initial=0)))
    image = axes.imshow(table, cmap=_COLOURS, vmin=-top, vmax=top, aspect="auto")
    shares = factors.ss_loadings / len(factors.features)
    labels = [f"z{k}\n{share:.0%}" for k, share in zip(factors.dimensions, shares, strict=True)]
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, labelsize=7.5)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("factor, share of variance")
    if len(labels) <= 15:
        for (row, column), value in np.ndenumerate(table):
            if abs(value) >= HIDDEN:
                colour = "white" if abs(value) > 0.65 * top else "#222222"
                text = f"{value:.2f}"
                axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(range(len(names)), [f"{value:.2f}" for value in communality])
    beside.tick_params(length=0, labelsize=6.5)
    beside.spines[:].set_visible(False)
    beside.set_ylabel("communality")
    figure.colorbar(image, ax=axes, pad=0.02, fraction=0.08)
    runs = len(found.readings)
    model = found.reference.model
    whose = run_title(model) if runs == 1 else f"{model.name} on {found.data}, {runs} runs aligned"
    caption = "Coefficients of standardised features on the factors."
    if left_out := len(factors.features) - len(lines):
        caption += f" The {left_out} weakest features are left out."
    add_heading(figure, f"Loadings: {whose}", caption)
    return figure


def draw_scree(factors: FactorAnalysis, data: str) -> Figure:
    """Draw the eigenvalues of the features' correlations beside those of shuffled features."""
    figure = new_figure(4.6, 2.8)
    axes = figure.add_subplot()
    count = min(len(factors.parallel.eigenvalues), _MOST_EIGENVALUES)
    places = np.arange(1, count + 1)
    axes.plot(places, factors.parallel.random[:count], color=MUTED, label="shuffled, 95 %")
    axes.plot(
        places, factors.parallel.eigenvalues[:count], "o-", color=ACCENT, ms=3.5, label="features"
    )
    axes.set_xlabel("component")
    axes.set_ylabel("eigenvalue")
    axes.set_ylim(0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    add_heading(
        figure,
        f"Scree: {data}",
        f"Parallel analysis suggests {factors.parallel.suggested} factors; "
        f"KMO {factors.adequacy.kmo:.2f}.",
    )
    return figure
