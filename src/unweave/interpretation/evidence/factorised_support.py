"""Factorised support: whether every combination of two dimensions' values occurs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.spatial import cKDTree

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity

MOST_ROWS, QUANTILE = 800, 0.95


def factorised_support(observed: Observed) -> np.ndarray:
    """Return the least ratio, over the other dimensions, of two distances to the support, P.

    Roth, Ibrahim, Akata, Vincent and Bouchacourt (2022) take the Hausdorff distance of the codes
    from the product of their marginal supports, pair by pair. Here its 95 % quantile, which does
    not hang on one row: of codes from half of the rows to those of the other half, divided by
    the same with one of the two dimensions shuffled. 1 if all combinations occur (at most; noise
    exceeds it); less where values exclude each other. 1 where there is a single dimension.
    """
    generator = np.random.default_rng(observed.seed)
    order = generator.permutation(len(observed.codes))[:MOST_ROWS]
    codes = observed.codes[order] / observed.codes.std(0)
    found = np.ones(observed.count)
    for pair in combinations(range(observed.count), 2):
        known, fresh = np.array_split(codes[:, pair], 2)
        tree = cKDTree(known)
        product = np.column_stack([fresh[:, 0], generator.permutation(fresh[:, 1])])
        real, mixed = (np.quantile(tree.query(each)[0], QUANTILE) for each in (fresh, product))
        ratio = min(real / mixed, 1.0) if mixed > 0 else 1.0
        for k in pair:
            found[k] = min(found[k], ratio)
    return found


QUANTITY = Quantity(
    name="factorised_support",
    title="factorised support",
    source="Roth et al. (2022)",
    supporting="its values combine freely with those of the others",
    lacking="its values and another dimension's exclude each other",
    function=factorised_support,
)
