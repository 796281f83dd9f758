"""Checks of shapes: tensors of unequal shape would broadcast silently."""

from __future__ import annotations

import torch


def check_same_shape(**tensors: torch.Tensor) -> None:
    """Raise ValueError, naming every shape, unless all tensors have the same shape."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) > 1:
        words = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"these must be of one shape: {words}")


def check_pairs(left: torch.Tensor, right: torch.Tensor, least: int) -> None:
    """Raise ValueError unless these are N x P and N x Q, with N at least `least`."""
    if left.ndim != 2 or right.ndim != 2 or len(left) != len(right) or len(left) < least:
        shapes = f"{tuple(left.shape)} and {tuple(right.shape)}"
        raise ValueError(f"samples must be N x P and N x Q with N at least {least}, not {shapes}")
