"""Agreement over seeds: whether other runs have the same dimension, against a permutation null."""

from __future__ import annotations

import numpy as np

from unweave.interpretation.evidence.observed import Observed, best_overlap
from unweave.interpretation.evidence.quantity import Quantity

PERMUTATIONS, QUANTILE = 20, 0.95


def above_chance(values: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return (v − q) / (1 − q), at least 0, with the 95 % quantile q of the null.

    0 is what permuted rows reach, 1 perfect agreement.

    Parameters
    ----------
    values : numpy.ndarray
        Absolute correlations, P.
    null : numpy.ndarray
        The same of permuted rows, D x P.
    """
    quantile = np.quantile(null, QUANTILE, axis=0)
    return np.asarray(((values - quantile) / (1 - quantile)).clip(0, 1))


def seed_agreement(observed: Observed) -> np.ndarray:
    """Return the correlation with the dimension that GAS matches, above chance, P.

    The mean over the other runs. The null is the best match with any dimension of the other run
    after its rows have been permuted.
    """
    generator = np.random.default_rng(observed.seed)
    found = []
    for values, other in zip(observed.matched, observed.others, strict=True):
        null = [
            best_overlap(observed.codes, generator.permutation(other)) for _ in range(PERMUTATIONS)
        ]
        found.append(above_chance(values, np.stack(null)))
    return np.asarray(np.mean(found, axis=0))


QUANTITY = Quantity(
    name="seed_agreement",
    title="agreement over seeds",
    source="GAS of Lang and Liu (arXiv 2603.11242)",
    supporting="the other runs have the same dimension",
    lacking="the other runs have no such dimension",
    function=seed_agreement,
)
