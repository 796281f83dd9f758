"""The record of a column's likelihood, and the parameters that its functions take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch


class ColumnParameters(NamedTuple):
    """Parameters of C columns of one likelihood, for N rows.

    Attributes
    ----------
    outputs : torch.Tensor
        N x C x U: the decoder's outputs; where columns have different numbers of levels, those
        beyond a column's own are ignored.
    free : torch.Tensor
        C x P: parameters of the columns that do not depend on the code.
    levels : torch.Tensor
        int64, C: the number of levels; 0 for numbers.
    mean, sd : torch.Tensor
        C each: numbers are ``sample * sd + mean``.
    """

    outputs: torch.Tensor
    free: torch.Tensor
    levels: torch.Tensor
    mean: torch.Tensor
    sd: torch.Tensor


@dataclass(frozen=True)
class Distribution:
    """A likelihood of columns.

    Values are those of the samples: standardised numbers, or the index of a level.

    Attributes
    ----------
    name : str
    summary : str
        What it says of a cell, in a line.
    source : str
        The paper or book, with its equation.
    start : callable
        ``start(levels, most, mean, sd)``: the P free parameters of a column, as they are before
        training; `most` is the largest number of levels among the C columns.
    log_probability : callable
        From values, N x C, and parameters to log p(x|z) in nats, N x C.
    expected : callable
        From parameters to expectations, N x C x E: of the value; of the share of the way from
        the first level to the last (ordered logit); or of every level's indicator (categorical).
    likeliest : callable
        From parameters to values, N x C: the expected number, or the most likely level.
    draw : callable
        From parameters and a generator to values drawn, N x C.
    log_shares : callable, optional
        From parameters to log p of every level, N x C x most levels, for columns of levels.
    """

    name: str
    summary: str
    source: str
    start: Callable[[int, int, float, float], list[float]]
    log_probability: Callable[[torch.Tensor, ColumnParameters], torch.Tensor]
    expected: Callable[[ColumnParameters], torch.Tensor]
    likeliest: Callable[[ColumnParameters], torch.Tensor]
    draw: Callable[[ColumnParameters, torch.Generator], torch.Tensor]
    log_shares: Callable[[ColumnParameters], torch.Tensor] | None = None


def uniform(like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return numbers uniform in [0, 1), of the shape of `like`."""
    return torch.rand(like.shape, generator=generator, device=like.device, dtype=like.dtype)
