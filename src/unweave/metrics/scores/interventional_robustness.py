"""IRS, interventional robustness: how little a dimension moves while other factors change."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.score import FactorScore
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

    Suter, Miladinović, Schölkopf and Bauer (2019), section 4. For factor f and each of its levels:
    the distances of z_k from its mean at that level, and their `quantile` (the paper takes their
    maximum); averaged over the levels and divided by the largest distance from the mean of all
    rows. One minus that, for the best factor, is averaged over dimensions, each weighted by its
    largest distance.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    most_rows : int
        The most rows that are used, at random.
    quantile : float
        By default as in Locatello et al. (2019).

    Returns
    -------
    dict
        ``value``, at most 1 and 0 where no dimension varies, and ``per_dimension``. It can
        fall below 0, not below −1, where codes lie farther from the means of their levels than
        from that of all rows.
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


SCORE = FactorScore(
    name="irs",
    summary="does a dimension stay while factors other than its own change",
    source="Suter, Miladinović, Schölkopf and Bauer (2019), section 4",
    higher_is_better=True,
    range=(-1.0, 1.0),
    function=interventional_robustness,
)
