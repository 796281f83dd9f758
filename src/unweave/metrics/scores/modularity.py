"""Modularity: the share of what a dimension knows that is about one factor alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, chance_corrected_information
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth
from unweave.statistics import finite_or_none


def modularity(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return the mean over dimensions of how near they are to knowing of one factor alone.

    Ridgeway and Mozer (2018), section 3: 1 − Σ_{f ≠ best} I_kf² / (I_k,best² (F − 1)), where I is
    less what chance gives (see `FactorInformation`). Dimensions that know of no factor, and
    factors that no dimension knows of, do not count.

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
        ``value``, in [0, 1], 0 where no dimension knows of a factor; ``per_dimension``, None for
        those that know of none; and ``uncorrected``, the mean over all dimensions of the same
        figure of plain estimates, 0 for a constant one.
    """
    found = chance_corrected_information(codes, truth, generator, bins=bins, most_rows=most_rows)
    each, plain = _modularities(found.corrected), _modularities(found.plain)
    knows = ~np.isnan(each)
    return {
        "value": float(each[knows].mean()) if knows.any() else 0.0,
        "per_dimension": finite_or_none(each.tolist()),
        "uncorrected": float(np.nan_to_num(plain).mean()),
    }


def _modularities(information: np.ndarray) -> np.ndarray:
    """Return every dimension's modularity; NaN where it knows nothing."""
    squares = information**2
    best = squares.max(1)
    rest = squares.sum(1) - best
    others = max(information.shape[1] - 1, 1)
    return np.where(best > 0, 1 - rest / (np.where(best > 0, best, 1) * others), np.nan)


SCORE = FactorScore(
    name="modularity",
    summary="does each dimension know of one factor alone",
    source="Ridgeway and Mozer (2018), section 3",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=modularity,
    open_only=True,
    least_factors=2,
)
