"""Explicitness: how well linear classifiers read the factors off the whole code."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, train_and_test_rows
from unweave.statistics import ranks


def explicitness(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    train_rows: int = 10_000,
    test_rows: int = 5_000,
) -> dict[str, Any]:
    """Return the mean area under the ROC curve of a factor's classes, each against the rest.

    Ridgeway and Mozer (2018), section 3, with multinomial logistic regression on the
    standardised code. It is blind to rotations: an invertible linear map of a code scores
    about the same.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    train_rows, test_rows : int
        By default as in Locatello et al. (2019); fewer rows are split in the same proportion.

    Returns
    -------
    dict
        ``value``, 0.5 at chance and 1 at best, and ``per_factor``.
    """
    from sklearn.linear_model import LogisticRegression

    train, test = train_and_test_rows(len(codes), train_rows, test_rows, generator)
    mean, spread = codes[train].mean(0), codes[train].std(0, dtype=np.float64)
    scaled = (codes - mean) / np.where(spread > 0, spread, 1)
    found = {}
    for f, name in enumerate(truth.names):
        classes = truth.levels[:, f]
        if len(np.unique(classes[train])) < 2:
            found[name] = 0.5
            continue
        with quiet():
            model = LogisticRegression(max_iter=500).fit(scaled[train], classes[train])
        chances = model.predict_proba(scaled[test])
        areas = [
            _area(chances[:, place], classes[test] == each)
            for place, each in enumerate(model.classes_)
        ]
        found[name] = float(np.nanmean(areas)) if not np.isnan(areas).all() else 0.5
    return {"value": float(np.mean(list(found.values()))), "per_factor": found}


def _area(scores: np.ndarray, inside: np.ndarray) -> float:
    """Return the area under the ROC curve, by ranks; NaN where a side is empty."""
    count = inside.sum()
    if not 0 < count < len(inside):
        return float("nan")
    above = ranks(scores)[inside].sum() - count * (count + 1) / 2
    return float(above / (count * (len(inside) - count)))


SCORE = FactorScore(
    name="explicitness",
    summary="how well linear classifiers tell the factors from the whole code",
    source="Ridgeway and Mozer (2018), section 3",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=explicitness,
)
