"""Stability of the axis: whether resampled rows, turned towards simple loadings, point to it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from unweave.errors import RequestError
from unweave.interpretation.evidence.observed import Observed, best_overlap
from unweave.interpretation.evidence.quantity import Quantity
from unweave.interpretation.factor_rotation import varimax
from unweave.statistics import correlations

RESAMPLES = 5
_STARTS = 2  # where all rows point, and anywhere

Resample = tuple[np.ndarray, np.ndarray]
"""Numbers of rows and of features."""


def overlap_of_resamples(observed: Observed, resamples: Iterable[Resample]) -> np.ndarray:
    """Return the largest correlation with a varimax axis of resampled loadings, the mean, P.

    The loadings of the features on `Observed.simple_axes` are computed from the rows and features
    of a resample, and turned anew; nothing is trained.
    """
    axes, found = observed.simple_axes, []
    if axes.shape[1] < 2:
        return best_overlap(observed.codes, axes)
    for rows, columns in resamples:
        loadings = correlations(observed.features[np.ix_(rows, columns)], axes[rows])
        try:
            turn = varimax(loadings, seed=observed.seed, starts=_STARTS)
        except RequestError:
            found.append(np.zeros(observed.count))
            continue
        found.append(best_overlap(observed.codes, axes @ turn.matrix))
    return np.asarray(np.mean(found, axis=0))


def turn_stability(observed: Observed) -> np.ndarray:
    """Return the overlap with axes of bootstrapped rows, P.

    An axis that no turn prefers has what a chance direction has with the nearest axis.
    """
    generator = np.random.default_rng(observed.seed)
    count, columns = len(observed.features), np.arange(observed.features.shape[1])
    rows = (np.asarray(generator.integers(count, size=count)) for _ in range(RESAMPLES))
    return overlap_of_resamples(observed, ((each, columns) for each in rows))


QUANTITY = Quantity(
    name="turn_stability",
    title="stability of the axis over rows",
    source="Efron's bootstrap of Kaiser's (1958) varimax",
    supporting="resampled rows turn towards the same axis",
    lacking="resampled rows turn towards other axes",
    function=turn_stability,
)
