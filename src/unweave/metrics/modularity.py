"""Modularity: whether each dimension knows of one factor alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, factor_information
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
    for a dimension that knows of none. It says nothing of factors that no dimension knows of.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        Of the same rows; continuous factors in 20 bins.
    generator : numpy.random.Generator
    bins, most_rows : int
        As in Locatello et al. (2019).

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
