"""Second moments of codes and features by groups of rows, all that linear readings need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

GROUPS = 100

Features = Callable[[np.ndarray], np.ndarray]
"""A function from n row numbers to these rows' features, n x J."""


@dataclass(frozen=True)
class Moments:
    """Sums of codes and features over G random groups of rows, relative to one of the rows.

    Attributes
    ----------
    counts : numpy.ndarray
        Rows in each group, G.
    codes, features : numpy.ndarray
        Sums, G x K and G x J.
    codes_codes, codes_features : numpy.ndarray
        Sums of products, G x K x K and G x K x J.
    features_features : numpy.ndarray
        Sums of squares, G x J.
    """

    counts: np.ndarray
    codes: np.ndarray
    features: np.ndarray
    codes_codes: np.ndarray
    codes_features: np.ndarray
    features_features: np.ndarray

    def of(self, places: np.ndarray) -> Moments:
        """Return the moments of some of the features."""
        return replace(
            self,
            features=self.features[:, places],
            codes_features=self.codes_features[:, :, places],
            features_features=self.features_features[:, places],
        )

    def means(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weighted groups' means of codes and features, P x K and P x J."""
        count = (weights @ self.counts)[:, None]
        return weights @ self.codes / count, weights @ self.features / count

    def about(
        self, weights: np.ndarray, means: tuple[np.ndarray, np.ndarray] | None = None
    ) -> Products:
        """Return the weighted groups' mean products about given means, or about their own.

        Parameters
        ----------
        weights : numpy.ndarray
            How often each group counts, P x G.
        means : tuple of numpy.ndarray, optional
            Means of codes and features, P x K and P x J.
        """
        count = weights @ self.counts
        z, x = own = self.means(weights)
        off_z, off_x = (a - b for a, b in zip(own, means or own, strict=True))
        gram = np.tensordot(weights, self.codes_codes, 1) / count[:, None, None]
        cross = np.tensordot(weights, self.codes_features, 1) / count[:, None, None]
        square = weights @ self.features_features / count[:, None]
        return Products(
            gram - _outer(z, z) + _outer(off_z, off_z),
            cross - _outer(z, x) + _outer(off_z, off_x),
            np.maximum(square - x**2, 0) + off_x**2,
        )


class Products(NamedTuple):
    """Mean products for P weightings of the rows.

    Attributes
    ----------
    gram, cross : numpy.ndarray
        Products of codes with codes, P x K x K, and of codes with features, P x K x J.
    square : numpy.ndarray
        Squares of features, P x J.
    """

    gram: np.ndarray
    cross: np.ndarray
    square: np.ndarray

    def scaled(self, codes: np.ndarray, features: np.ndarray) -> Products:
        """Return them in units of deviations, P or 1 x K and x J; 0 for a deviation of 0."""
        by_z, by_x = map(_inverse, (codes, features))
        return Products(
            self.gram * by_z[:, :, None] * by_z[:, None],
            self.cross * by_z[:, :, None] * by_x[:, None],
            self.square * by_x**2,
        )

    def deviations(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the standard deviations of codes and features, P x K and P x J."""
        variances = np.diagonal(self.gram, axis1=1, axis2=2)
        return np.sqrt(np.maximum(variances, 0)), np.sqrt(self.square)


def gather_moments(
    codes: np.ndarray, features: Features, *, groups: int = GROUPS, seed: int = 0
) -> Moments:
    """Sum codes and features over random groups of rows, a group at a time.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    features : callable
        A function from row numbers to their features, n x J.
    groups : int
        The number of groups; at most one for each row.
    seed : int
        Seed of the grouping.
    """
    order = np.random.default_rng(seed).permutation(len(codes))
    parts = np.array_split(order, min(groups, len(codes)))
    # Any centre within the data keeps precision; a row of it keeps constants exactly constant.
    centre_z = codes[parts[0][0]].astype(np.float64)
    centre_x = np.asarray(features(parts[0][:1]), dtype=np.float64)[0]
    sums: list[tuple[np.ndarray, ...]] = []
    for part in parts:
        z = codes[part].astype(np.float64) - centre_z
        x = np.asarray(features(part), dtype=np.float64) - centre_x
        sums.append((z.sum(0), x.sum(0), z.T @ z, z.T @ x, (x**2).sum(0)))
    counts = np.array([len(part) for part in parts], dtype=float)
    return Moments(counts, *(np.stack(each) for each in zip(*sums, strict=True)))


def _outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.asarray(left[:, :, None] * right[:, None])


def _inverse(deviations: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(deviations > 0, 1 / np.where(deviations > 0, deviations, 1), 0))
