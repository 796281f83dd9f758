"""FVH-LT, feature variance heterogeneity via latent traversal: the features a dimension moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from unweave.statistics import CONFIDENCE, concentration

VALUES = 16
GROUPS = 50
_FEWEST_DRAWS = 4  # in a group
_ROUNDING = 1e-10  # share of variance that is no more than single precision's rounding
_HELD_AT_ONCE = 8_000_000  # numbers that the decoder returns in one call

Decode = Callable[[np.ndarray], np.ndarray]
"""A function from n x K codes to n x J features, or n x C x H x W images."""


@dataclass(frozen=True)
class FeatureVariance:
    """The result of FVH-LT.

    Attributes
    ----------
    table : numpy.ndarray
        V, J x K: the share of each feature's variance that is due to moving z_k alone; 0 in the
        columns that were not asked for, and in the rows of constant features.
    linearity : numpy.ndarray
        The share of that variance that is linear in z_k, J x K; NaN where V is 0.
    heterogeneity : numpy.ndarray
        1 − H(column) / log J, K: from 0 (all features equally) to 1 (one alone).
    parts : numpy.ndarray
        The variance that moving z_k alone brings to each feature, by groups of rows, G x J x K.
    squares : numpy.ndarray
        The features' mean squares about their means, by the same groups, G x J.
    sizes : numpy.ndarray
        Base codes in each group, G.
    dimensions : tuple of int
        The dimensions that were asked for.
    """

    table: np.ndarray
    linearity: np.ndarray
    heterogeneity: np.ndarray
    parts: np.ndarray
    squares: np.ndarray
    sizes: np.ndarray
    dimensions: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figures other than the table."""
        return {"heterogeneity": self.heterogeneity.tolist()}


def feature_variance(
    decode: Decode,
    codes: np.ndarray,
    draws: np.ndarray,
    variances: np.ndarray,
    dimensions: Sequence[int] | None = None,
    *,
    values: int = VALUES,
    seed: int = 0,
) -> FeatureVariance:
    """Move one latent dimension at a time, from real codes, and see which features vary.

    After Lang and Liu (arXiv 2603.11242). From each base code z_k is moved to T / 2 values of its
    aggregate posterior, one drawn at random between each two neighbouring quantiles, and so again
    by other draws: of two such series a and b, Var_T(x̂) + (mean_a − mean_b)² / 4 is without bias
    the variance of the feature as z_k follows its aggregate posterior, whatever the effect's
    shape. For independent dimensions V_jk is then Sobol's total index of z_k: the share of the
    variance of feature j that is lost when z_k is fixed, its interactions included.

    Parameters
    ----------
    decode : callable
        The decoder, in the units of `variances`.
    codes : numpy.ndarray
        Base codes in random order, M x K: posterior means of real samples.
    draws : numpy.ndarray
        Draws from the aggregate posterior in random order, S x K.
    variances : numpy.ndarray
        Variances of the features in the data, J; 0 for those that count as constant. Or their
        mean squares in each of G groups of rows, G x J (see `group_count`).
    dimensions : sequence of int, optional
        The informative dimensions; all unless given.
    values : int
        The number T of values along each dimension, even.
    seed : int
        Seed of these values.

    Returns
    -------
    FeatureVariance
    """
    count = codes.shape[1]
    dimensions = tuple(range(count) if dimensions is None else dimensions)
    squares = np.atleast_2d(variances).astype(np.float64)
    if len(squares) == 1:
        squares = np.repeat(squares, group_count(len(codes), len(draws)), axis=0)
    groups, pools = (np.array_split(each, len(squares)) for each in (codes, draws))
    parts = np.zeros((*squares.shape, count), np.float32)
    straight = np.zeros((squares.shape[1], count))
    generator = np.random.default_rng(seed)
    for k in dimensions:
        mean, variance = (f(draws[:, k], dtype=np.float64) for f in (np.mean, np.var))
        for place, (group, pool) in enumerate(zip(groups, pools, strict=True)):
            line = _Line(pool[:, k].astype(np.float64), mean, variance, values // 2, generator)
            total, linear = _moved(decode, group, k, line, squares.shape[1])
            parts[place, :, k] = total / len(group)
            straight[:, k] += linear
    sizes = np.array([len(group) for group in groups], dtype=float)
    table = _shares(np.ones((1, len(sizes))), sizes, parts, squares)[0]
    moves = table > _ROUNDING
    straight /= sizes.sum() * _divisor(squares.mean(0))[:, None]
    linearity = np.where(moves, (straight / np.where(moves, table, 1)).clip(0, 1), np.nan)
    table, parts = np.where(moves, table, 0), np.where(moves, parts, np.float32(0))
    return FeatureVariance(
        table, linearity, heterogeneity(table), parts, squares, sizes, dimensions
    )


def group_count(codes: int, draws: int) -> int:
    """Return the number G of groups that so many base codes and draws are cut into."""
    return max(1, min(GROUPS, codes, draws // _FEWEST_DRAWS))


def heterogeneity(table: np.ndarray) -> np.ndarray:
    """Return 1 − H(p) / log J of every column read as a distribution p over J features.

    0 where a column is empty, or there is a single feature.
    """
    return np.asarray(concentration(table, axis=0).clip(0, 1))


def resampled_variances(reading: FeatureVariance, weights: np.ndarray) -> np.ndarray:
    """Return V for other weightings of the groups of rows, P x J x K."""
    return _shares(weights, reading.sizes, reading.parts, reading.squares)


def variance_interval(reading: FeatureVariance) -> np.ndarray:
    """Return Student's 95 % interval of the logarithm of every entry, as entries: 2 x J x K.

    The groups are the sample, and V a ratio of their means.
    """
    count = len(reading.sizes)
    if count < 2:
        return np.stack([reading.table] * 2)
    shares = (reading.sizes / reading.sizes.sum())[:, None, None]
    left = reading.parts - reading.table * reading.squares[:, :, None]
    # The residuals' weighted mean is 0: the error is that of a mean, in units of the divisor.
    square = count / (count - 1) * ((shares * left) ** 2).sum(0)
    error = np.sqrt(square) / _divisor(reading.squares.mean(0))[:, None]
    relative = error / np.where(reading.table > 0, reading.table, 1)
    wide = stdtrit(count - 1, (1 + CONFIDENCE) / 2) * relative
    return np.stack([reading.table * np.exp(-wide), reading.table * np.exp(wide)])


def _shares(
    weights: np.ndarray, sizes: np.ndarray, parts: np.ndarray, squares: np.ndarray
) -> np.ndarray:
    """Return moved variance over all variance for P weightings of the groups, P x J x K."""
    of_codes = weights * sizes
    of_codes = (of_codes / of_codes.sum(1, keepdims=True)).astype(np.float32)
    moved = np.tensordot(of_codes, parts, 1)
    whole = weights @ squares / weights.sum(1, keepdims=True)
    # Groups without any variance of a feature are possible, features without any are constant.
    return np.asarray(moved / np.where(squares.any(0), _divisor(whole), np.inf)[:, :, None])


def _divisor(variances: np.ndarray) -> np.ndarray:
    return np.where(variances > 0, variances, np.inf)


class _Line:
    """Values of one dimension to move through: two series, of the draws of either half of a pool.

    Attributes
    ----------
    mean, variance : float
        Of all draws of the dimension.
    """

    def __init__(
        self,
        pool: np.ndarray,
        mean: float,
        variance: float,
        strata: int,
        generator: np.random.Generator,
    ) -> None:
        self.halves = np.sort(pool[::2]), np.sort(pool[1::2] if len(pool) > 1 else pool)
        self.mean, self.variance = mean, variance
        self.strata, self.generator = strata, generator

    def series(self, count: int) -> np.ndarray:
        """Return fresh values for `count` base codes, one in each stratum: count x 2 x strata."""
        chances = self.generator.random((2, count, self.strata))
        places = (np.arange(self.strata) + chances) / self.strata
        drawn = [
            half[(each * len(half)).astype(int)]
            for half, each in zip(self.halves, places, strict=True)
        ]
        return np.stack(drawn, axis=1)


def _moved(
    decode: Decode, group: np.ndarray, k: int, line: _Line, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance along z_k, and its linear part, summed over base codes: J each."""
    total, linear = np.zeros(width), np.zeros(width)
    along = 2 * line.strata
    step = max(1, _HELD_AT_ONCE // (along * width))
    every = line.series(len(group))
    for start in range(0, len(group), step):
        some, series = (each[start : start + step] for each in (group, every))
        moved = np.repeat(some, along, axis=0)
        moved[:, k] = series.ravel()
        decoded = np.asarray(decode(moved)).reshape(len(some), 2, line.strata, width)
        deviation = decoded - decoded.mean((1, 2), keepdims=True, dtype=np.float64)
        ends = deviation.mean(2)
        total += ((deviation**2).mean((1, 2)) + ((ends[:, 0] - ends[:, 1]) / 2) ** 2).sum(0)
        if line.variance > 0:
            # Each series is held against the other's mean, so that chance adds nothing.
            off = series - line.mean
            slopes = np.einsum("mat,matj->maj", off, deviation) / line.strata
            slopes -= off.mean(2)[:, :, None] * ends[:, ::-1]
            linear += (slopes[:, 0] * slopes[:, 1] / line.variance).sum(0)
    return total, linear
