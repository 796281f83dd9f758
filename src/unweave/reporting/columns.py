"""Scatter plots of reconstructed against observed values, for the columns of a table."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unweave.data import Dataset
from unweave.reporting.drawing import ACCENT, add_heading, panels, shortened
from unweave.reporting.labels import run_title
from unweave.runs.model import Model

MOST_COLUMNS = 12
MOST_POINTS = 1500


def draw_column_reconstructions(model: Model, dataset: Dataset) -> Figure:
    """Draw reconstructed against observed values of up to 12 columns in their own units.

    The rows are those of the test split. Where there are more columns, the shown ones are
    spread evenly from the worst R² to the best.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        A table.
    """
    rows = dataset.rows("test")
    observed = np.asarray(dataset.samples[rows], float)
    reconstructed = model.decode_features(model.encode(dataset, rows)).astype(float)
    scores = determination(observed, reconstructed)
    shown = chosen_columns(scores)
    names, means, deviations = _units(dataset)
    few = np.linspace(0, len(rows) - 1, min(len(rows), MOST_POINTS)).astype(int)
    figure, axes = panels(len(shown), 2.35, 2.3, most_columns=4)
    for panel, column in zip(axes, shown, strict=True):
        own = (
            values[few, column] * deviations[column] + means[column]
            for values in (observed, reconstructed)
        )
        _draw_panel(panel, *own)
        score = f"{scores[column]:.3f}" if np.isfinite(scores[column]) else "none (constant)"
        panel.set_title(f"{shortened(names[column], 24)}\nR² = {score}")
    which = (
        ""
        if len(shown) == len(names)
        else f" {len(shown)} of {len(names)} columns, from the worst R² to the best."
    )
    subtitle = f"{len(rows)} test rows in the columns' own units. Line: equal values.{which}"
    add_heading(figure, f"Reconstructed against observed: {run_title(model)}", subtitle)
    return figure


def determination(observed: np.ndarray, reconstructed: np.ndarray) -> np.ndarray:
    """Return R² = 1 − Σ(x − x̂)² / Σ(x − x̄)² of each column; NaN where it is constant.

    Parameters
    ----------
    observed, reconstructed : numpy.ndarray
        N x J.
    """
    residual = ((observed - reconstructed) ** 2).sum(0)
    total = ((observed - observed.mean(0)) ** 2).sum(0)
    scores: np.ndarray = 1 - residual / np.where(total > 0, total, np.nan)
    return scores


def chosen_columns(scores: np.ndarray) -> list[int]:
    """Return the columns to show: all in order, or 12 from the worst R² to the best."""
    if len(scores) <= MOST_COLUMNS:
        return list(range(len(scores)))
    rising = np.argsort(scores, kind="stable")
    rising = rising[np.isfinite(scores[rising])] if np.isfinite(scores).any() else rising
    places = np.unique(np.linspace(0, len(rising) - 1, MOST_COLUMNS).astype(int))
    return [int(column) for column in rising[places]]


def _units(dataset: Dataset) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the features' names, means and standard deviations in their own units."""
    if dataset.table is None:
        count = dataset.sample_shape[0]
        return [f"x{index + 1}" for index in range(count)], np.zeros(count), np.ones(count)
    features = dataset.table.features
    return (
        list(dataset.table.feature_names),
        np.array([feature.mean for feature in features]),
        np.array([feature.sd for feature in features]),
    )


def _draw_panel(panel: Axes, observed: np.ndarray, reconstructed: np.ndarray) -> None:
    panel.scatter(
        observed, reconstructed, s=5, alpha=0.35, color=ACCENT, linewidths=0, rasterized=True
    )
    low = min(observed.min(), reconstructed.min())
    high = max(observed.max(), reconstructed.max())
    panel.plot([low, high], [low, high], color="#333333", linewidth=0.8)
    panel.set_xlabel("observed")
    panel.set_ylabel("reconstructed")
    panel.locator_params(nbins=4)
    panel.ticklabel_format(scilimits=(-3, 4), useMathText=False)
