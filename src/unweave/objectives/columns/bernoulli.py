"""Bernoulli likelihood of binary columns: the decoder gives the logit of the second level."""

from __future__ import annotations

import torch
from torch.nn import functional

from unweave.objectives.columns.distribution import ColumnParameters, Distribution, uniform


def log_probability(values: torch.Tensor, parameters: ColumnParameters) -> torch.Tensor:
    """Return log p(x) in nats for x of 0 and 1."""
    logits = parameters.outputs[..., 0]
    return -functional.binary_cross_entropy_with_logits(logits, values, reduction="none")


def log_shares(parameters: ColumnParameters) -> torch.Tensor:
    """Return log p of both levels."""
    logits = parameters.outputs[..., :1]
    return functional.logsigmoid(torch.cat([-logits, logits], -1))


def expected(parameters: ColumnParameters) -> torch.Tensor:
    """Return the share of the second level."""
    return parameters.outputs.sigmoid()


def likeliest(parameters: ColumnParameters) -> torch.Tensor:
    """Return the more likely level."""
    return (parameters.outputs[..., 0] > 0).to(parameters.outputs.dtype)


def draw(parameters: ColumnParameters, generator: torch.Generator) -> torch.Tensor:
    """Return levels drawn by their shares."""
    share = parameters.outputs[..., 0].sigmoid()
    return (uniform(share, generator) < share).to(share.dtype)


DISTRIBUTION = Distribution(
    name="bernoulli",
    summary="one of two levels, by the decoder's logit",
    source="Kingma and Welling (2014), appendix C.1",
    start=lambda levels, most, mean, sd: [],
    log_probability=log_probability,
    expected=expected,
    likeliest=likeliest,
    draw=draw,
    log_shares=log_shares,
)
