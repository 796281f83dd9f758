"""Stored samples as the inputs of a network."""

from __future__ import annotations

import torch


def as_input(samples: torch.Tensor) -> torch.Tensor:
    """Return float samples: uint8 images in [0, 1], channels last in memory; rows unchanged.

    Parameters
    ----------
    samples : torch.Tensor
        uint8 N x C x H x W, or float N x J.
    """
    if samples.ndim == 4:
        samples = samples.contiguous(memory_format=torch.channels_last)
    if samples.dtype == torch.uint8:
        samples = samples.float().div_(255)
    return samples
