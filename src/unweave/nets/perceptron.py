"""Multilayer perceptrons: encoder and decoder of tables, and the discriminator."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn


def perceptron(
    sizes: Sequence[int], activation: type[nn.Module] = nn.ReLU, **options: float
) -> nn.Sequential:
    """Return linear layers of the given sizes, with an activation after all but the last."""
    layers: list[nn.Module] = []
    for position, (width_in, width_out) in enumerate(itertools.pairwise(sizes)):
        if position:
            layers.append(activation(**options))
        layers.append(nn.Linear(width_in, width_out))
    return nn.Sequential(*layers)


ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}


def table_encoder(
    features: int, outputs: int, hidden: Sequence[int], activation: str = "tanh"
) -> nn.Module:
    """Return a module from N x J rows to N x `outputs`; `activation` is one of `ACTIVATIONS`."""
    return perceptron([features, *hidden, outputs], ACTIVATIONS[activation])


def table_decoder(
    latent_dim: int, features: int, hidden: Sequence[int], activation: str = "tanh"
) -> nn.Module:
    """Return a module from N x K codes to N x J; its hidden layers mirror the encoder's."""
    return perceptron([latent_dim, *reversed(hidden), features], ACTIVATIONS[activation])


def discriminator(latent_dim: int, hidden: Sequence[int]) -> nn.Sequential:
    """Return the density-ratio discriminator: N x K codes to N x 2 outputs.

    Leaky ReLU of slope 0.2; Kim and Mnih (2018), appendix A, use six layers of 1000.
    """
    return perceptron([latent_dim, *hidden, 2], nn.LeakyReLU, negative_slope=0.2)
