"""Batch normalisation over the global batch, on any device."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import nn

Gather = Callable[[torch.Tensor], torch.Tensor]


def share_batch_statistics(module: nn.Module, gather: Gather) -> None:
    """Make every batch norm in `module` normalise by the statistics of all processes.

    torch's own `SyncBatchNorm` does so on GPUs only.

    Parameters
    ----------
    module : torch.nn.Module
        Changed in place; its parameters keep their names and values.
    gather : callable
        Joins equally large parts of all processes along the first axis, differentiably.
    """
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            plain = part.forward
            part.forward = MethodType(_forward(plain, gather), part)  # type: ignore[method-assign]


def _forward(plain: Callable[[torch.Tensor], torch.Tensor], gather: Gather) -> Callable[..., Any]:
    def forward(layer: Any, values: torch.Tensor) -> Any:
        if not layer.training:
            return plain(values)
        axes = [axis for axis in range(values.ndim) if axis != 1]
        kind, values = values.dtype, values.float()  # As torch does in half precision.
        variance, mean = torch.var_mean(values, axes, correction=0)
        moments = gather(torch.stack([mean, variance])[None])
        # For parts of equal size: their mean variance plus the variance of their means.
        mean = moments[:, 0].mean(0)
        variance = moments[:, 1].mean(0) + moments[:, 0].var(0, correction=0)
        count = len(moments) * values.numel() // values.shape[1]
        _remember(layer, mean.detach(), variance.detach() * count / (count - 1))
        shape = [1, -1] + [1] * (values.ndim - 2)
        scaled = (values - mean.view(shape)) * torch.rsqrt(variance.view(shape) + layer.eps)
        if layer.affine:
            scaled = scaled * layer.weight.view(shape) + layer.bias.view(shape)
        return scaled.to(kind)

    return forward


@torch.no_grad()
def _remember(layer: Any, mean: torch.Tensor, variance: torch.Tensor) -> None:
    """Update the running statistics as `torch.nn.BatchNorm1d` documents it."""
    if not layer.track_running_stats:
        return
    layer.num_batches_tracked += 1
    share = layer.momentum
    if share is None:
        share = 1.0 / float(layer.num_batches_tracked)
    layer.running_mean.lerp_(mean, share)
    layer.running_var.lerp_(variance, share)
