"""The rows of data that scores are computed on: their codes, posteriors and reconstructions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.metrics.truth import Truth, truth_of
from unweave.runs.model import Model

BATCH = {"images": 512, "table": 16384}


@dataclass(frozen=True)
class EncodedRows:
    """A model and the rows of data it is scored on; each is encoded once for all scores.

    Attributes
    ----------
    model : Model
    dataset : Dataset
        The data as the model reads it (see `Model.dataset`).
    rows : numpy.ndarray
        The N row numbers that count, in order.
    batch : int, optional
        Rows drawn, encoded and decoded at a time: the most that are in memory at once.
        No score depends on it. 512 images or 16,384 table rows unless given.
    """

    model: Model
    dataset: Dataset
    rows: np.ndarray
    batch: int | None = None

    @cached_property
    def codes(self) -> np.ndarray:
        """The codes of the rows, N x K."""
        if self.model.has_posterior:
            return self.posterior[0]
        return np.concatenate([self.model.encode(part) for part in self._parts()])

    @cached_property
    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and log-variances of q(z|x), N x K each."""
        means, log_variances = zip(
            *(self.model.posterior(part) for part in self._parts()), strict=True
        )
        return np.concatenate(means), np.concatenate(log_variances)

    @cached_property
    def truth(self) -> Truth:
        """The true factors of the rows, those that vary.

        Raises
        ------
        RequestError
            If the data has no factors, or none of them varies.
        """
        factors = self.dataset.factors
        if factors is None:
            raise RequestError(f"{self.dataset.name}: no factors are known; give other data")
        values = factors.values[self.rows]
        if not np.ptp(values, axis=0).any():
            raise RequestError(
                f"{self.dataset.name}: no factor varies in these {len(values)} rows; give more rows"
            )
        return truth_of(values, factors.names, [size is None for size in factors.sizes])

    def pairs(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield samples and their reconstructions batch by batch, in order, on the CPU.

        Images are float32 N x C x H x W in [0, 1], table rows float32 N x E (`Model.observed`), NaN
        where a cell is blank.
        """
        for part in self._parts():
            if part.kind == "images":
                samples = np.asarray(part.samples, np.float32) / np.float32(255)
                decoded = np.asarray(self.model.reconstruct(part))
            else:
                # Not by way of the table's own units, in which two-valued cells are rounded.
                samples = self.model.observed(np.asarray(part.samples))
                decoded = self.model.expected(self.model.encode(part))
            yield torch.from_numpy(samples), torch.from_numpy(decoded)

    def _parts(self) -> Iterator[Dataset]:
        size = self.batch or BATCH[self.dataset.kind]
        for start in range(0, len(self.rows), size):
            yield _part_of(self.dataset, self.rows[start : start + size])


def _part_of(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """Return some rows as a dataset of their own, with their labels and factors."""
    labels, factors = dataset.labels, dataset.factors
    return replace(
        dataset,
        samples=np.array(dataset.samples[rows]),
        splits={},
        labels=labels and replace(labels, values=labels.values[rows]),
        factors=factors and replace(factors, values=factors.values[rows]),
    )
