"""Convolutional encoder and decoder, for images whose sides can be halved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

from unweave.errors import RequestError
from unweave.nets.transposed import DoublingConvolution

Activation = Callable[[], nn.Module]


# In place, since what is before an activation is never needed again: a large image's new memory
# costs as much as its values.
def relu() -> nn.Module:
    """Return a ReLU."""
    return nn.ReLU(inplace=True)


def steady_relu() -> nn.Module:
    """Return a ReLU of slope 0.01 below 0."""
    return nn.LeakyReLU(inplace=True)


def leaky_relu() -> nn.Module:
    """Return a ReLU of slope 0.2 below 0: no unit of it ever falls silent for good."""
    return nn.LeakyReLU(0.2, inplace=True)


def stages(height: int, width: int) -> int:
    """Return how often an image is halved: while both sides are even and over 4, at least once."""
    count = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) > (2 if count == 0 else 4):
        height, width, count = height // 2, width // 2, count + 1
    return count


def default_channels(height: int, width: int) -> tuple[int, ...]:
    """Return the channels of each stage: 32 for the first half, 64 for the rest.

    For 64 x 64 that is 32-32-64-64, as published (Higgins et al. 2017; Kim and Mnih 2018);
    for 28 x 28 it is 32-64, for 8 x 8 one stage of 64.
    """
    count = stages(height, width)
    return (32,) * (count // 2) + (64,) * (count - count // 2)


def _smallest(shape: Sequence[int], channels: Sequence[int]) -> tuple[int, int]:
    """Return the sides after the last stage; refuse more channels than there are stages."""
    _, height, width = shape
    possible = stages(height, width)
    if not possible:
        raise RequestError(
            f"images of {height} x {width} cannot be halved even once; resize them to even "
            "sides, such as 64 x 64, or bring networks of your own"
        )
    if not 1 <= len(channels) <= possible:
        raise RequestError(
            f"images of {height} x {width} can be halved {possible} times, but channels names "
            f"{len(channels)} stages; set channels to 1 to {possible} numbers"
        )
    return height >> len(channels), width >> len(channels)


def doubling_channels(height: int, width: int, first: int = 32, most: int = 256) -> tuple[int, ...]:
    """Return channels that double from stage to stage: 32-64-128-256 for 64 x 64."""
    return tuple(min(first * 2**stage, most) for stage in range(stages(height, width)))


def image_encoder(
    shape: Sequence[int],
    outputs: int,
    channels: Sequence[int],
    units: Sequence[int],
    activation: Activation = relu,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Return a module from N x C x H x W images to N x `outputs`.

    For each entry of `channels` a 4 x 4 convolution of stride 2 with an activation, then for
    each entry of `units` a fully connected layer with an activation. With `batch_norm`, hidden
    layers are normalised over the batch before their activation.

    Raises
    ------
    RequestError
        If the sides cannot be halved as often as there are channels.
    """
    height, width = _smallest(shape, channels)
    layers: list[nn.Module] = []
    for before, after in zip([shape[0], *channels], channels, strict=False):
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1, bias=not batch_norm)]
        layers += _after(nn.BatchNorm2d(after), activation, batch_norm)
    layers += [nn.Flatten()]
    sizes = [channels[-1] * height * width, *units]
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after, bias=not batch_norm)]
        layers += _after(nn.BatchNorm1d(after), activation, batch_norm)
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


def image_decoder(
    latent_dim: int,
    shape: Sequence[int],
    channels: Sequence[int],
    units: Sequence[int],
    activation: Activation = relu,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Return a module from N x K codes to N x C x H x W; the mirror of `image_encoder`."""
    height, width = _smallest(shape, channels)
    layers: list[nn.Module] = []
    for before, after in pairwise([latent_dim, *reversed(units)]):
        layers += [nn.Linear(before, after, bias=not batch_norm)]
        layers += _after(nn.BatchNorm1d(after), activation, batch_norm)
    last = units[0] if units else latent_dim
    layers += [nn.Linear(last, channels[-1] * height * width, bias=not batch_norm)]
    layers += [nn.Unflatten(1, (channels[-1], height, width))]
    layers += _after(nn.BatchNorm2d(channels[-1]), activation, batch_norm)
    for before, after in pairwise(reversed(channels)):
        layers += [DoublingConvolution(before, after, bias=not batch_norm)]
        layers += _after(nn.BatchNorm2d(after), activation, batch_norm)
    return nn.Sequential(*layers, DoublingConvolution(channels[0], shape[0]))


def _after(norm: nn.Module, activation: Activation, batch_norm: bool) -> list[nn.Module]:
    return [norm, activation()] if batch_norm else [activation()]
