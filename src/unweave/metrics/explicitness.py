"""Explicitness: whether linear classifiers can read the factors off the whole code."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.truth import Truth, learnt_and_tested


def explicitness(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    learnt: int = 10_000,
    tested: int = 5_000,
) -> dict[str, Any]:
    """Return the mean area under the ROC curve of a factor's classes, each against the rest.

    Ridgeway and Mozer (2018), section 3, with multinomial logistic regression on the
    standardised code. It does not see a rotation: a code that is a linear image of another
    says as much.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        Of the same rows; continuous factors in 20 bins.
    generator : numpy.random.Generator
    learnt, tested : int
        Rows, as in Locatello et al. (2019); of fewer in the same proportion.

    Returns
    -------
    dict
        ``value``, from 0.5 (chance) to 1, and ``per_factor``.
    """
    from sklearn.linear_model import LogisticRegression

    first, second = learnt_and_tested(len(codes), learnt, tested, generator)
    mean, spread = codes[first].mean(0), codes[first].std(0, dtype=np.float64)
    scaled = (codes - mean) / np.where(spread > 0, spread, 1)
    found = {}
    for f, name in enumerate(truth.names):
        classes = truth.levels[:, f]
        if len(np.unique(classes[first])) < 2:
            found[name] = 0.5
            continue
        with quiet():
            model = LogisticRegression(max_iter=500).fit(scaled[first], classes[first])
        chances = model.predict_proba(scaled[second])
        areas = [
            _area(chances[:, place], classes[second] == each)
            for place, each in enumerate(model.classes_)
        ]
        found[name] = float(np.nanmean(areas)) if not np.isnan(areas).all() else 0.5
    return {"value": float(np.mean(list(found.values()))), "per_factor": found}


def _area(scores: np.ndarray, inside: np.ndarray) -> float:
    """Return the area under the ROC curve, by ranks; NaN where a side is empty."""
    from scipy.stats import rankdata

    count = inside.sum()
    if not 0 < count < len(inside):
        return float("nan")
    ranks = rankdata(scores)[inside].sum() - count * (count + 1) / 2
    return float(ranks / (count * (len(inside) - count)))
