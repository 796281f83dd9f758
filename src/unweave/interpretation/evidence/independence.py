"""Independence: whether independent components of resampled rows point to the axis."""

from __future__ import annotations

import numpy as np

from unweave.independent_components import independent_directions
from unweave.interpretation.evidence.observed import Observed, best_overlap
from unweave.interpretation.evidence.quantity import Quantity


def independence(observed: Observed) -> np.ndarray:
    """Return the largest correlation with a FastICA component, the mean of both halves of rows, P.

    Of Gaussian factors every turn is as independent, and the halves disagree.
    """
    if observed.count < 2:
        return np.ones(observed.count)
    codes = observed.codes
    generator = np.random.default_rng(observed.seed)
    found = []
    for rows in np.array_split(generator.permutation(len(codes)), 2):
        centre = codes[rows].mean(0)
        left, singular, right = np.linalg.svd(codes[rows] - centre, full_matrices=False)
        whitener = right.T / np.maximum(singular, 1e-12) * np.sqrt(len(rows))
        matrix, _ = independent_directions(left * np.sqrt(len(rows)), observed.seed)
        found.append(best_overlap(codes, (codes - centre) @ whitener @ matrix))
    return np.asarray(np.mean(found, axis=0))


QUANTITY = Quantity(
    name="independence",
    title="agreement with independent components",
    source="FastICA of Hyvärinen (1999) on halves of the rows",
    supporting="it is an independent component",
    lacking="independent components lie elsewhere, or nowhere for sure",
    function=independence,
)
