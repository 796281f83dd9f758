"""LSDI of the whole reading, as a share of what its column masses allow."""

from __future__ import annotations

import numpy as np

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity
from unweave.interpretation.fvh_lt import feature_variance
from unweave.interpretation.lsdi import disentanglement_index

BASE_CODES, VALUES, GROUPS = 128, 8, 4


def attained_index(observed: Observed) -> np.ndarray:
    """Return LSDI of FVH-LT over the largest attainable, the same for all P dimensions.

    0 where there is a single dimension.
    """
    generator = np.random.default_rng(observed.seed)
    noise = generator.standard_normal(observed.codes.shape)
    order = generator.permutation(len(observed.codes))
    draws = (observed.codes + np.sqrt(observed.variances) * noise)[order]
    found = feature_variance(
        observed.decode,
        observed.codes[order[:BASE_CODES]],
        draws,
        np.ones((GROUPS, observed.features.shape[1])),
        values=VALUES,
        seed=observed.seed,
    )
    index = disentanglement_index(found.table)
    share = index.value / index.attainable if index.attainable > 0 else 0.0
    return np.full(observed.count, share)


QUANTITY = Quantity(
    name="lsdi",
    title="LSDI of the reading",
    source="Lang and Liu (arXiv 2603.11242)",
    supporting="features belong to single dimensions throughout",
    lacking="features belong to several dimensions throughout",
    function=attained_index,
)
