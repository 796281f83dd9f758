"""MIG-sup: the gap between the two factors that a dimension knows best."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, factor_information
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth
from unweave.statistics import gap_of_the_largest

# Least variance of an active dimension (Burda, Grosse and Salakhutdinov, 2016).
LEAST_VARIANCE = 0.01


def gap_of_dimensions(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return the mean over dimensions of the gap of the two largest I(z_k; v_f) / H(v_f).

    Li, Murkute, Gyawali and Wang (2020), whose I is divided by the factor's entropy,
    as in MIG. The mean is over all dimensions, so that one that knows nothing counts 0.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins; a single factor is
        compared with one of which nothing is known.
    generator : numpy.random.Generator
    bins, most_rows : int
        By default those of MIG.

    Returns
    -------
    dict
        ``value``, in [0, 1]; ``per_dimension``; ``of_active``, the mean over the dimensions of
        variance above 0.01, 0 where there is none.
    """
    information, entropies = factor_information(
        codes, truth, generator, bins=bins, most_rows=most_rows
    )
    shares = information / np.where(entropies > 0, entropies, 1)
    gaps = gap_of_the_largest(np.hstack([shares, np.zeros_like(shares[:, :1])]), axis=1)
    active = gaps[codes.var(0, dtype=np.float64) > LEAST_VARIANCE]
    return {
        "value": float(gaps.mean()),
        "per_dimension": gaps.tolist(),
        "of_active": float(active.mean()) if len(active) else 0.0,
    }


SCORE = FactorScore(
    name="mig-sup",
    summary="gap between the two factors that a dimension knows most of",
    source="Li, Murkute, Gyawali and Wang (2020), MIG-sup",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=gap_of_dimensions,
)
