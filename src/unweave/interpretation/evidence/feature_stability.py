"""Stability of the axis over features: whether half of them, taken at random, point to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity
from unweave.interpretation.evidence.turn_stability import Resample, overlap_of_resamples

SPLITS = 4


def feature_stability(observed: Observed) -> np.ndarray:
    """Return the overlap with axes that are found from halves of the features, P.

    A factor is the same whichever of its features one looks at. Where every feature loads on all
    factors, the axes of simplest loadings are an accident of the features at hand, and halves
    disagree though resampled rows agree.
    """
    return overlap_of_resamples(observed, _halves(observed))


def _halves(observed: Observed) -> Iterator[Resample]:
    generator = np.random.default_rng(observed.seed)
    rows = np.arange(len(observed.features))
    for _ in range(SPLITS):
        order = generator.permutation(observed.features.shape[1])
        for half in np.array_split(order, 2):
            yield rows, half


QUANTITY = Quantity(
    name="feature_stability",
    title="stability of the axis over features",
    source="split halves of Kaiser's (1958) varimax",
    supporting="halves of the features turn towards the same axis",
    lacking="halves of the features turn towards other axes",
    function=feature_stability,
)
