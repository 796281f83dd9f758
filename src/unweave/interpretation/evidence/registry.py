"""All quantities of evidence by their names, in the order of tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from unweave.interpretation.evidence import (
    disentanglement,
    factorised_support,
    feature_stability,
    independence,
    orthogonality,
    reliability,
    seed_agreement,
    shared_variance,
    simplicity,
    simplicity_beyond_chance,
    space_agreement,
    turn_stability,
)
from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity

QUANTITIES: Mapping[str, Quantity] = {
    module.QUANTITY.name: module.QUANTITY
    for module in (
        seed_agreement,
        space_agreement,
        turn_stability,
        feature_stability,
        independence,
        simplicity,
        simplicity_beyond_chance,
        orthogonality,
        factorised_support,
        shared_variance,
        reliability,
        disentanglement,
    )
}


def evidence_of(observed: Observed) -> dict[str, np.ndarray]:
    """Return every quantity, P values each."""
    return {name: quantity.function(observed) for name, quantity in QUANTITIES.items()}
