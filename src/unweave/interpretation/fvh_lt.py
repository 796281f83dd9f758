"""FVH-LT, feature variance heterogeneity via latent traversal: the features a dimension moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.statistics import concentration

VALUES = 16
GROUPS = 50
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
        V of each group of base codes, G x J x K, whose mean V is; for its bootstrap.
    sizes : numpy.ndarray
        Base codes in each group, G.
    dimensions : tuple of int
        The dimensions that were asked for.
    """

    table: np.ndarray
    linearity: np.ndarray
    heterogeneity: np.ndarray
    parts: np.ndarray
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
) -> FeatureVariance:
    """Move one latent dimension at a time, from real codes, and see which features vary.

    After Lang and Liu (arXiv 2603.11242). The T values of z_k are the means of its aggregate
    posterior between neighbouring quantiles t / T, so that they represent its draws with equal
    weights. For independent dimensions V_jk is then Sobol's total index of z_k: the share of the
    variance of feature j that is lost when z_k is fixed, its interactions included.

    Parameters
    ----------
    decode : callable
        The decoder, in the units of `variances`.
    codes : numpy.ndarray
        Base codes, M x K: posterior means of real samples.
    draws : numpy.ndarray
        Draws from the aggregate posterior, S x K.
    variances : numpy.ndarray
        Variances of the features in the data, J; 0 for those that count as constant.
    dimensions : sequence of int, optional
        The informative dimensions; all unless given.
    values : int
        The number T of values along each dimension.

    Returns
    -------
    FeatureVariance
    """
    count = codes.shape[1]
    dimensions = tuple(range(count) if dimensions is None else dimensions)
    groups = np.array_split(codes, min(GROUPS, len(codes)))
    width = len(variances)
    parts = np.zeros((len(groups), width, count), np.float32)
    straight = np.zeros((width, count))
    for k in dimensions:
        line = _strata_means(draws[:, k], values)
        for place, group in enumerate(groups):
            total, linear = _moved(decode, group, k, line, width)
            parts[place, :, k] = total / len(group)
            straight[:, k] += linear
    sizes = np.array([len(group) for group in groups], dtype=float)
    parts /= np.where(variances > 0, variances, np.inf)[:, None]
    table = np.tensordot(sizes / sizes.sum(), parts.astype(np.float64), 1)
    moves = table > _ROUNDING
    straight /= sizes.sum() * np.where(variances > 0, variances, 1)[:, None]
    linearity = np.where(moves, straight / np.where(moves, table, 1), np.nan)
    table, parts = np.where(moves, table, 0), np.where(moves, parts, np.float32(0))
    return FeatureVariance(table, linearity, heterogeneity(table), parts, sizes, dimensions)


def heterogeneity(table: np.ndarray) -> np.ndarray:
    """Return 1 − H(p) / log J of every column read as a distribution p over J features.

    0 where a column is empty, or there is a single feature.
    """
    return np.asarray(concentration(table, axis=0).clip(0, 1))


def resampled_variances(reading: FeatureVariance, weights: np.ndarray) -> np.ndarray:
    """Return V for other weightings of the groups of base codes, P x J x K."""
    shares = weights * reading.sizes
    shares = (shares / shares.sum(1, keepdims=True)).astype(np.float32)
    return np.asarray(np.tensordot(shares, reading.parts, 1))


def _strata_means(draws: np.ndarray, count: int) -> np.ndarray:
    """Return the means of strata of equally many draws, ascending; their variance is nearly all."""
    strata = np.array_split(np.sort(draws.astype(np.float64)), min(count, len(draws)))
    return np.array([stratum.mean() for stratum in strata])


def _moved(
    decode: Decode, group: np.ndarray, k: int, line: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance along z_k, and its linear part, summed over base codes: J each."""
    total, linear = np.zeros(width), np.zeros(width)
    centred = line - line.mean()
    spread = (centred**2).mean()
    step = max(1, _HELD_AT_ONCE // (len(line) * width))
    for start in range(0, len(group), step):
        some = group[start : start + step]
        moved = np.repeat(some, len(line), axis=0)
        moved[:, k] = np.tile(line, len(some))
        decoded = np.asarray(decode(moved)).reshape(len(some), len(line), width)
        deviation = decoded - decoded.mean(1, keepdims=True, dtype=np.float64)
        total += (deviation**2).mean(1).sum(0)
        if spread > 0:
            slope = np.einsum("t,mtj->mj", centred, deviation) / len(line)
            linear += (slope**2 / spread).sum(0)
    return total, linear
