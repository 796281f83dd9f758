"""Explicitness of DCI-ES: how little capacity a probe needs to tell the factors from the code."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, train_and_test_rows

# Random Fourier features that the probes have beside the K dimensions.
FEATURES = (0, 16, 64, 256)
# Weak enough that a separable factor is told at a loss near 0.
PENALTY = 1e-3


def loss_capacity(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    train_rows: int = 2_000,
    test_rows: int = 1_000,
) -> dict[str, Any]:
    """Return the mean over factors of 1 − 2 A / ((κ_max − κ_min) ℓ_0).

    Eastwood et al. (2023), explicitness. A is the area between the curve of a factor's loss over
    the capacity κ of the probe and the curve's own minimum, ℓ_0 the loss of the training rows' mean
    or frequencies; a larger probe counts with the loss of a smaller one where that is lower. It is
    1 where the smallest probe is as good as the largest, 0 where the loss falls evenly to 0, and
    −1 where only the largest probe tells the factor.

    A flat curve scores 1, be it flat because the smallest probe tells all or because none tells
    anything: read it beside ``informativeness``.

    The probes are linear in the standardised code and 0, 16, 64 and 256 random Fourier features of
    it (Rahimi and Recht, 2007), with κ the binary logarithm of the number of inputs: multinomial
    logistic regression with its log loss, and for continuous factors ridge regression with the
    mean squared error.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows.
    generator : numpy.random.Generator
    train_rows, test_rows : int
        Rows to learn from and to measure the loss on; fewer rows are split in the same proportion.

    Returns
    -------
    dict
        ``value``, in [−1, 1]; ``per_factor``; ``informativeness``, the mean of
        1 − least loss / ℓ_0; ``capacity``, κ of each probe, and ``loss``, for each factor the
        curve in units of ℓ_0.
    """
    train, test = train_and_test_rows(len(codes), train_rows, test_rows, generator)
    if not len(test):
        test = train
    inputs = _inputs(codes.astype(np.float64), train, generator)
    capacity = np.log2([codes.shape[1] + count for count in FEATURES])
    curves = {
        name: _curve(inputs, values, is_continuous, train, test)
        for name, values, is_continuous in zip(
            truth.names,
            np.where(truth.continuous, truth.values, truth.levels).T,
            truth.continuous,
            strict=True,
        )
    }
    areas = {name: np.trapezoid(loss - loss[-1], capacity) for name, loss in curves.items()}
    width = capacity[-1] - capacity[0]
    per_factor = {name: float(1 - 2 * area / width) for name, area in areas.items()}
    return {
        "value": float(np.mean(list(per_factor.values()))),
        "per_factor": per_factor,
        "informativeness": float(np.mean([1 - loss[-1] for loss in curves.values()])),
        "capacity": capacity.tolist(),
        "loss": {name: loss.tolist() for name, loss in curves.items()},
    }


def _inputs(codes: np.ndarray, train: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the standardised code, and beside it the random Fourier features."""
    mean, spread = codes[train].mean(0), codes[train].std(0)
    scaled = (codes - mean) / np.where(spread > 0, spread, 1)
    count = codes.shape[1]
    # Two random rows are about sqrt(2 K) apart, at which the features' kernel is 1 / e.
    frequencies = generator.standard_normal((count, FEATURES[-1])) / np.sqrt(count)
    phases = generator.uniform(0, 2 * np.pi, FEATURES[-1])
    return np.hstack([scaled, np.sqrt(2) * np.cos(scaled @ frequencies + phases)])


def _curve(
    inputs: np.ndarray, values: np.ndarray, continuous: bool, train: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """Return the loss of every probe in units of that of none, made to fall."""
    measure = _squared_errors if continuous else _log_losses
    dimensions = inputs.shape[1] - FEATURES[-1]
    losses, base = [], 0.0
    for count in FEATURES:
        loss, base = measure(inputs[:, : dimensions + count], values, train, test)
        losses.append(min(loss, base))
    if not base:
        return np.ones(len(FEATURES))
    return np.minimum.accumulate(losses) / base


def _squared_errors(
    inputs: np.ndarray, values: np.ndarray, train: np.ndarray, test: np.ndarray
) -> tuple[float, float]:
    from sklearn.linear_model import Ridge

    with quiet():
        model = Ridge(alpha=PENALTY).fit(inputs[train], values[train])
    errors = model.predict(inputs[test]) - values[test]
    return float((errors**2).mean()), float(((values[train].mean() - values[test]) ** 2).mean())


def _log_losses(
    inputs: np.ndarray, values: np.ndarray, train: np.ndarray, test: np.ndarray
) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    classes, counts = np.unique(values[train], return_counts=True)
    # Nothing can be said of levels that no training row has.
    test = test[np.isin(values[test], classes)]
    if len(classes) < 2 or not len(test):
        return 0.0, 0.0
    places = np.searchsorted(classes, values[test])
    with quiet():
        model = LogisticRegression(C=1 / PENALTY, max_iter=100).fit(inputs[train], values[train])
    chances = model.predict_proba(inputs[test])[np.arange(len(test)), places]
    frequencies = counts[places] / len(train)
    smallest = np.finfo(np.float64).tiny
    return float(-np.log(chances.clip(smallest)).mean()), float(-np.log(frequencies).mean())


SCORE = FactorScore(
    name="dci-explicitness",
    summary="how little capacity a probe needs to tell what the code says of factors (DCI-ES)",
    source="Eastwood et al. (2023), explicitness",
    higher_is_better=True,
    range=(-1.0, 1.0),
    function=loss_capacity,
)
