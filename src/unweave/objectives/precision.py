"""Full precision for some terms of an objective, on any device."""

from __future__ import annotations

import torch


def autocast_kind(tensor: torch.Tensor) -> str:
    """Return the kind of device to tell `torch.autocast`, which does not know ``meta``."""
    return "cpu" if tensor.is_meta else tensor.device.type
