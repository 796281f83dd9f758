"""SAP: by how much one dimension predicts a factor better than any other."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.truth import Truth, learnt_and_tested


def separated_attribute_predictability(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    learnt: int = 10_000,
    tested: int = 5_000,
    cost: float = 0.01,
) -> dict[str, Any]:
    """Return the mean gap of the two dimensions that predict a factor best.

    Kumar, Sattigeri and Balakrishnan (2018), section 3: of a discrete factor the balanced
    accuracy of a linear support vector machine on one dimension, of a continuous one the
    squared correlation. On one dimension a linear classifier can part two classes, not many, so
    that even a perfect code of a factor with many classes stays below 1.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K; a single dimension counts as beside one that predicts by chance.
    truth : Truth
        Of the same rows.
    generator : numpy.random.Generator
    learnt, tested : int
        Rows, as in Locatello et al. (2019); of fewer in the same proportion.
    cost : float
        C of the machine.

    Returns
    -------
    dict
        ``value``, in [0, 1], and ``per_factor``.
    """
    first, second = learnt_and_tested(len(codes), learnt, tested, generator)
    spread = codes[first].std(0, dtype=np.float64)
    columns = np.vstack([codes.T.astype(np.float64), np.zeros(len(codes))])
    table = np.zeros((len(columns), len(truth.names)))
    for f, continuous in enumerate(truth.continuous):
        for k, column in enumerate(columns):
            varies = k < len(spread) and spread[k] > 0
            if continuous:
                value = _squared_correlation(column[second], truth.values[second, f])
            elif varies:
                value = _accuracy(column, truth.levels[:, f], first, second, cost)
            else:
                value = 1 / len(np.unique(truth.levels[second, f]))
            table[k, f] = value
    ordered = np.sort(table, axis=0)
    gaps = ordered[-1] - ordered[-2]
    return {
        "value": float(gaps.mean()),
        "per_factor": dict(zip(truth.names, gaps.tolist(), strict=True)),
    }


def _accuracy(
    column: np.ndarray, classes: np.ndarray, first: np.ndarray, second: np.ndarray, cost: float
) -> float:
    from sklearn.svm import LinearSVC

    if len(np.unique(classes[first])) < 2:
        return 1.0
    machine = LinearSVC(C=cost, class_weight="balanced", dual=False)
    with quiet():
        machine.fit(column[first, None], classes[first])
    right = machine.predict(column[second, None]) == classes[second]
    # Balanced: every class that there is counts alike.
    return float(np.mean([right[classes[second] == each].mean() for each in set(classes[second])]))


def _squared_correlation(one: np.ndarray, other: np.ndarray) -> float:
    if len(one) < 2 or not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)
