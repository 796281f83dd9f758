"""Modularity: the share of what a dimension knows that is about one factor alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, factor_information
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth


def modularity(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return the mean over dimensions of how near they are to knowing of one factor alone.

    Ridgeway and Mozer (2018), section 3: 1 − Σ_{f ≠ best} I_kf² / (I_k,best² (F − 1)), and 0
    for a dimension that knows of none. Factors that no dimension knows of do not count.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    bins, most_rows : int
        By default as in Locatello et al. (2019).

    Returns
    -------
    dict
        ``value``, in [0, 1], and ``per_dimension``.
    """
    information, _ = factor_information(codes, truth, generator, bins=bins, most_rows=most_rows)
    squares = information**2
    best = squares.max(1)
    rest = squares.sum(1) - best
    others = max(len(truth.names) - 1, 1)
    each = np.where(best > 0, 1 - rest / (np.where(best > 0, best, 1) * others), 0)
    return {"value": float(each.mean()), "per_dimension": each.tolist()}


SCORE = FactorScore(
    name="modularity",
    summary="does each dimension know of one factor alone",
    source="Ridgeway and Mozer (2018), section 3",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=modularity,
)
