"""β-VAE score: the accuracy of a linear classifier of the factor that pairs of samples share."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import FixedFactor, Truth

_POINTS_AT_ONCE = 1_000


def beta_vae_score(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    pairs: int = 64,
    train_points: int = 10_000,
    test_points: int = 5_000,
) -> dict[str, Any]:
    """Return how well a linear classifier finds the shared factor from differences of codes.

    Higgins et al. (2017), section 3. A point is the mean of |z − z'| over `pairs` pairs that
    share one factor's level; multinomial logistic regression is trained on `train_points` points
    and tested on others. Differences are divided by the codes' deviations first, so that the
    score does not depend on the scale of a dimension.

    It only shows that factors leave different traces: a code that ignores a factor still
    scores 1 (Kim and Mnih, 2018, Figure 3).

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    pairs, train_points, test_points : int
        By default as in Locatello et al. (2019).

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
    factors = generator.integers(count, size=train_points + test_points)
    fixed = FixedFactor(truth, generator)
    points = np.empty((len(factors), codes.shape[1]))
    for start in range(0, len(factors), _POINTS_AT_ONCE):
        some = np.repeat(factors[start : start + _POINTS_AT_ONCE], pairs)
        rows = generator.integers(len(codes), size=len(some))
        differences = np.abs(scaled[rows] - scaled[fixed.partners(rows, some)])
        means = differences.reshape(-1, pairs, differences.shape[1]).mean(1)
        points[start : start + _POINTS_AT_ONCE] = means
    # Means of 64 differences differ by tenths: unit deviations let the classifier see them.
    centred = points - points[:train_points].mean(0)
    width = centred[:train_points].std(0)
    centred /= np.where(width > 0, width, 1)
    with quiet():
        model = LogisticRegression(max_iter=500).fit(centred[:train_points], factors[:train_points])
    return {"value": float(model.score(centred[train_points:], factors[train_points:]))}


SCORE = FactorScore(
    name="beta-vae-score",
    summary="linear classifier of the shared factor, on differences of codes",
    source="Higgins et al. (2017), section 3",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=beta_vae_score,
    least_factors=2,
)
