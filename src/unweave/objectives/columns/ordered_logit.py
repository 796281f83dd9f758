"""Ordered logit of ordinal columns: the decoder gives a score, the column has cutpoints."""

from __future__ import annotations

import itertools
import math

import torch
from torch.nn import functional

from unweave.objectives.columns.distribution import ColumnParameters, Distribution, uniform

LEAST_GAP = 1e-3
# Beyond the first and the last cutpoint: its logistic function is 0 or 1.
_FAR = 1e4


def log_probability(values: torch.Tensor, parameters: ColumnParameters) -> torch.Tensor:
    """Return log P(level) in nats, for levels 0 … L − 1.

    McCullagh (1980), equation 2.1, with the logit: P(level ≤ l) = logistic(c_l − score).
    """
    return log_shares(parameters).gather(-1, values.long().unsqueeze(-1)).squeeze(-1)


def cutpoints(parameters: ColumnParameters) -> torch.Tensor:
    """Return the rising cutpoints c_0 … , C x (most levels − 1); far above beyond a column's own.

    The first free parameter is the first cutpoint, the others are the gaps that follow, before
    a softplus keeps them positive.
    """
    first, gaps = parameters.free[:, :1], parameters.free[:, 1:]
    rising = torch.cat([first, functional.softplus(gaps) + LEAST_GAP], 1).cumsum(1)
    places = torch.arange(rising.shape[1], device=rising.device)
    return torch.where(places < parameters.levels[:, None] - 1, rising, rising.new_tensor(_FAR))


def log_shares(parameters: ColumnParameters) -> torch.Tensor:
    """Return log P of every level, N x C x most levels; far below 0 beyond a column's own.

    log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − e^{b − a}) keeps its digits where both
    ends are on one side of the score.
    """
    cuts = cutpoints(parameters)
    edge = torch.full_like(cuts[:, :1], _FAR)
    ends = torch.cat([-edge, cuts, edge], 1)
    score = parameters.outputs[..., :1]
    lower, upper = ends[:, :-1] - score, ends[:, 1:] - score
    gap = (ends[:, 1:] - ends[:, :-1]).clamp_min(1e-12)
    between = torch.log(-torch.expm1(-gap))
    return functional.logsigmoid(upper) + functional.logsigmoid(-lower) + between


def expected(parameters: ColumnParameters) -> torch.Tensor:
    """Return E level / (L − 1)."""
    shares = log_shares(parameters).exp()
    places = torch.arange(shares.shape[-1], device=shares.device, dtype=shares.dtype)
    steps = (parameters.levels - 1).clamp_min(1).to(shares.dtype)
    return ((shares * places).sum(-1) / steps).unsqueeze(-1)


def likeliest(parameters: ColumnParameters) -> torch.Tensor:
    """Return the most likely level."""
    return log_shares(parameters).argmax(-1).to(parameters.outputs.dtype)


def draw(parameters: ColumnParameters, generator: torch.Generator) -> torch.Tensor:
    """Return the level whose cutpoints enclose the score plus logistic noise."""
    score = parameters.outputs[..., 0]
    noise = torch.logit(uniform(score, generator), eps=1e-6)
    above = (score + noise).unsqueeze(-1) > cutpoints(parameters)
    return above.sum(-1).to(score.dtype)


def start(levels: int, most: int, mean: float, sd: float) -> list[float]:
    """Return cutpoints that give all levels the same share where the score is 0."""
    cuts = [math.log(level / (levels - level)) for level in range(1, levels)]
    gaps = [math.log(math.expm1(high - low)) for low, high in itertools.pairwise(cuts)]
    known = [*cuts[:1], *gaps]
    return known + [0.0] * (most - 1 - len(known))


DISTRIBUTION = Distribution(
    name="ordered-logit",
    summary="one of L ordered levels, by the decoder's score among the column's cutpoints",
    source="McCullagh (1980), equation 2.1",
    start=start,
    log_probability=log_probability,
    expected=expected,
    likeliest=likeliest,
    draw=draw,
    log_shares=log_shares,
)
