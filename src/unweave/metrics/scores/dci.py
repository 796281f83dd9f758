"""DCI: disentanglement, completeness and informativeness, from trees that predict factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, train_and_test_rows
from unweave.statistics import concentration

TREES = 100


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
    from splits on z_k. Disentanglement is 1 − H(R_k·) / log F, averaged over dimensions by their
    shares of all importance; completeness 1 − H(R_·f) / log K; informativeness the accuracy on
    other rows (for continuous factors R², at least 0).

    Trees split on histograms of 255 bins, an order of magnitude faster than on every value.

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
    importance = np.zeros((codes.shape[1], len(truth.names)))
    predicted = np.zeros(len(truth.names))
    for f, continuous in enumerate(truth.continuous):
        values = truth.values[:, f] if continuous else truth.levels[:, f]
        importance[:, f], predicted[f] = _predicted(codes, values, continuous, train, test)
    return {
        "disentanglement": exclusiveness(importance),
        "completeness": exclusiveness(importance.T),
        "informativeness": float(predicted.mean()),
        "importance": importance.tolist(),
    }


def _predicted(
    codes: np.ndarray, values: np.ndarray, continuous: bool, train: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the importance of every dimension for one factor, and how well that is predicted."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    gains = np.zeros(codes.shape[1])
    if not np.ptp(values[train]):
        return gains, 1.0 if (values[test] == values[train[0]]).all() else 0.0
    kind = HistGradientBoostingRegressor if continuous else HistGradientBoostingClassifier
    model = kind(max_iter=TREES, max_depth=3, min_samples_leaf=1, early_stopping=False)
    with quiet():
        model.fit(codes[train], values[train])
        accuracy = max(float(model.score(codes[test], values[test])), 0.0)
    # The library has no importances of these trees; their nodes hold the gains.
    for trees in model._predictors:
        for tree in trees:
            inner = tree.nodes[tree.nodes["is_leaf"] == 0]
            np.add.at(gains, inner["feature_idx"], inner["gain"])
    total = gains.sum()
    return (gains / total if total > 0 else gains), accuracy


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
