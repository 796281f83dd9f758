"""A regression of the degrees to which an image shows its attributes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from unweave.data import Dataset, Factors, unit_scale
from unweave.errors import RequestError
from unweave.nets.convolution import image_encoder, stages
from unweave.nets.inputs import as_input

STEPS = 1500
_BATCH, _LEARNING_RATE = 64, 3e-3
_CHANNELS, _UNITS = (16, 32, 64, 64), (128,)
_READ_AT_ONCE = 256
# Least and largest standard deviation of the blur, in 64ths of the image's height.
_BLUR = (0.3, 1.8)
_BRIGHTNESS = 0.01


@dataclass(frozen=True)
class IntensityReader:
    """A convolutional regression of an image's continuous factors, all at once.

    Its output is linear, so degrees a little beyond those it was trained on are read as
    such, neither clipped nor squashed. `train` makes one.

    Attributes
    ----------
    names : tuple of str
        The F factors it reads.
    network : torch.nn.Module
        From images, less 0.5, to F standardised factors.
    mean, sd : numpy.ndarray
        F values each: mean and standard deviation of the factors in the training images.
    shape : tuple of int
        Shape (C, H, W) of an image.
    """

    names: tuple[str, ...]
    network: nn.Module
    mean: np.ndarray
    sd: np.ndarray
    shape: tuple[int, ...]

    @classmethod
    def train(cls, dataset: Dataset, *, steps: int = STEPS, seed: int = 0) -> IntensityReader:
        """Train on a dataset's training images and their true continuous factors.

        Least squares by Adam, 64 images a step, in one learning-rate cycle. Since a decoder's
        images are to be read, half of each batch is blurred, more or less, and all of it is
        made a little brighter or darker. Global random numbers are left alone.

        Parameters
        ----------
        dataset : Dataset
            Images, some of whose factors are continuous (size None); those are learned.
        steps : int
            Optimiser steps.
        seed : int
            Seed of the weights, the batches and their alterations.

        Raises
        ------
        RequestError
            If the dataset has no images, none to train on, or no continuous factor.
        """
        factors = continuous_factors(dataset)
        rows = torch.from_numpy(dataset.rows("train"))
        if len(rows) == 0:
            raise RequestError(
                f"{dataset.name}: has no training images to learn from; give more images"
            )
        if steps < 1:
            raise RequestError(f"steps={steps}: take at least 1 step")
        values = factors.values[dataset.rows("train")]
        mean, sd = values.mean(0), values.std(0)
        sd = np.where(sd > 0, sd, 1.0)
        targets = torch.from_numpy((values - mean) / sd).float()
        network = _network(dataset.sample_shape, len(factors.names), seed)
        _fit(network, dataset, rows, targets, steps, torch.Generator().manual_seed(seed))
        return cls(factors.names, network, mean, sd, dataset.sample_shape)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the degrees of images, float64 N x F; images N x C x H x W, uint8 or in [0, 1]."""
        if images.shape[1:] != self.shape:
            raise RequestError(
                f"images have shape {images.shape}; this reader reads N x "
                f"{' x '.join(map(str, self.shape))}"
            )
        read = [np.empty((0, len(self.names)))]
        with torch.no_grad():
            for start in range(0, len(images), _READ_AT_ONCE):
                chunk = torch.from_numpy(unit_scale(images[start : start + _READ_AT_ONCE]))
                read.append(self.network(chunk - 0.5).double().numpy())
        degrees: np.ndarray = np.concatenate(read) * self.sd + self.mean
        return degrees

    def r2(self, images: np.ndarray, truth: np.ndarray) -> dict[str, float]:
        """Return R² of every factor, as read against the truth.

        Parameters
        ----------
        images : numpy.ndarray
            N x C x H x W, uint8 or in [0, 1]: held-out images, or their reconstructions.
        truth : numpy.ndarray
            N x F, in the order of `names`.
        """
        missed = ((self(images) - truth) ** 2).sum(0)
        spread = ((truth - truth.mean(0)) ** 2).sum(0)
        shares = 1 - missed / spread
        return {name: float(share) for name, share in zip(self.names, shares, strict=True)}


def continuous_factors(dataset: Dataset) -> Factors:
    """Return a dataset's continuous factors, N x F.

    Raises
    ------
    RequestError
        If it is a table, or none of its factors is continuous.
    """
    if dataset.kind != "images":
        raise RequestError(
            f"{dataset.name}: is a table; intensities are read from images, so give images"
        )
    factors = dataset.factors
    places = [k for k, size in enumerate(factors.sizes) if size is None] if factors else []
    if factors is None or not places:
        raise RequestError(
            f"{dataset.name}: has no continuous factors to learn to read; give images "
            "whose intensities are known, such as 'faces'"
        )
    names = tuple(factors.names[place] for place in places)
    return Factors(names, factors.values[:, places], (None,) * len(places))


def blurred(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """Blur N x C x H x W float images by a Gaussian of `sigma` pixels, edges repeated."""
    reach = math.ceil(3 * sigma)
    places = torch.arange(-reach, reach + 1, dtype=images.dtype)
    weights = torch.exp(-0.5 * (places / sigma) ** 2)
    channels = images.shape[1]
    line = (weights / weights.sum()).expand(channels, 1, 1, -1)
    padded = functional.pad(images, (reach,) * 4, mode="replicate")
    across = functional.conv2d(padded, line, groups=channels)
    return functional.conv2d(across, line.transpose(2, 3), groups=channels)


def _network(shape: tuple[int, ...], outputs: int, seed: int) -> nn.Module:
    channels = _CHANNELS[: max(1, stages(*shape[1:]))]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return image_encoder(shape, outputs, channels, _UNITS)


def _fit(
    network: nn.Module,
    dataset: Dataset,
    rows: torch.Tensor,
    targets: torch.Tensor,
    steps: int,
    generator: torch.Generator,
) -> None:
    draw = dataset.draw_on(torch.device("cpu"))
    adam = torch.optim.Adam(network.parameters(), _LEARNING_RATE)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, _LEARNING_RATE, total_steps=max(steps, 4))
    for _ in range(steps):
        batch = torch.randint(len(rows), (_BATCH,), generator=generator)
        images = _altered(as_input(draw(rows[batch])).contiguous(), generator)
        loss = functional.mse_loss(network(images - 0.5), targets[batch])
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        cycle.step()


def _altered(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    low, high = _BLUR
    share = float(torch.rand((), generator=generator))
    sigma = (low + (high - low) * share) * images.shape[-2] / 64
    half = len(images) // 2
    images = torch.cat([blurred(images[:half], sigma), images[half:]])
    brightness = torch.randn(len(images), 1, 1, 1, generator=generator)
    return images + _BRIGHTNESS * brightness
