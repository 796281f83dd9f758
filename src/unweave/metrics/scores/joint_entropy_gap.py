"""JEMMIG: the joint entropy of a factor and its best dimension, less the information gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, factor_information
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, some_rows
from unweave.statistics import bins_of_equal_count, bins_of_equal_width, entropy


def joint_entropy_gap(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return the mean of 1 − [H(z*, v) − I(z*; v) + I(z°; v)] / (H(v) + log B) over the factors.

    Do and Tran (2020), divided by its largest value so that it lies in [0, 1] and
    higher is better. z* is the dimension that knows most of v, z° the next, B the number of bins.
    Unlike MIG it is lowered by whatever else z* knows.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K; a single dimension is compared with one that knows nothing.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    bins, most_rows : int
        By default those of MIG.

    Returns
    -------
    dict
        ``value``, in [0, 1], and ``per_factor``.
    """
    rows = some_rows(len(codes), most_rows, generator)
    part = Truth(truth.names, truth.values[rows], truth.continuous)
    information, entropies = factor_information(
        codes[rows], part, generator, bins=bins, most_rows=most_rows
    )
    values = codes[rows].astype(np.float64)
    # As for the information: bins of equal width, and of equal count beside continuous factors.
    own = np.stack(
        [_entropies(cut(values, bins)) for cut in (bins_of_equal_width, bins_of_equal_count)]
    )
    largest, best = information.max(0), information.argmax(0)
    others = np.vstack([information, np.zeros_like(information[:1])])
    others[best, np.arange(len(best))] = 0
    joint = own[np.array(truth.continuous, dtype=int), best] + entropies - largest
    each = 1 - (joint - largest + others.max(0)) / (entropies + np.log(bins))
    return {
        "value": float(each.mean()),
        "per_factor": dict(zip(truth.names, each.tolist(), strict=True)),
    }


def _entropies(binned: np.ndarray) -> np.ndarray:
    return np.array([entropy(np.bincount(column) / len(binned)) for column in binned.T])


SCORE = FactorScore(
    name="jemmig",
    summary="information gap of a factor, less what its best dimension knows besides (JEMMIG)",
    source="Do and Tran (2020), JEMMIG",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=joint_entropy_gap,
)
