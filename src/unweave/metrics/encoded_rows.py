"""The rows of data that scores are computed on: their codes, posteriors and reconstructions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from unweave.data import Dataset
from unweave.metrics.truth import Truth, truth_of
from unweave.objectives.divergence import informative_dimensions, kl_from_standard_normal
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
    def open_codes(self) -> np.ndarray:
        """The same, but 0 in dimensions that the model has closed: not informative in these rows.

        The means of a closed dimension hardly vary, yet are still a function of the samples. A
        model without a posterior closes none.
        """
        if not self.model.has_posterior:
            return self.codes
        mean, log_variance = (torch.from_numpy(each).double() for each in self.posterior)
        kl = kl_from_standard_normal(mean, log_variance).mean(0)
        closed = np.ones(self.codes.shape[1], bool)
        spread = mean.var(0, correction=0).tolist()
        closed[informative_dimensions(kl.tolist(), spread, kept=self.model.module.kept)] = False
        return np.where(closed, np.float32(0), self.codes)

    @cached_property
    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and log-variances of q(z|x), N x K each."""
        means, log_variances = zip(
            *(self.model.posterior(part) for part in self._parts()), strict=True
        )
        return np.concatenate(means), np.concatenate(log_variances)

    @property
    def varying_factors(self) -> bool:
        """Whether any factor is known and varies in these rows."""
        factors = self.dataset.factors
        return factors is not None and bool(np.ptp(factors.values[self.rows], axis=0).any())

    @cached_property
    def has_known_values(self) -> bool:
        """Whether any value of these rows is known: not all cells are blank."""
        if self.dataset.kind == "images":
            return True
        observed = (self.model.observed(np.asarray(part.samples)) for part in self._parts())
        return any(not np.isnan(values).all() for values in observed)

    @cached_property
    def truth(self) -> Truth:
        """The true factors of the rows, those that vary; there must be one."""
        factors = self.dataset.factors
        assert factors is not None
        values = factors.values[self.rows]
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
                decoded = self.model.expected(self.model.encode(part), np.asarray(part.samples))
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
