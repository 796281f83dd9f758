"""IRS: whether a dimension stays where it is while other factors change."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.truth import Truth, some_rows


def interventional_robustness(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    most_rows: int = 10_000,
    quantile: float = 0.99,
) -> dict[str, Any]:
    """Return how little dimensions move, other factors changing while their own is held.

    Suter, Miladinović, Schölkopf and Bauer (2019), section 4: for factor f the distance of z_k
    from its mean given the level of f, its `quantile` (for their maximum), averaged over the
    levels, over the largest distance from the mean at all; 1 less that, of the best factor,
    averaged over dimensions by their largest distance.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        Of the same rows; continuous factors in 20 bins.
    generator : numpy.random.Generator
    most_rows : int
    quantile : float
        As in Locatello et al. (2019).

    Returns
    -------
    dict
        ``value``, from 0 (also where no dimension varies) to 1, and ``per_dimension``.
    """
    rows = some_rows(len(codes), most_rows, generator)
    codes, levels = codes[rows].astype(np.float64), truth.levels[rows]
    largest = np.abs(codes - codes.mean(0)).max(0)
    largest[np.ptp(codes, axis=0) == 0] = 0
    robust = np.zeros((codes.shape[1], len(truth.names)))
    for f, column in enumerate(levels.T):
        present = np.unique(column)
        moved = np.zeros(codes.shape[1])
        for level in present:
            group = codes[column == level]
            moved += np.quantile(np.abs(group - group.mean(0)), quantile, axis=0)
        robust[:, f] = 1 - moved / len(present) / np.where(largest > 0, largest, 1)
    each = np.where(largest > 0, robust.max(1), 0)
    value = float((each * largest).sum() / largest.sum()) if largest.any() else 0.0
    return {"value": value, "per_dimension": each.tolist()}
