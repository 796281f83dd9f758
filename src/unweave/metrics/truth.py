"""The true factors that codes are held against, and rows drawn while one of them is fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from unweave.statistics import bins_of_equal_count

BINS = 20


@dataclass(frozen=True)
class Truth:
    """The ground truth of some rows: the factors that made them.

    Attributes
    ----------
    names : tuple of str
    values : numpy.ndarray
        N x F: class indices, or values where `continuous`. None of the columns is constant.
    continuous : tuple of bool
    left_out : tuple of str
        Factors that do not vary in these rows: no score can say anything about them.
    """

    names: tuple[str, ...]
    values: np.ndarray
    continuous: tuple[bool, ...]
    left_out: tuple[str, ...] = ()

    @cached_property
    def levels(self) -> np.ndarray:
        """N x F whole numbers from 0: classes, or 20 equally filled bins of continuous factors."""
        columns = [
            np.unique(
                bins_of_equal_count(column, BINS) if continuous else column, return_inverse=True
            )[1]
            for column, continuous in zip(self.values.T, self.continuous, strict=True)
        ]
        return np.stack([column.reshape(-1) for column in columns], axis=1).astype(np.int64)

    @cached_property
    def sizes(self) -> np.ndarray:
        """The number of levels of each factor, F."""
        return np.asarray(self.levels.max(0) + 1)


def truth_of(
    values: np.ndarray, names: Sequence[str] | None = None, continuous: Sequence[bool] | None = None
) -> Truth:
    """Return the factors that vary.

    Parameters
    ----------
    values : numpy.ndarray
        N x F.
    names : sequence of str, optional
        ``factor 1`` and so on unless given.
    continuous : sequence of bool, optional
        All discrete unless given.

    Raises
    ------
    ValueError
        If a value is not finite, or none of the factors varies.
    """
    values = np.asarray(values)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("factors are N x F finite values")
    count = values.shape[1]
    names = names or [f"factor {place + 1}" for place in range(count)]
    continuous = continuous or [False] * count
    varying = [f for f in range(count) if len(values) and np.ptp(values[:, f]) > 0]
    if not varying:
        raise ValueError("no factor varies in these rows")
    return Truth(
        tuple(names[f] for f in varying),
        values[:, varying],
        tuple(bool(continuous[f]) for f in varying),
        tuple(names[f] for f in range(count) if f not in varying),
    )


class FixedFactor:
    """Random rows that share the level of one factor.

    Only row numbers are drawn, so that no sample is read or encoded twice.

    Parameters
    ----------
    truth : Truth
    generator : numpy.random.Generator
    """

    def __init__(self, truth: Truth, generator: np.random.Generator) -> None:
        self.truth, self.generator = truth, generator
        levels, sizes = truth.levels, truth.sizes
        self._order = np.argsort(levels, axis=0, kind="stable")
        self._counts = [
            np.bincount(column, minlength=size)
            for column, size in zip(levels.T, sizes, strict=True)
        ]
        self._starts = [np.concatenate([[0], counts.cumsum()[:-1]]) for counts in self._counts]

    def groups(self, factors: np.ndarray, size: int) -> np.ndarray:
        """Return V x `size` rows; those of a group share a random level of its factor.

        Parameters
        ----------
        factors : numpy.ndarray
            The factor that is fixed in each of the V groups.
        size : int
            Rows in a group.
        """
        levels = self.generator.integers(self.truth.sizes[factors])
        return self._draw(np.repeat(factors, size), np.repeat(levels, size)).reshape(-1, size)

    def partners(self, rows: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """Return for every row a random one with the same level of the given factor."""
        return self._draw(factors, self.truth.levels[rows, factors])

    def _draw(self, factors: np.ndarray, levels: np.ndarray) -> np.ndarray:
        places, chances = np.empty(len(factors), np.int64), self.generator.random(len(factors))
        for factor in range(len(self.truth.names)):
            at = np.flatnonzero(factors == factor)
            start, count = (each[factor][levels[at]] for each in (self._starts, self._counts))
            places[at] = self._order[start + (chances[at] * count).astype(np.int64), factor]
        return places


def some_rows(count: int, most: int, generator: np.random.Generator) -> np.ndarray:
    """Return at most `most` of `count` rows, each once, in random order."""
    return generator.permutation(count)[:most]


def train_and_test_rows(
    count: int, train_rows: int, test_rows: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return disjoint random rows to train on and to test on.

    As many as asked for; if there are fewer than both together, in the same proportion.
    """
    order = generator.permutation(count)
    share = min(1.0, count / (train_rows + test_rows))
    first = max(1, round(train_rows * share))
    return order[:first], order[first : first + round(test_rows * share)]
