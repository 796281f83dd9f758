"""β-VAE score: whether a linear classifier can tell which factor two samples share."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.truth import FixedFactor, Truth

_POINTS_AT_ONCE = 1_000


def beta_vae_score(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    pairs: int = 64,
    learnt: int = 10_000,
    tested: int = 5_000,
) -> dict[str, Any]:
    """Return how well a linear classifier tells the shared factor from differences of codes.

    Higgins et al. (2017), section 3. A point is the mean of |z − z'| over `pairs` pairs that
    share one factor's level; multinomial logistic regression learns from `learnt` points and is
    tested on others. Differences are divided by the codes' deviations first, so that the
    score does not depend on the scale of a dimension.

    It tells no more than that factors leave different traces: a rotated code, or one that
    ignores a factor, still has 1 (Kim and Mnih, 2018, Figure 3).

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        Of the same rows; continuous factors in 20 bins.
    generator : numpy.random.Generator
    pairs, learnt, tested : int
        As in Locatello et al. (2019).

    Returns
    -------
    dict
        ``value``: accuracy, from chance (1 / F) to 1.
    """
    from sklearn.linear_model import LogisticRegression

    count = len(truth.names)
    if count < 2:
        return {"value": 1.0}
    spread = codes.std(0, dtype=np.float64)
    scaled = np.divide(codes, spread, out=np.zeros(codes.shape), where=spread > 0)
    factors = generator.integers(count, size=learnt + tested)
    fixed = FixedFactor(truth, generator)
    points = np.empty((len(factors), codes.shape[1]))
    for start in range(0, len(factors), _POINTS_AT_ONCE):
        some = np.repeat(factors[start : start + _POINTS_AT_ONCE], pairs)
        rows = generator.integers(len(codes), size=len(some))
        apart = np.abs(scaled[rows] - scaled[fixed.partners(rows, some)])
        points[start : start + _POINTS_AT_ONCE] = apart.reshape(-1, pairs, apart.shape[1]).mean(1)
    # Means of 64 differences differ by tenths: unit deviations let the classifier see them.
    centred = points - points[:learnt].mean(0)
    width = centred[:learnt].std(0)
    centred /= np.where(width > 0, width, 1)
    with quiet():
        model = LogisticRegression(max_iter=500).fit(centred[:learnt], factors[:learnt])
    return {"value": float(model.score(centred[learnt:], factors[learnt:]))}
