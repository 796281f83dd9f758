"""Scatter plots of reconstructed against observed values, for the columns of a table."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unweave.data import Column, Dataset
from unweave.reporting.drawing import ACCENT, add_heading, panels, shortened
from unweave.reporting.labels import run_title
from unweave.runs.model import Model

MOST_COLUMNS = 12
MOST_POINTS = 1500


def draw_column_reconstructions(model: Model, dataset: Dataset) -> Figure:
    """Draw reconstructed against observed values of up to 12 columns in their own units.

    Ordered levels count from 0, and the reconstruction is the expected one; a category is drawn
    by the share of its first level.

    The rows are those of the test split. Where there are more columns, the shown ones are
    spread evenly from the worst R² to the best.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        A table.
    """
    rows = dataset.rows("test")
    names, places, means, deviations = _units(model, dataset)
    samples = np.asarray(dataset.samples[rows])
    observed = model.observed(samples)[:, places].astype(float)
    observed[:, np.isnan(observed).all(0)] = 0  # Nothing is known there, and nothing is drawn.
    reconstructed = model.expected(model.encode(dataset, rows), samples)[:, places].astype(float)
    reconstructed = np.where(np.isnan(observed), np.nan, reconstructed)
    scores = determination(observed, reconstructed)
    shown = chosen_columns(scores)
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
        N x J; both NaN where a cell is blank.
    """
    residual = np.nansum((observed - reconstructed) ** 2, 0)
    present = (~np.isnan(observed)).sum(0)
    mean = np.nansum(observed, 0) / np.where(present > 0, present, 1)
    total = np.nansum((observed - mean) ** 2, 0)
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


def _units(model: Model, dataset: Dataset) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Return the columns that are drawn: names, places in `Model.observed`, means and deviations.

    Values are in the columns' own units if they are multiplied by the deviation and added
    to the mean.
    """
    if dataset.table is None:
        count = dataset.sample_shape[0]
        names = [f"x{index + 1}" for index in range(count)]
        return names, np.arange(count), np.zeros(count), np.ones(count)
    features, columns = dataset.table.features, model.module.columns
    if columns is None:
        names = list(dataset.table.feature_names)
        means, deviations = ([getattr(each, key) for each in features] for key in ("mean", "sd"))
        return names, np.arange(len(features)), np.array(means), np.array(deviations)
    owners, places = np.unique(columns.owners, return_index=True)
    drawn = [features[owner] for owner in owners]
    names = [
        f"{each.name}: {each.levels[0]}" if each.kind == "category" and each.levels else each.name
        for each in drawn
    ]
    steps = [_steps(each) for each in drawn]
    return names, places, np.array([each.mean for each in drawn]), np.array(steps)


def _steps(column: Column) -> float:
    """Return the size of the unit in which a column's values are observed."""
    if column.levels is None:
        return column.sd
    return 1 if column.kind == "category" else max(len(column.levels) - 1, 1)


def _draw_panel(panel: Axes, observed: np.ndarray, reconstructed: np.ndarray) -> None:
    panel.scatter(
        observed, reconstructed, s=5, alpha=0.35, color=ACCENT, linewidths=0, rasterized=True
    )
    low = min(np.nanmin(observed), np.nanmin(reconstructed))
    high = max(np.nanmax(observed), np.nanmax(reconstructed))
    panel.plot([low, high], [low, high], color="#333333", linewidth=0.8)
    panel.set_xlabel("observed")
    panel.set_ylabel("reconstructed")
    panel.locator_params(nbins=4)
    panel.ticklabel_format(scilimits=(-3, 4), useMathText=False)
