"""IRS, interventional robustness: how little a dimension moves while other factors change."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, some_rows

_SHUFFLES = 5


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
    maximum); averaged over the levels, and divided by the same for levels that are shuffled over
    the rows, which is what a dimension moves that knows nothing of f. (The published divisor, the
    largest distance of any row, leaves 0.3 and more for noise.) One minus that, for the best
    factor, is averaged over dimensions, each weighted by its largest distance.

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
        ``value``, in [0, 1], 0 where no dimension moves less than by chance; ``per_dimension``;
        and ``uncorrected``, with the published divisor: it falls below 0, not below −1, where
        codes lie farther from the means of their levels than from that of all rows.
    """
    rows = some_rows(len(codes), most_rows, generator)
    codes, levels = codes[rows].astype(np.float64), truth.levels[rows]
    varies = np.ptp(codes, axis=0) > 0
    largest = np.where(varies, np.abs(codes - codes.mean(0)).max(0), 0)
    moved = _moved(codes, levels, quantile)
    shuffled = [
        _moved(codes, levels[generator.permutation(len(rows))], quantile) for _ in range(_SHUFFLES)
    ]
    by_chance = np.mean(shuffled, axis=0)
    each = _robustness(moved, np.where(by_chance > 0, by_chance, np.inf), varies).clip(0)
    plain = _robustness(moved, np.where(varies, largest, 1)[:, None], varies)
    weights = largest / largest.sum() if varies.any() else largest
    return {
        "value": float(weights @ each),
        "per_dimension": each.tolist(),
        "uncorrected": float(weights @ plain),
    }


def _robustness(moved: np.ndarray, divisor: np.ndarray, varies: np.ndarray) -> np.ndarray:
    """Return every dimension's robustness for its best factor; 0 where it does not vary."""
    return np.where(varies, (1 - moved / divisor).max(1), 0.0)


def _moved(codes: np.ndarray, levels: np.ndarray, quantile: float) -> np.ndarray:
    """Return how far dimensions move while each factor is held, K x F."""
    found = np.empty((codes.shape[1], levels.shape[1]))
    for f, column in enumerate(levels.T):
        groups = [codes[column == level] for level in np.unique(column)]
        found[:, f] = np.mean(
            [np.quantile(np.abs(group - group.mean(0)), quantile, axis=0) for group in groups],
            axis=0,
        )
    return found


SCORE = FactorScore(
    name="irs",
    summary="does a dimension stay while factors other than its own change",
    source="Suter, Miladinović, Schölkopf and Bauer (2019), section 4",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=interventional_robustness,
    open_only=True,
)
