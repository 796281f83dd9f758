"""Negative binomial likelihood of counts: the decoder gives the mean, the column a dispersion."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from unweave.objectives.columns.distribution import ColumnParameters, Distribution

# Above this r the law is a Poisson's, and single precision loses the difference.
MOST_LOG_R = 7.0
# Factors on the mean beyond e^±15 are no data's.
_MOST_LOG_FACTOR = 15.0
_LEAST_MEAN = 1e-3


def log_probability(values: torch.Tensor, parameters: ColumnParameters) -> torch.Tensor:
    """Return log p of counts in nats, of mean μ and variance μ + μ²/r.

    Hilbe (2011), equation 8.8. The values are standardised counts; the decoder's output is
    log μ − log of the column's mean, and the free parameter log r.
    """
    count = counts(values, parameters)
    log_mean, log_r = _log_mean(parameters), _log_r(parameters)
    r = log_r.exp()
    choose = torch.lgamma(count + r) - torch.lgamma(r) - torch.lgamma(count + 1)
    # r log(r / (r + μ)) and n log(μ / (r + μ)).
    none = -r * functional.softplus(log_mean - log_r)
    return choose + none - count * functional.softplus(log_r - log_mean)


def counts(values: torch.Tensor, parameters: ColumnParameters) -> torch.Tensor:
    """Return the counts of standardised values; what new rows have below 0 is 0."""
    return (values * parameters.sd + parameters.mean).round().clamp_min(0)


def _log_mean(parameters: ColumnParameters) -> torch.Tensor:
    factor = parameters.outputs[..., 0].clamp(-_MOST_LOG_FACTOR, _MOST_LOG_FACTOR)
    return factor + parameters.mean.clamp_min(_LEAST_MEAN).log()


def _log_r(parameters: ColumnParameters) -> torch.Tensor:
    return MOST_LOG_R - functional.softplus(MOST_LOG_R - parameters.free[:, 0])


def expected(parameters: ColumnParameters) -> torch.Tensor:
    """Return the mean, standardised."""
    return ((_log_mean(parameters).exp() - parameters.mean) / parameters.sd).unsqueeze(-1)


def likeliest(parameters: ColumnParameters) -> torch.Tensor:
    """Return the mean, standardised: whole numbers are made of it on output."""
    return expected(parameters)[..., 0]


def draw(parameters: ColumnParameters, generator: torch.Generator) -> torch.Tensor:
    """Return Poisson counts of gamma distributed means, standardised."""
    mean = _log_mean(parameters).exp()
    r = _log_r(parameters).exp().expand_as(mean)
    rate = torch._standard_gamma(r, generator=generator) * mean / r
    return (torch.poisson(rate, generator=generator) - parameters.mean) / parameters.sd


def start(levels: int, most: int, mean: float, sd: float) -> list[float]:
    """Return log r by the method of moments, as if no code were known."""
    surplus = max(sd**2 - mean, 1e-3 * max(mean, _LEAST_MEAN))
    return [min(max(math.log(max(mean, _LEAST_MEAN) ** 2 / surplus), -3.0), MOST_LOG_R - 2)]


DISTRIBUTION = Distribution(
    name="negative-binomial",
    summary="a count around the decoder's mean, with a dispersion of its column",
    source="Hilbe (2011), equation 8.8",
    start=start,
    log_probability=log_probability,
    expected=expected,
    likeliest=likeliest,
    draw=draw,
)
