"""Networks of images by name: their activation, and the values they start from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from unweave.nets.convolution import Activation, leaky_relu, relu, steady_relu

# The network would take long to come back from a logit beyond these.
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Network:
    """How networks of images are made, beside their sizes.

    Attributes
    ----------
    activation : callable
        Returns the activation of a hidden layer.
    at_mean, at_prior : bool
        Whether the decoder starts at the data's mean, and the log-variances near the prior's.
    """

    activation: Activation
    at_mean: bool = False
    at_prior: bool = False


NETWORKS = {
    # The papers', with torch's initial weights.
    "published": Network(relu),
    # Nearly the papers' units, but none falls silent for good: torch's slope of 0.01 below 0.
    "steady": Network(steady_relu, at_mean=True),
    "tuned": Network(leaky_relu, at_mean=True, at_prior=True),
}


@torch.no_grad()
def start_at_mean(decoder: nn.Module, mean: torch.Tensor, logits: bool) -> None:
    """Set the last bias of an image decoder so that it starts at the data's mean colour.

    Otherwise every pixel starts at one half. The first steps then learn the mean alone, with
    gradients, summed over thousands of pixels, that can switch off whole layers.

    Parameters
    ----------
    decoder : torch.nn.Module
        Changed in place if it ends in a layer with one bias for each channel.
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


@torch.no_grad()
def start_at_prior(encoder: nn.Sequential, codes: int, factor: float = 0.1) -> None:
    """Shrink an encoder's last weights for log-variances, so that q(z|x) starts near the prior.

    Parameters
    ----------
    encoder : torch.nn.Sequential
        Ends in a linear layer with 2K outputs: means, then log-variances.
    codes : int
        K, the number of latent dimensions.
    factor : float
        Factor on the weights and biases of the log-variances.
    """
    final = encoder[-1]
    assert isinstance(final, nn.Linear)
    final.weight[codes:].mul_(factor)
    final.bias[codes:].mul_(factor)
