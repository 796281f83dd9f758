"""The KL of posterior from prior, split into three: mutual information, total correlation, rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import logsumexp

from unweave.metrics.score import Kind, PosteriorScore
from unweave.metrics.truth import some_rows

_HELD_AT_ONCE = 4_000_000


def divergence_split(
    mean: np.ndarray,
    log_variance: np.ndarray,
    generator: np.random.Generator,
    *,
    draws: int = 1_000,
    mixture: int = 10_000,
) -> dict[str, Any]:
    """Return mutual information, total correlation and dimension-wise KL, in nats.

    Lang and Liu (arXiv 2603.11242), Lemma 1; Chen et al. (2018), equation 2:

    E KL(q(z|x) ‖ p(z)) = I(z; x) + KL(q(z) ‖ Π q(z_k)) + Σ KL(q(z_k) ‖ p(z_k)).

    Expectations are means over draws z of q(z); q(z) and q(z_k) are the mixtures of the
    posteriors of up to `mixture` rows, the one that z was drawn from included. A mixture of M
    posteriors holds log M nats of mutual information at most: where the estimate comes near
    that, it is too low, and the total correlation too high.

    Parameters
    ----------
    mean, log_variance : numpy.ndarray
        Means and log-variances of q(z|x), N x K.
    generator : numpy.random.Generator
    draws : int
        Codes drawn for the expectations.
    mixture : int
        The most posteriors that make up q(z).

    Returns
    -------
    dict
        ``mutual_information``, ``total_correlation``, ``dimension_wise``, and ``most``, the
        log M that bounds the first.
    """
    rows = some_rows(len(mean), mixture, generator)
    mean, log_variance = (each[rows].astype(np.float64) for each in (mean, log_variance))
    origin = np.arange(len(rows))[:draws]
    noise = generator.standard_normal((len(origin), mean.shape[1]))
    codes = mean[origin] + np.exp(log_variance[origin] / 2) * noise
    own = _log_normal(codes, mean[origin], log_variance[origin])
    joint, marginals = np.empty(len(codes)), np.empty(codes.shape)
    step = max(1, _HELD_AT_ONCE // mean.size)
    for start in range(0, len(codes), step):
        some = slice(start, start + step)
        densities = _log_normal(codes[some, None], mean, log_variance)
        joint[some] = logsumexp(densities.sum(2), axis=1)
        marginals[some] = logsumexp(densities, axis=1)
    count = np.log(len(mean))
    joint, marginals = joint - count, marginals - count
    prior = _log_normal(codes, 0.0, 0.0)
    return {
        "mutual_information": float((own.sum(1) - joint).mean()),
        "total_correlation": float((joint - marginals.sum(1)).mean()),
        "dimension_wise": float((marginals - prior).sum(1).mean()),
        "most": float(count),
    }


def _log_normal(
    values: np.ndarray, mean: np.ndarray | float, log_variance: np.ndarray | float
) -> np.ndarray:
    scaled = (values - mean) ** 2 * np.exp(-np.asarray(log_variance))
    return np.asarray(-0.5 * (scaled + log_variance + np.log(2 * np.pi)))


_SOURCE = "Lang and Liu (arXiv 2603.11242), Lemma 1"
# Of the quantities: estimates of nothing can come out a little below 0.
_RANGE = (0.0, math.inf)
_NATS: dict[Kind, str] = {"images": "nats", "table": "nats"}
SCORES = (
    PosteriorScore(
        name="mutual-information",
        summary="what codes tell of samples: a part of the KL",
        source=_SOURCE,
        higher_is_better=True,
        range=_RANGE,
        units=_NATS,
        function=divergence_split,
        shown="mutual_information",
    ),
    PosteriorScore(
        name="total-correlation",
        summary="what dimensions share with each other: a part of the KL",
        source=_SOURCE,
        higher_is_better=False,
        range=_RANGE,
        units=_NATS,
        function=divergence_split,
        shown="total_correlation",
    ),
    PosteriorScore(
        name="dimension-wise-kl",
        summary="how far dimensions are from the prior, each by itself: a part of the KL",
        source=_SOURCE,
        higher_is_better=False,
        range=_RANGE,
        units=_NATS,
        function=divergence_split,
        shown="dimension_wise",
    ),
)
