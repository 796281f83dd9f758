"""Shorthands that several tests share."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from lightning.fabric.plugins.precision import Precision

import unweave as uw
from unweave.data import Dataset


def train_run(
    name: str, data: Dataset, changes: dict[str, Any] | None = None, **options: Any
) -> uw.Model:
    """Train a model quietly, its settings given as one mapping."""
    return uw.train(name, data, **{"progress": False, **options, **(changes or {})})


@contextlib.contextmanager
def double_precision() -> Iterator[None]:
    """Compute in 64 bits, where on no processor the order of sums shows.

    What single precision rounds can put a unit on the other side of its ReLU's kink, and Adam
    makes whole steps of gradients that are next to nothing.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        for name in ("convert_input", "convert_output"):
            patch.setattr(Precision, name, lambda self, data: data)
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)
