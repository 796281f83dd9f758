"""Features as readings take them: the columns of a table, each one feature whatever its coding.

A number is its own reading. A binary or an ordinal column is read by its expected level, a
count by its expected value. A category of L levels is read by L indicators, whose readings are
put together in proportion to their variances p_l (1 − p_l): the share of variance of a category
is Σ_l Var(p_l) / Σ_l p_l (1 − p_l), in which the denominator is Gini's impurity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from unweave.data import Dataset, unit_scale
from unweave.interpretation.fvh_lt import (
    FeatureVariance,
    heterogeneity,
    resampled_variances,
)
from unweave.runs.model import Model

# A pixel whose deviation is less than one grey level counts as constant.
_LEAST_DEVIATION = {"table": 1e-6, "images": 1 / 255}
_HELD_AT_ONCE = 20_000_000


class FeatureValues:
    """The features of some rows as E values each, and what a model expects of these values.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        As the model reads it.
    rows : numpy.ndarray
        The N rows that are read.
    codes : numpy.ndarray
        Their codes, N x K.

    Attributes
    ----------
    variances : numpy.ndarray
        Of every value over the rows where it is not blank, E; 0 for those that count as constant.
    present : numpy.ndarray
        The share of the rows where it is not blank, E.
    constant : tuple of int
        The features that do not vary; a given column of a table is none of them.
    """

    def __init__(self, model: Model, dataset: Dataset, rows: np.ndarray, codes: np.ndarray) -> None:
        self._codes = codes.astype(np.float64)
        self._model, self._dataset, self._rows = model, dataset, rows
        self._features = int(np.prod(dataset.sample_shape))
        columns = model.module.columns
        self._owners = np.arange(self._features) if columns is None else columns.owners
        self._means, self.variances, self.present = self._moments()
        # Each value's part in its feature: 1, or its part in the variance of a category.
        whole = np.bincount(self._owners, self.variances, self._features)
        self._parts = self.variances / np.where(whole > 0, whole, 1)[self._owners]
        owned = np.isin(np.arange(self._features), self._owners)
        self.constant = tuple(np.flatnonzero((whole == 0) & owned).tolist())

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the values expected of n codes, n x E."""
        if len(self._model.sample_shape) == 1:
            return self._model.expected(codes)
        return np.asarray(self._model.decode(codes)).reshape(len(codes), -1)

    def filled(self, places: np.ndarray) -> np.ndarray:
        """Return the values of some of the rows, n x E; blank ones at their mean, constants 0."""
        values = self._observed(self._rows[places])
        values = np.where(np.isnan(values), self._means, values)
        return np.where(self.variances > 0, values, 0)

    def mean_squares(self, groups: Sequence[np.ndarray]) -> np.ndarray:
        """Return the values' mean squares about their means in G groups of rows, G x E.

        Blank cells do not count. 0 for values that count as constant.
        """
        squares = np.zeros((len(groups), len(self._owners)))
        for place, group in enumerate(groups):
            off = self._observed(group).astype(np.float64) - self._means
            present = (~np.isnan(off)).sum(0)
            squares[place] = np.nansum(off**2, 0) / np.where(present > 0, present, 1)
        return np.where(self.variances > 0, squares, 0)

    def of_variance(self, reading: FeatureVariance) -> FeatureVariance:
        """Return FVH-LT of features, made of that of values: both variances are summed."""
        if self._plain:
            return reading
        parts, squares = self._summed(reading.parts), self._summed(reading.squares.T).T
        weights = np.ones((1, len(reading.sizes)))
        summed = replace(reading, parts=parts, squares=squares)
        table = resampled_variances(summed, weights)[0]
        whole = self._summed(self.variances[:, None])
        linear = np.nan_to_num(reading.linearity) * reading.table * self.variances[:, None]
        moved = table * whole
        linearity = np.where(
            moved > 0, self._summed(linear) / np.where(moved > 0, moved, 1), np.nan
        ).clip(0, 1)
        return replace(summed, table=table, linearity=linearity, heterogeneity=heterogeneity(table))

    def of_coefficients(self, table: np.ndarray) -> np.ndarray:
        """Return |Θ| of features, … x J x K, made of that of values, … x E x K.

        The root of the parts' mean square: for independent codes its square is a share of
        variance, as |Θ|² of a number is. What blank cells at their mean take from a coefficient
        is given back.
        """
        if self._plain:
            return table
        squares = (table / self._shrinkage) ** 2 * self._parts[:, None]
        return np.asarray(np.sqrt(self._summed(squares)))

    def signs(self, coefficients: np.ndarray) -> np.ndarray:
        """Return the signs of features' coefficients, J x K, of those of values, E x K.

        A category has none: its levels rise and fall together. It counts as rising.
        """
        if self._plain:
            return np.asarray(np.sign(coefficients))
        several = np.bincount(self._owners, minlength=self._features) > 1
        return np.where(several[:, None], 1.0, self._summed(np.sign(coefficients)))

    @cached_property
    def _shrinkage(self) -> np.ndarray:
        """The factor by which blank cells at their mean shrink a coefficient, E x K.

        The correlation of a column and a code over all rows is that over the present cells
        times √(share that is present) and times the ratio of the code's deviations in both.
        """
        codes = self._codes - self._codes.mean(0)
        sums = np.zeros((2, len(self._owners), codes.shape[1]))
        step = max(1, _HELD_AT_ONCE // len(self._owners))
        for start in range(0, len(codes), step):
            part = codes[start : start + step]
            present = (~np.isnan(self._observed(self._rows[start : start + step]))).astype(float)
            sums += present.T @ part, present.T @ part**2
        count = np.maximum(self.present * len(codes), 1)[:, None]
        mean, square = sums / count
        ratio = np.sqrt(np.maximum(square - mean**2, 0)) / np.maximum(codes.std(0), 1e-12)
        shrinkage = np.sqrt(self.present)[:, None] * ratio
        return np.asarray(np.where((self.present < 1)[:, None] & (shrinkage > 0), shrinkage, 1.0))

    @property
    def _plain(self) -> bool:
        return self._model.module.columns is None

    def _summed(self, values: np.ndarray) -> np.ndarray:
        """Sum values, … x E x K, over those of a feature."""
        belongs = np.arange(self._features)[:, None] == self._owners
        return np.asarray(belongs.astype(values.dtype) @ values)

    def _observed(self, rows: np.ndarray) -> np.ndarray:
        samples = np.asarray(self._dataset.samples[rows])
        if self._plain:
            return unit_scale(samples).reshape(len(rows), -1)
        return self._model.observed(samples)

    def _moments(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return means, variances and shares of present cells, E each."""
        count, rows = len(self._owners), self._rows
        first = np.nan_to_num(self._observed(rows[:1])[0].astype(np.float64))
        sums, present = np.zeros((2, count)), np.zeros(count)
        step = max(1, _HELD_AT_ONCE // count)
        for start in range(0, len(rows), step):
            part = self._observed(rows[start : start + step]) - first
            sums += np.nansum(part, 0), np.nansum(part**2, 0)
            present += (~np.isnan(part)).sum(0)
        mean, square = sums / np.where(present > 0, present, 1)
        variances: np.ndarray = np.maximum(square - mean**2, 0)
        variances[variances < _LEAST_DEVIATION[self._dataset.kind] ** 2] = 0
        return first + mean, variances, present / len(rows)
