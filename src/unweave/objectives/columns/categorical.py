"""Categorical likelihood of categories: the decoder gives a logit for every level."""

from __future__ import annotations

import torch

from unweave.objectives.columns.distribution import ColumnParameters, Distribution, uniform

# Finite, so that no gradient becomes NaN; exp of it is 0.
_IMPOSSIBLE = -1e9


def log_probability(values: torch.Tensor, parameters: ColumnParameters) -> torch.Tensor:
    """Return the log-softmax of the level that is the value, in nats."""
    return log_shares(parameters).gather(-1, values.long().unsqueeze(-1)).squeeze(-1)


def log_shares(parameters: ColumnParameters) -> torch.Tensor:
    """Return log p of every level, N x C x U; about −10⁹ beyond a column's own levels."""
    outputs = parameters.outputs
    places = torch.arange(outputs.shape[-1], device=outputs.device)
    beyond = places >= parameters.levels[:, None]
    return outputs.masked_fill(beyond, _IMPOSSIBLE).log_softmax(-1)


def expected(parameters: ColumnParameters) -> torch.Tensor:
    """Return the share of every level."""
    return log_shares(parameters).exp()


def likeliest(parameters: ColumnParameters) -> torch.Tensor:
    """Return the most likely level."""
    return log_shares(parameters).argmax(-1).to(parameters.outputs.dtype)


def draw(parameters: ColumnParameters, generator: torch.Generator) -> torch.Tensor:
    """Return levels drawn by Gumbel's maximum."""
    logs = log_shares(parameters)
    noise = -torch.log(-torch.log(uniform(logs, generator).clamp(1e-12, 1 - 1e-7)))
    return (logs + noise).argmax(-1).to(logs.dtype)


DISTRIBUTION = Distribution(
    name="categorical",
    summary="one of L levels, by the softmax of the decoder's logits",
    source="Bishop (2006), equation 4.104",
    start=lambda levels, most, mean, sd: [],
    log_probability=log_probability,
    expected=expected,
    likeliest=likeliest,
    draw=draw,
    log_shares=log_shares,
)
