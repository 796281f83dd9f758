"""DCI: disentanglement, completeness and informativeness, from trees that predict factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.boosted_trees import boosted_trees
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, train_and_test_rows
from unweave.statistics import concentration


def dci(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    train_rows: int = 10_000,
    test_rows: int = 5_000,
) -> dict[str, Any]:
    """Return how exclusively dimensions and factors belong to each other, and how well.

    Eastwood and Williams (2018), section 2. In 100 rounds, boosted trees of depth 3 predict each
    factor from the code, one tree a class and round; R_kf is the share of their gain that comes
    from splits on z_k (see `boosted_trees`). Disentanglement is 1 − H(R_k·) / log F, averaged over
    dimensions by their shares of all importance; completeness 1 − H(R_·f) / log K; informativeness
    the accuracy on other rows (for continuous factors R², at least 0).

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows.
    generator : numpy.random.Generator
    train_rows, test_rows : int
        By default as in Locatello et al. (2019); fewer rows are split in the same proportion.

    Returns
    -------
    dict
        ``disentanglement``, ``completeness`` and ``informativeness``, in [0, 1], and
        ``importance``, K x F, each factor's summing to 1.
    """
    train, test = train_and_test_rows(len(codes), train_rows, test_rows, generator)
    values = [
        truth.values[:, f] if continuous else truth.levels[:, f]
        for f, continuous in enumerate(truth.continuous)
    ]
    found = boosted_trees(
        codes[np.concatenate([train, test])], [each[train] for each in values], truth.continuous
    )
    predicted = [
        _quality(each[test], prediction[len(train) :], continuous)
        for each, prediction, continuous in zip(
            values, found.predictions, truth.continuous, strict=True
        )
    ]
    return {
        "disentanglement": exclusiveness(found.importance),
        "completeness": exclusiveness(found.importance.T),
        "informativeness": float(np.mean(predicted)),
        "importance": found.importance.tolist(),
    }


def _quality(true: np.ndarray, predicted: np.ndarray, continuous: bool) -> float:
    """Return the accuracy, or for a continuous factor R², at least 0."""
    if not continuous or not np.ptp(true):
        return float((predicted == true).mean())
    return max(float(1 - ((predicted - true) ** 2).mean() / true.var()), 0.0)


def exclusiveness(importance: np.ndarray) -> float:
    """Return the rows' mean concentration on one column, weighted by their sums."""
    weights = importance.sum(1)
    if importance.shape[1] < 2 or not weights.any():
        return float(weights.any())
    return float((concentration(importance) * weights).sum() / weights.sum())


_SOURCE = "Eastwood and Williams (2018), section 2"
SCORES = (
    FactorScore(
        name="dci-disentanglement",
        summary="does each dimension matter to one factor alone, by boosted trees",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=dci,
        shown="disentanglement",
        least_factors=2,
    ),
    FactorScore(
        name="dci-completeness",
        summary="is each factor told by one dimension alone, by boosted trees",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=dci,
        shown="completeness",
    ),
    FactorScore(
        name="dci-informativeness",
        summary="how well boosted trees tell the factors from the code",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=dci,
        shown="informativeness",
    ),
)
