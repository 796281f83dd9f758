"""Active units: the share of dimensions whose posterior means vary from sample to sample."""

from typing import Any

import numpy as np

from unweave.metrics.score import PosteriorScore

LEAST_VARIANCE = 0.01


def active_units(
    mean: np.ndarray, log_variance: np.ndarray, generator: np.random.Generator
) -> dict[str, Any]:
    """Return the share of active dimensions, those of Var_x E[z_k|x] > 0.01.

    Burda, Grosse and Salakhutdinov (2016), section 5.2.

    Parameters
    ----------
    mean, log_variance : numpy.ndarray
        Means and log-variances of q(z|x), N x K.
    generator : numpy.random.Generator
        Not used: nothing is drawn.

    Returns
    -------
    dict
        ``value``, in [0, 1], and ``active``, the dimensions that are.
    """
    active = mean.var(0, dtype=np.float64) > LEAST_VARIANCE
    return {"value": float(active.mean()), "active": np.flatnonzero(active).tolist()}


SCORE = PosteriorScore(
    name="active-units",
    summary="share of dimensions whose posterior means vary",
    source="Burda, Grosse and Salakhutdinov (2016), section 5.2",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=active_units,
)
