"""Shorthands that several tests share."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
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


def planted(
    seed: int = 0,
    order: Sequence[int] = (4, 0, 2),
    signs: Sequence[int] = (1, -1, 1),
    data: str = "fa15:rows=400",
    wide: float = 0.05,
    mixed: np.ndarray | None = None,
) -> uw.Model:
    """Return a run on FA15 whose dimensions `order` are its factors: no training.

    The encoder is the least-squares estimate of the factors, the decoder their loadings. With
    `mixed`, 3 x 3 and invertible, the dimensions are mixtures of the factors by this matrix.
    """
    dataset = uw.load_data(data)
    model = uw.train("vae", dataset, steps=1, seed=seed, progress=False, compile="no")
    factors = dataset.factors.values
    weights = np.linalg.lstsq(dataset.samples, factors, rcond=None)[0]
    loadings = np.linalg.lstsq(factors, dataset.samples, rcond=None)[0]
    if mixed is not None:
        weights, loadings = weights @ mixed, np.linalg.inv(mixed) @ loadings
    count = model.latent_dim
    encoder = torch.nn.Linear(15, 2 * count)
    decoder = torch.nn.Linear(count, 15)
    with torch.no_grad():
        for layer in (encoder, decoder):
            layer.weight.zero_()
            layer.bias.zero_()
        for factor, (k, sign) in enumerate(zip(order, signs, strict=True)):
            encoder.weight[k] = sign * torch.from_numpy(weights[:, factor])
            encoder.bias[count + k] = 2 * np.log(wide)
            decoder.weight[:, k] = sign * torch.from_numpy(loadings[factor])
    model.module.encoder, model.module.decoder = encoder, decoder
    return model
