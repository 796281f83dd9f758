"""MCC: the mean correlation of the factors with the dimensions that are matched to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, some_rows
from unweave.statistics import correlations, ranks

MOST_ROWS = 10_000


def mean_correlation(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return the mean of |corr(v_f, z_π(f))| for the best matching π of factors to dimensions.

    Hyvärinen and Morioka (2016), in their simulations; out of sample as in Khemakhem et al.
    (2020): π is the injective map of the largest sum on one half of the rows, and the correlations
    are those of the other half. Every factor counts; one without a dimension of its own, where
    F > K, counts 0.

    Values of a factor are taken in order: for names of classes, such as shapes, that order is
    arbitrary, and so is a correlation.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, as numbers.
    generator : numpy.random.Generator
    most_rows : int
        Rows drawn where there are more; half of them to match, half of them to score.

    Returns
    -------
    dict
        ``pearson`` and ``spearman``, in [0, 1]; ``per_factor`` and ``matched``, for each of the
        two the correlation of every factor, and its dimension or None.
    """
    rows = some_rows(len(codes), most_rows, generator)
    first, second = np.array_split(rows, 2)
    if not len(second):
        second = first
    found: dict[str, Any] = {"per_factor": {}, "matched": {}}
    for kind, prepared in (("pearson", np.asarray), ("spearman", ranks)):
        halves = [
            np.abs(correlations(prepared(truth.values[half]), prepared(codes[half])))
            for half in (first, second)
        ]
        each, matched = _matched(*halves)
        found[kind] = float(each.mean())
        found["per_factor"][kind] = dict(zip(truth.names, each.tolist(), strict=True))
        found["matched"][kind] = dict(zip(truth.names, matched, strict=True))
    return found


def _matched(to_match: np.ndarray, to_score: np.ndarray) -> tuple[np.ndarray, list[int | None]]:
    """Return each factor's correlation, F x K, with the dimension it is matched to, and this."""
    from scipy.optimize import linear_sum_assignment

    each = np.zeros(len(to_score))
    matched: list[int | None] = [None] * len(to_score)
    for factor, dimension in zip(*linear_sum_assignment(to_match, maximize=True), strict=True):
        # Rounding can leave a correlation a hair above 1.
        each[factor] = min(to_score[factor, dimension], 1.0)
        matched[factor] = int(dimension)
    return each, matched


_SOURCE = "Hyvärinen and Morioka (2016), simulations"
SCORES = (
    FactorScore(
        name="mcc",
        summary="mean correlation of factors with the dimensions matched to them (Pearson)",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=mean_correlation,
        shown="pearson",
    ),
    FactorScore(
        name="mcc-spearman",
        summary="mean rank correlation of factors with the dimensions matched to them",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=mean_correlation,
        shown="spearman",
    ),
)
