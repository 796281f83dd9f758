"""Agreement up to a turn: whether other runs hold a dimension anywhere in their space."""

from __future__ import annotations

import numpy as np

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity
from unweave.interpretation.evidence.seed_agreement import PERMUTATIONS, above_chance


def multiple_correlation(codes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the multiple correlation of every code with other codes, N x P by N x Q: P."""
    basis = np.linalg.svd(others - others.mean(0), full_matrices=False)[0]
    centred = codes - codes.mean(0)
    squares = (centred**2).sum(0)
    explained = ((basis.T @ centred) ** 2).sum(0)
    return np.asarray(np.sqrt(explained / np.where(squares > 0, squares, 1)))


def space_agreement(observed: Observed) -> np.ndarray:
    """Return the multiple correlation with the other runs' dimensions, above chance, P.

    The mean over the other runs; the null has their rows permuted.
    """
    generator = np.random.default_rng(observed.seed)
    found = []
    for other in observed.others:
        null = [
            multiple_correlation(observed.codes, generator.permutation(other))
            for _ in range(PERMUTATIONS)
        ]
        found.append(above_chance(multiple_correlation(observed.codes, other), np.stack(null)))
    return np.asarray(np.mean(found, axis=0))


QUANTITY = Quantity(
    name="space_agreement",
    title="agreement up to a turn",
    source="multiple correlation",
    supporting="it lies in the space of every run",
    lacking="it lies outside the space of other runs",
    function=space_agreement,
)
