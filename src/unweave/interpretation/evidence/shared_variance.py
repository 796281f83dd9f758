"""Shared variance: whether more features follow a dimension than if features were unrelated."""

from __future__ import annotations

import numpy as np

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity
from unweave.interpretation.parallel_analysis import parallel_analysis
from unweave.statistics import correlations


def shared_variance(observed: Observed) -> np.ndarray:
    """Return log(Σ_j r_jk² / λ), of correlations r with the features, P.

    λ is the largest eigenvalue that shuffled features reach, each shuffled by itself (Horn, 1965).
    Of unrelated features no linear code has a larger sum of squared correlations: w' R² w / w' R w
    is at most the largest eigenvalue of their correlation matrix R. So a code of a single column
    has 0 or less.
    """
    explained = (correlations(observed.features, observed.codes) ** 2).sum(0)
    largest = float(parallel_analysis(observed.features, seed=observed.seed).random[0])
    return np.asarray(np.log(np.maximum(explained, 1e-6) / largest))


QUANTITY = Quantity(
    name="shared_variance",
    title="variance that features share",
    source="Horn (1965)",
    supporting="several features follow it",
    lacking="no more features follow it than in a table of unrelated columns",
    function=shared_variance,
    bends=(-0.05, 0.0),
)
