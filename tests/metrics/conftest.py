"""Runs whose reconstructions are known: the decoder answers what the test says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unweave.data import Dataset, load_data
from unweave.objectives.targets import Targets
from unweave.runs.model import Model


class KnownRun(Model):
    """A run that reconstructs by a function of the true samples; images are in [0, 1]."""

    targets = Targets()
    has_posterior = False

    def __init__(self, dataset: Dataset, answer: Callable[[np.ndarray], np.ndarray]) -> None:
        self.name, self.folder, self.table = "known", None, dataset.table
        self.summary: dict[str, Any] = {}
        self.data = {
            "name": dataset.name,
            "source": dataset.source,
            "fingerprint": dataset.fingerprint,
            "shape": list(dataset.sample_shape),
        }
        self.answer = answer
        self.most_at_once = 0
        self.passes: list[int] = []

    def encode(self, data: Any, rows: np.ndarray | None = None) -> np.ndarray:
        samples = np.asarray(data.samples, np.float32)
        self.passes.append(len(samples))
        self.most_at_once = max(self.most_at_once, len(samples))
        return samples.reshape(len(samples), -1)

    def decode_features(self, codes: Any, samples: np.ndarray | None = None) -> np.ndarray:
        return self.answer(codes).astype(np.float32)

    def expected(self, codes: Any, samples: np.ndarray | None = None) -> np.ndarray:
        return self.decode_features(codes)

    def observed(self, samples: np.ndarray) -> np.ndarray:
        return samples

    def reconstruct(self, data: Any) -> np.ndarray:
        flat = self.encode(data) / np.float32(255)
        return self.answer(flat.reshape(-1, *self.sample_shape)).astype(np.float32)


@pytest.fixture
def known_run() -> type[KnownRun]:
    return KnownRun


@pytest.fixture(scope="session")
def small_pictures() -> Dataset:
    """Return 40 grey images of 8 x 8: too small for the structural similarity."""
    generator = np.random.default_rng(3)
    return load_data(generator.integers(0, 256, (40, 1, 8, 8), dtype=np.uint8))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a run of two steps on a data set, trained once a session."""
    import unweave as uw

    folders: dict[str, Path] = {}

    def train(data: str) -> Path:
        if data not in folders:
            folder = tmp_path_factory.mktemp("trained") / "run"
            uw.train("vae", data, steps=2, compile="no", out=folder, progress=False)
            folders[data] = folder
        return folders[data]

    return train
