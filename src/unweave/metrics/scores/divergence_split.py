"""The KL of posterior from prior, split into three: mutual information, total correlation, rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from unweave.metrics.score import Kind, PosteriorScore
from unweave.metrics.truth import some_rows

_HELD_AT_ONCE = 4_000_000
_OWN_WEIGHT = 0.5


def divergence_split(
    mean: np.ndarray,
    log_variance: np.ndarray,
    generator: np.random.Generator,
    *,
    draws: int = 2_000,
    mixture: int = 10_000,
) -> dict[str, Any]:
    """Return mutual information, total correlation and dimension-wise KL, in nats.

    Lang and Liu (arXiv 2603.11242), Lemma 1; Chen et al. (2018), equation 2:

    E KL(q(z|x) ‖ p(z)) = I(z; x) + KL(q(z) ‖ Π q(z_k)) + Σ KL(q(z_k) ‖ p(z_k)).

    The left side is exact, the mean over all rows. Of the right side, the log-densities q(z) and
    q(z_k) are estimated at draws z of q(z), as mixtures of the posteriors of up to `mixture` rows,
    and the mutual information is the rest, so that the parts add up. Of few rows, a mixture that
    holds the posterior which z was drawn from is too dense at z, and one that does not is too
    thin, by nearly the same: here it has half the weight. What is left of the bias is found by
    pairing the dimensions of different rows: they share nothing, so that the total correlation
    that is estimated of them is bias, and is taken off.

    Parameters
    ----------
    mean, log_variance : numpy.ndarray
        Means and log-variances of q(z|x), N x K.
    generator : numpy.random.Generator
    draws : int
        Codes drawn for the expectations; of fewer rows several are drawn from each.
    mixture : int
        The most posteriors that make up q(z).

    Returns
    -------
    dict
        ``mutual_information``, ``total_correlation``, ``dimension_wise``; ``kl``, their sum;
        ``errors``, their standard errors; ``bias``, the total correlation of paired rows that was
        taken off: where it is large beside the total correlation, posteriors are too narrow for
        so few rows, and the latter is too low; and ``most``, log(2M − 1) of M posteriors.
    """
    mean, log_variance = (each.astype(np.float64) for each in (mean, log_variance))
    kl = float(0.5 * (mean**2 + np.expm1(log_variance) - log_variance).sum(1).mean())
    rows = some_rows(len(mean), mixture, generator)
    mixed = _Mixture(mean[rows], np.exp(log_variance[rows] / 2))
    drawn = min(draws, len(rows))
    noise = generator.standard_normal((-(-draws // drawn), drawn, mean.shape[1]))
    codes = mixed.mean[:drawn] + mixed.deviation[:drawn] * noise
    joint, each = mixed.log_joint(codes), mixed.log_marginals(codes)
    marginals = each.sum(2)
    # The rows that are drawn from are paired among themselves, and so are their codes.
    apart = np.stack([_shuffled(generator, drawn, len(rows)) for _ in range(mean.shape[1])], axis=1)
    strangers = _Mixture(*(np.take_along_axis(table, apart, 0) for table in mixed))
    pairs, of_pairs = (np.take_along_axis(table, apart[None, :drawn], 1) for table in (codes, each))
    unshared = strangers.log_joint(pairs) - of_pairs.sum(2)
    bias = float(unshared.mean())
    prior = -0.5 * (codes**2 + np.log(2 * np.pi)).sum(2)
    correlation, wise = float((joint - marginals).mean()), float((marginals - prior).mean())
    return {
        "mutual_information": kl - wise - (correlation - bias),
        "total_correlation": correlation - bias,
        "dimension_wise": wise,
        "kl": kl,
        "errors": {
            "mutual_information": _error(joint - prior),
            "total_correlation": math.hypot(_error(joint - marginals), _error(unshared)),
            "dimension_wise": _error(marginals - prior),
        },
        "bias": bias,
        "most": float(np.log(2 * len(rows) - 1)),
    }


class _Mixture(NamedTuple):
    """M posteriors, whose mixture is q(z): means and deviations, M x K each.

    Codes are R x D x K: R draws from each of the first D posteriors.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def log_joint(self, codes: np.ndarray) -> np.ndarray:
        """Return log q(z), R x D."""
        precise = self.deviation**-2.0
        # Σ (z − μ)² / σ² as one product of matrices.
        of_rows = np.concatenate(
            [precise, -2 * precise * self.mean, np.ones_like(precise[:, :1])], axis=1
        )
        of_rows[:, -1] = (precise * self.mean**2).sum(1)
        scale = -np.log(self.deviation).sum(1)
        found = np.empty(codes.shape[:2])
        for place, some in self._pieces(codes):
            powers = np.concatenate([some**2, some, np.ones_like(some[:, :1])], axis=1)
            logs = scale - 0.5 * np.maximum(powers @ of_rows.T, 0)
            own = logs[np.arange(len(some)), place[1]]
            top = logs.max(1)
            sums = np.exp(logs - top[:, None]).sum(1) - (1 - _OWN_WEIGHT) * np.exp(own - top)
            found[place] = top + np.log(sums)
        return np.asarray(found - self._constant(codes.shape[2]))

    def log_marginals(self, codes: np.ndarray) -> np.ndarray:
        """Return log q(z_k), R x D x K."""
        found = np.empty(codes.shape)
        for place, some in self._pieces(codes):
            for k, (mean, deviation) in enumerate(zip(self.mean.T, self.deviation.T, strict=True)):
                scaled = some[:, k, None] / deviation
                scaled -= mean / deviation
                np.exp(-0.5 * scaled * scaled, out=scaled)
                own = scaled[np.arange(len(some)), place[1]] / deviation[place[1]]
                found[(*place, k)] = np.log(scaled @ (1 / deviation) - (1 - _OWN_WEIGHT) * own)
        return np.asarray(found - self._constant(1))

    def _constant(self, dimensions: int) -> float:
        """Return the logarithm of what sums of exponentials are divided by."""
        return math.log(len(self.mean) - 1 + _OWN_WEIGHT) + dimensions / 2 * math.log(2 * math.pi)

    def _pieces(self, codes: np.ndarray) -> Iterator[tuple[tuple[int, np.ndarray], np.ndarray]]:
        """Yield places and codes, few enough to be held beside all posteriors."""
        step = max(1, _HELD_AT_ONCE // len(self.mean))
        for repeat, each in enumerate(codes):
            for start in range(0, len(each), step):
                place = np.arange(start, min(start + step, len(each)))
                yield (repeat, place), each[place]


def _shuffled(generator: np.random.Generator, first: int, count: int) -> np.ndarray:
    """Return the numbers below `count` in random order, those below `first` first."""
    return np.concatenate(
        [generator.permutation(first), first + generator.permutation(count - first)]
    )


def _error(draws: np.ndarray) -> float:
    """Return the standard error of a mean of R x D draws, D of them independent."""
    of_rows = draws.mean(0)
    if len(of_rows) < 2:
        return 0.0
    return float(of_rows.std(ddof=1) / np.sqrt(len(of_rows)))


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
