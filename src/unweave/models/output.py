"""What every model hands to the training loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch

Knobs = Mapping[str, torch.Tensor]


class LossOutput(NamedTuple):
    """A step's loss.

    Attributes
    ----------
    total : torch.Tensor
        Scalar to be minimised.
    terms : dict of str to torch.Tensor
        Named scalar parts, unweighted, in nats unless their name says otherwise.
    contest : tuple of torch.Tensor, or None
        Detached inputs for the adversary's own step, where the model has one.
    """

    total: torch.Tensor
    terms: dict[str, torch.Tensor]
    contest: tuple[torch.Tensor, ...] | None = None


class Batch(NamedTuple):
    """What a step is given of the data.

    Attributes
    ----------
    samples : torch.Tensor
        N x …, float.
    second : torch.Tensor or None
        A second, independent batch, for models with an adversary.
    labels : torch.Tensor or None
        int64, for models that want them: N classes, or N x L attributes; −1 where unknown.
    """

    samples: torch.Tensor
    second: torch.Tensor | None = None
    labels: torch.Tensor | None = None


def alone(rows: torch.Tensor) -> torch.Tensor:
    """Return the rows as they are: what a model gathers where there is one process."""
    return rows


class Draws(NamedTuple):
    """The randomness of one step, drawn outside the model so that it can be repeated.

    Every tensor's first axis is this process's part of the global batch, except
    `orders`, which permutes the whole of it.

    Attributes
    ----------
    noise : torch.Tensor
        N x K standard normal.
    second_noise, orders : torch.Tensor or None
        For models with an adversary: N x K noise of the second batch, and M x K
        permutations of 0 … M − 1 (M the global batch).
    """

    noise: torch.Tensor
    second_noise: torch.Tensor | None = None
    orders: torch.Tensor | None = None
