"""Initial weights and biases that let signals and gradients through from the first step."""

from __future__ import annotations

import math

import torch
from torch import nn

_LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
# A logit beyond these would take long to come back from.
_LEAST_SHARE = 0.01


def gain_of(activation: nn.Module, points: int = 200_001) -> float:
    """Return the factor on the weights that keeps the mean square of a layer's inputs.

    1 / √E f(u)² for u ~ N(0, 1): He et al. (2015), equation 10, for any activation f; √2 for
    a ReLU.

    Parameters
    ----------
    activation : torch.nn.Module
    points : int
        Of the numerical mean over 99.9999 % of the normal distribution.

    Examples
    --------
    >>> round(gain_of(nn.ReLU()), 3)
    1.414
    """
    values = torch.linspace(-5, 5, points, dtype=torch.float64)
    density = torch.exp(-0.5 * values**2)
    with torch.no_grad():
        squares = activation(values).square()
    return float(1 / torch.sqrt((squares * density).sum() / density.sum()))


@torch.no_grad()
def initialise(network: nn.Sequential, activation: nn.Module, last: float = 1.0) -> None:
    """Draw the weights of a network's layers so that signals keep their size; biases are 0.

    He et al. (2015), section 2.2: normal, with variance gain² / fan-in. The layers that torch
    draws by default shrink a signal by about √3 each: after six of them a code hardly depends
    on the image, and its first gradients are lost in those of the biases.

    Parameters
    ----------
    network : torch.nn.Sequential
        Changed in place; from the global generator.
    activation : torch.nn.Module
        The activation after every layer but the last.
    last : float
        Factor on the weights of the last layer, whose outputs no activation follows.
    """
    layers = [layer for layer in network if isinstance(layer, _LAYERS)]
    gain = gain_of(activation)
    for place, layer in enumerate(layers):
        # The samples themselves, fed to the first layer, have passed no activation.
        own = 1.0 if place == 0 else gain
        own = last if place == len(layers) - 1 else own
        layer.weight.normal_(0, own / math.sqrt(_fan_in(layer)))
        if layer.bias is not None:
            layer.bias.zero_()


def _fan_in(layer: nn.Module) -> float:
    """Return how many inputs a layer's output is the sum of."""
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    if isinstance(layer, nn.ConvTranspose2d):
        # Every output pixel is reached by one in stride² of the kernel's taps.
        return weight[:, 0].numel() / math.prod(layer.stride)
    return weight[0].numel()


@torch.no_grad()
def start_at_mean(decoder: nn.Module, mean: torch.Tensor, logits: bool) -> None:
    """Set the last bias of an image decoder so that it starts at the data's mean colour.

    An untrained decoder says one half of every pixel; the first steps would go into the mean
    alone, with gradients that switch off whole layers of ReLUs.

    Parameters
    ----------
    decoder : torch.nn.Module
        Ends in a layer with one bias per channel; left alone otherwise.
    mean : torch.Tensor
        C values in [0, 1].
    logits : bool
        Whether the decoder gives logits.
    """
    final = list(decoder.children())[-1:]
    bias = getattr(final[0], "bias", None) if final else None
    if bias is None or bias.shape != mean.shape:
        return
    share = mean.clamp(_LEAST_SHARE, 1 - _LEAST_SHARE)
    bias.copy_(torch.logit(share) if logits else mean)
