"""Untrained runs on small data, quick to build and to draw."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from unweave.data import Dataset, load_data
from unweave.models.families import VARIATIONAL, build_model
from unweave.runs.history import History
from unweave.runs.model import Model
from unweave.runs.training_settings import TrainingSettings


def make_run(dataset: Dataset, codes: int = 4, seed: int = 0) -> Model:
    settings = VARIATIONAL.settings(latent_dim=codes, likelihood="gaussian", hidden=(8,), units=8)
    torch.manual_seed(seed)
    population = len(dataset.rows("train"))
    module = build_model("vae", settings, dataset.sample_shape, population)
    with torch.no_grad():
        for weights in module.decoder.parameters():
            weights *= 3  # Fresh networks hardly move: frames of an animation would be equal.
    data = {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "shape": list(dataset.sample_shape),
        "population": population,
    }
    history = History()
    for step in (50, 100, 150):
        history.add(step, {"loss": 1000 / step, "kl": step / 10, "covariance_diagonal": -1.0})
    kl = [[0.5, 2.14, 0.002, 0.0][index % 4] for index in range(codes)]
    summary = {
        "steps": 150,
        "seconds": 1.5,
        "steps_per_second": 100.0,
        "loss": {"loss": 6.6667, "kl": 15.0},
        "kl": kl,
        "informative": [index for index, value in enumerate(kl) if value > 0.1],
        "device": "cpu",
    }
    return Model(
        "vae", module, settings, TrainingSettings(), seed, data, dataset.table, history, summary
    )


@pytest.fixture
def run_of() -> Callable[..., Model]:
    return make_run


@pytest.fixture
def table() -> Dataset:
    generator = np.random.default_rng(5)
    columns: dict[str, object] = {
        f"feature {k}": 10 + 3 * generator.standard_normal(120) for k in range(5)
    }
    columns["a rather long name, with $dollars$ & <angles>"] = generator.standard_normal(120)
    columns["answer"] = np.where(generator.random(120) > 0.5, "yes", "no")
    return load_data(pd.DataFrame(columns))


@pytest.fixture
def grey() -> Dataset:
    generator = np.random.default_rng(6)
    return load_data(generator.integers(0, 256, (60, 1, 8, 8), dtype=np.uint8))


@pytest.fixture
def colour() -> Dataset:
    generator = np.random.default_rng(7)
    return load_data(generator.integers(0, 256, (40, 3, 16, 12), dtype=np.uint8))
