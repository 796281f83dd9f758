"""Rank correlations of codes with known factors of variation."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from unweave.data import Dataset
from unweave.reporting.drawing import add_heading, new_figure, shortened
from unweave.reporting.labels import run_title
from unweave.runs.model import Model
from unweave.statistics import correlations, random_rows, ranks

MOST_DIMENSIONS = 20
MOST_ROWS = 5000
_SEED = 20_180_501


def draw_factor_correlations(model: Model, dataset: Dataset) -> Figure:
    """Draw the rank correlation of each factor with each dimension's code on the test rows.

    Where there are more than 20 dimensions, the 20 of largest KL are shown.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        Data whose factors are known.
    """
    assert dataset.factors is not None
    rows = dataset.rows("test")
    rows = rows[random_rows(len(rows), MOST_ROWS, np.random.default_rng(_SEED))]
    codes = model.latent(dataset, rows)[0]
    shown = _shown(model)
    matrix = rank_correlation(dataset.factors.values[rows], codes[:, shown])
    names = [shortened(name, 24) for name in dataset.factors.names]
    informative = set(model.summary.get("informative", ()))
    heads = [f"z{index}{'*' if index in informative else ''}" for index in shown]
    figure = _heat_map(matrix, names, heads)
    subtitle = f"{len(rows)} test rows. * informative (KL above 0.1 nats); – constant."
    add_heading(figure, f"Codes against known factors: {run_title(model)}", subtitle)
    return figure


def rank_correlation(factors: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation, F x K; NaN where either is constant.

    Parameters
    ----------
    factors, codes : numpy.ndarray
        N x F and N x K.
    """
    return correlations(ranks(factors), ranks(codes), constant=np.nan)


def _shown(model: Model) -> list[int]:
    if model.latent_dim <= MOST_DIMENSIONS:
        return list(range(model.latent_dim))
    kl = np.nan_to_num(model.summary.get("kl", np.zeros(model.latent_dim)))
    return sorted(int(index) for index in np.argsort(-kl, kind="stable")[:MOST_DIMENSIONS])


def _heat_map(matrix: np.ndarray, rows: list[str], columns: list[str]) -> Figure:
    longest = max(map(len, rows))
    width = max(4.5, 1.6 + 0.07 * longest + 0.5 * len(columns))
    figure = new_figure(width, 1.0 + 0.34 * len(rows))
    axes = figure.add_subplot()
    image = axes.imshow(matrix, cmap="PuOr", vmin=-1, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("latent dimension")
    for (row, column), value in np.ndenumerate(matrix):
        text = f"{round(value, 2) + 0.0:.2f}".replace("-", "−") if np.isfinite(value) else "–"
        colour = "white" if abs(value) > 0.7 else "#222222"
        axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    figure.colorbar(image, ax=axes, label="rank correlation", ticks=[-1, 0, 1], pad=0.02)
    return figure
