"""SAP, the gap between the two dimensions that predict a factor best."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.column_machine import ColumnMachine
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, train_and_test_rows
from unweave.statistics import gap_of_the_largest


def separated_attribute_predictability(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    train_rows: int = 10_000,
    test_rows: int = 5_000,
    cost: float = 0.01,
) -> dict[str, Any]:
    """Return the mean gap of the two dimensions that predict a factor best.

    Kumar, Sattigeri and Balakrishnan (2018), section 3. A discrete factor is predicted from one
    dimension by a linear support vector machine, scored by its balanced accuracy; a continuous one
    by its squared correlation. On one dimension a linear classifier separates two classes, not
    many, so that even a perfect code of a factor with many classes scores below 1. Dimensions are
    standardised first: the machine's cost has a unit, and it shrinks its offset too.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K; a single dimension is compared with one that predicts by chance.
    truth : Truth
        The true factors of the same rows.
    generator : numpy.random.Generator
    train_rows, test_rows : int
        By default as in Locatello et al. (2019); fewer rows are split in the same proportion.
    cost : float
        C of the support vector machine.

    Returns
    -------
    dict
        ``value``, in [0, 1], and ``per_factor``.
    """
    train, test = train_and_test_rows(len(codes), train_rows, test_rows, generator)
    scaled = codes.astype(np.float64)
    scaled -= scaled[train].mean(0)
    spread = np.where(np.ptp(codes[train], axis=0) > 0, scaled[train].std(0), 0)
    columns = np.vstack([(scaled / np.where(spread > 0, spread, 1)).T, np.zeros(len(codes))])
    table = np.zeros((len(columns), len(truth.names)))
    for f, continuous in enumerate(truth.continuous):
        for k, column in enumerate(columns):
            varies = k < len(spread) and spread[k] > 0
            if continuous:
                value = _squared_correlation(column[test], truth.values[test, f])
            elif varies:
                value = _accuracy(column, truth.levels[:, f], train, test, cost)
            else:
                value = 1 / len(np.unique(truth.levels[test, f]))
            table[k, f] = value
    gaps = gap_of_the_largest(table)
    return {
        "value": float(gaps.mean()),
        "per_factor": dict(zip(truth.names, gaps.tolist(), strict=True)),
    }


def _accuracy(
    column: np.ndarray, classes: np.ndarray, train: np.ndarray, test: np.ndarray, cost: float
) -> float:
    if len(np.unique(classes[train])) < 2:
        return 1.0
    machine = ColumnMachine(column[train], classes[train], cost)
    right = machine.predict(column[test]) == classes[test]
    # Balanced: every class that occurs has the same weight.
    return float(np.mean([right[classes[test] == each].mean() for each in set(classes[test])]))


def _squared_correlation(one: np.ndarray, other: np.ndarray) -> float:
    if len(one) < 2 or not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)


SCORE = FactorScore(
    name="sap",
    summary="gap between the two dimensions that predict a factor best",
    source="Kumar, Sattigeri and Balakrishnan (2018), section 3",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=separated_attribute_predictability,
    open_only=True,
)
