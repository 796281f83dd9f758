"""Scores of disent on codes of ours, in place of its data set and encoder."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from unweave.metrics.truth import Truth

# By our name: disent's module and function, and the key of its value.
PEERS = {
    "factor-vae-score": ("_factor_vae", "metric_factor_vae", "factor_vae.score"),
    "mig": ("_mig", "metric_mig", "mig.score"),
    "sap": ("_sap", "metric_sap", "sap.score"),
    "dci-disentanglement": ("_dci", "metric_dci", "dci.disentanglement"),
}


class Stand:
    """What disent's functions take for a data set: rows, drawn by factors."""

    def __init__(self, truth: Truth) -> None:
        self.sizes = tuple(int(size) for size in truth.sizes)
        self.num_factors, self.factor_sizes = len(self.sizes), self.sizes
        rank = np.ravel_multi_index(truth.levels.T, self.sizes)
        self.row = np.empty(len(rank), int)
        self.row[rank] = np.arange(len(rank))
        self.gt_data = self.ground_truth_data = self

    def sample_factors(self, count: int) -> np.ndarray:
        return np.stack([np.random.randint(size, size=count) for size in self.sizes], 1)

    def dataset_batch_from_factors(self, factors: Any, mode: str = "input") -> Any:
        return torch.from_numpy(self.row[np.ravel_multi_index(np.asarray(factors).T, self.sizes)])

    def dataset_sample_batch(self, count: int, mode: str = "input", **_: Any) -> Any:
        return self.dataset_batch_from_factors(self.sample_factors(count))

    def dataset_sample_batch_with_factors(self, count: int, mode: str = "input") -> Any:
        factors = self.sample_factors(count)
        return self.dataset_batch_from_factors(factors), factors


@functools.cache
def load_scores() -> None:
    """Make disent's modules of scores known without the rest of it, which needs torchvision."""
    found = importlib.util.find_spec("disent")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'disent'")
    (place,) = found.submodule_search_locations
    for module_name, path in (("disent", place), ("disent.metrics", f"{place}/metrics")):
        module = types.ModuleType(module_name)
        module.__path__ = [path]
        sys.modules[module_name] = module
    sys.modules["disent.dataset"] = types.ModuleType("disent.dataset")
    sys.modules["disent.dataset"].DisentDataset = object  # type: ignore[attr-defined]


def disent_score(
    name: str, codes: np.ndarray, truth: Truth, **options: int
) -> Callable[[], dict[str, Any]]:
    """Return a function that computes one of the scores in `PEERS` by disent."""
    load_scores()
    file, function, _ = PEERS[name]
    score = getattr(importlib.import_module(f"disent.metrics.{file}"), function)
    stand, tensor = Stand(truth), torch.from_numpy(codes)

    def compute() -> dict[str, Any]:
        np.random.seed(0)
        values: dict[str, Any] = score(stand, lambda rows: tensor[rows], **options)
        return values

    return compute
