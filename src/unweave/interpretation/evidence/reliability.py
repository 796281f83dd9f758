"""Reliability: how far a row determines its value of a dimension."""

from __future__ import annotations

import numpy as np

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity


def reliability(observed: Observed) -> np.ndarray:
    """Return Var(μ_k) / (Var(μ_k) + E σ_k²), the share of the aggregate posterior's variance, P."""
    of_means = observed.codes.var(0)
    return np.asarray(of_means / (of_means + observed.variances))


QUANTITY = Quantity(
    name="reliability",
    title="reliability",
    source="the law of total variance",
    supporting="rows determine their values well",
    lacking="rows hardly determine their values",
    function=reliability,
)
