"""Gaussian likelihood of real columns: the decoder gives the mean, the column has a variance."""

from __future__ import annotations

import math

import torch

from unweave.objectives.columns.distribution import ColumnParameters, Distribution

LEAST_VARIANCE = 0.01


def log_probability(values: torch.Tensor, parameters: ColumnParameters) -> torch.Tensor:
    """Return log N(x; mean, variance) in nats; the free parameter is the log-variance."""
    log_variance = parameters.free[:, 0]
    squares = (values - parameters.outputs[..., 0]).square()
    return -0.5 * (squares * torch.exp(-log_variance) + log_variance + math.log(2 * math.pi))


def expected(parameters: ColumnParameters) -> torch.Tensor:
    """Return the mean."""
    return parameters.outputs


def likeliest(parameters: ColumnParameters) -> torch.Tensor:
    """Return the mean."""
    return parameters.outputs[..., 0]


def draw(parameters: ColumnParameters, generator: torch.Generator) -> torch.Tensor:
    """Return normal draws around the mean."""
    mean = parameters.outputs[..., 0]
    noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
    return mean + torch.exp(0.5 * parameters.free[:, 0]) * noise


def bounded(log_variance: torch.Tensor) -> torch.Tensor:
    """Return log-variances that stay above `LEAST_VARIANCE`.

    A column that the code determines, such as the sum of others, would otherwise be given a
    variance of 0 and an infinite likelihood (a Heywood case of factor analysis).
    """
    return torch.logaddexp(log_variance, torch.full_like(log_variance, math.log(LEAST_VARIANCE)))


DISTRIBUTION = Distribution(
    name="gaussian",
    summary="a number around the decoder's mean, with a variance of its column",
    source="Kingma and Welling (2014), appendix C.2",
    start=lambda levels, most, mean, sd: [0.0],
    log_probability=log_probability,
    expected=expected,
    likeliest=likeliest,
    draw=draw,
)
