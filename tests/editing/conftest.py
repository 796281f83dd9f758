"""Runs with linear networks, whose codes and outputs can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from unweave.data import Dataset, load_data
from unweave.models.families import VARIATIONAL
from unweave.models.variational.model import VariationalModel
from unweave.runs.model import Model
from unweave.runs.training_settings import TrainingSettings

CODES = 3
SPREAD = (2.0, 1.0, 0.5)
"""Each code is the feature of its number, times this."""
LOG_VARIANCE = -2.0


class LinearEncoder(nn.Module):
    """z_k = SPREAD_k x_k, with a constant variance; of images, the first pixels are x."""

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        mean = samples.flatten(1)[:, :CODES] * torch.tensor(SPREAD)
        return torch.cat([mean, torch.full_like(mean, LOG_VARIANCE)], dim=1)


class LinearDecoder(nn.Module):
    """Feature k is z_k; the other features are -z_0."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        count = int(np.prod(self.shape)) - CODES
        rest = -codes[:, :1].expand(-1, count)
        return torch.cat([codes, rest], dim=1).reshape(-1, *self.shape)


def linear_run(dataset: Dataset, **summary: object) -> Model:
    shape = dataset.sample_shape
    settings = VARIATIONAL.settings(latent_dim=CODES, likelihood="gaussian")
    module = VariationalModel(
        LinearEncoder(), LinearDecoder(shape), settings, VARIATIONAL.terms, len(dataset)
    )
    module.register_parameter("weight", nn.Parameter(torch.zeros(1)))
    data = {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "shape": list(shape),
        "population": len(dataset.rows("train")),
    }
    return Model(
        "vae", module, settings, TrainingSettings(), 0, data, dataset.table, summary=summary
    )


@pytest.fixture
def table() -> Dataset:
    generator = np.random.default_rng(5)
    columns = {f"feature {k}": 10 + 3 * generator.standard_normal(400) for k in range(4)}
    return load_data(pd.DataFrame(columns))


@pytest.fixture
def images() -> Dataset:
    generator = np.random.default_rng(6)
    return load_data(generator.integers(0, 256, (60, 1, 4, 5), dtype=np.uint8))


@pytest.fixture
def table_run(table: Dataset) -> Model:
    return linear_run(table, kl=[0.5, 2.0, 0.01], informative=[0, 1])


@pytest.fixture
def image_run(images: Dataset) -> Model:
    return linear_run(images, kl=[0.5, 2.0, 0.01], informative=[0, 1])
