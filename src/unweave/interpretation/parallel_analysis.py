"""Parallel analysis, and whether a table can be factored: KMO and Bartlett's test."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

REPEATS = 40
QUANTILE = 0.95
MOST_ROWS = 5_000
WIDE = 500  # features of which eigenvalues are no longer computed 40 times


class ParallelAnalysis(NamedTuple):
    """The eigenvalues of a correlation matrix beside those of unrelated features.

    Attributes
    ----------
    eigenvalues : numpy.ndarray
        Of the features' correlation matrix, falling, J.
    random : numpy.ndarray
        The 95 % quantiles of those of shuffled features, J.
    """

    eigenvalues: np.ndarray
    random: np.ndarray

    @property
    def suggested(self) -> int:
        """The number of leading eigenvalues above those of shuffled features."""
        return leading_count(self.eigenvalues, self.random)


def leading_count(eigenvalues: np.ndarray, random: np.ndarray) -> int:
    """Return how many eigenvalues exceed the random one of their rank before one does not."""
    count = min(len(eigenvalues), len(random))
    above = eigenvalues[:count] > random[:count]
    return count if above.all() else int(above.argmin())


def parallel_analysis(
    features: np.ndarray, *, repeats: int = REPEATS, seed: int = 0
) -> ParallelAnalysis:
    """Compare the eigenvalues of features with those of features that are shuffled separately.

    Horn (1965), "A rationale and test for the number of factors in factor analysis", with the
    95 % quantile in place of the mean (Glorfeld, 1995) and shuffled columns in place of normal
    draws, so that every feature keeps its own distribution. Of more than 5,000 rows, eigenvalues
    of shuffled features are those of 5,000 random ones, brought to the number of all rows.

    Parameters
    ----------
    features : numpy.ndarray
        N x J.
    repeats : int
        How often the features are shuffled.
    seed : int
    """
    generator = np.random.default_rng(seed)
    varying = features[:, np.ptp(features, axis=0) > 0]
    eigenvalues = _eigenvalues(varying)
    some = varying
    if len(varying) > MOST_ROWS:
        some = varying[np.sort(generator.choice(len(varying), MOST_ROWS, replace=False))]
    draws = np.stack([_eigenvalues(generator.permuted(some, axis=0)) for _ in range(repeats)])
    # Their distance from 1 falls with the root of the number of rows.
    shrink = math.sqrt(len(some) / len(varying))
    random = 1 + shrink * (np.quantile(draws, QUANTILE, axis=0) - 1)
    return ParallelAnalysis(eigenvalues, random)


def random_eigenvalues(features: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
    """Return the largest eigenvalues that the features would have if they were unrelated.

    Those of `parallel_analysis`; of more than 500 features that vary the edge of the law of
    Marchenko and Pastur (1967), (1 + √(J / N))², which the largest eigenvalues then are close to.

    Parameters
    ----------
    features : numpy.ndarray
        N x J.
    count : int
        How many are wanted; fewer are returned of fewer features.
    seed : int
    """
    varying = int((np.ptp(features, axis=0) > 0).sum())
    if varying <= WIDE:
        return parallel_analysis(features, seed=seed).random[:count]
    return np.full(min(count, varying), (1 + math.sqrt(varying / len(features))) ** 2)


class Adequacy(NamedTuple):
    """How far correlations of features are due to shared factors.

    Attributes
    ----------
    kmo : float
        The Kaiser-Meyer-Olkin measure of all features, in [0, 1]; NaN if the correlation
        matrix cannot be inverted.
    kmo_per_feature : numpy.ndarray
        The measure of each feature, J.
    bartlett_chi_square, bartlett_p : float
        Bartlett's test that the features are uncorrelated.
    bartlett_degrees_of_freedom : int
    """

    kmo: float
    kmo_per_feature: np.ndarray
    bartlett_chi_square: float
    bartlett_p: float
    bartlett_degrees_of_freedom: int

    def to_json(self) -> dict[str, Any]:
        """Return all of it; NaN where undefined."""
        return {**self._asdict(), "kmo_per_feature": self.kmo_per_feature.tolist()}


def adequacy(correlation: np.ndarray, rows: int) -> Adequacy:
    """Return the Kaiser-Meyer-Olkin measure and Bartlett's test of sphericity.

    KMO = Σ r² / (Σ r² + Σ p²) over pairs of different features, with the partial correlations p
    given all other features (Kaiser and Rice, 1974). Bartlett (1951):
    χ² = −(N − 1 − (2 J + 5) / 6) log det R with J (J − 1) / 2 degrees of freedom.

    Parameters
    ----------
    correlation : numpy.ndarray
        R, J x J, of features that vary.
    rows : int
        The number N of rows that it was computed from.
    """
    from scipy.stats import chi2

    count = len(correlation)
    freedom = count * (count - 1) // 2
    sign, log_determinant = np.linalg.slogdet(correlation)
    if count < 2 or sign <= 0 or np.linalg.cond(correlation) > 1e12:
        return Adequacy(math.nan, np.full(count, math.nan), math.nan, math.nan, freedom)
    inverse = np.linalg.inv(correlation)
    lengths = np.sqrt(np.diagonal(inverse))
    partial = (inverse / np.outer(lengths, lengths)) ** 2
    squares = correlation**2
    np.fill_diagonal(partial, 0)
    np.fill_diagonal(squares := squares.copy(), 0)
    both = squares.sum(0) + partial.sum(0)
    each = squares.sum(0) / np.where(both > 0, both, math.nan)
    chi_square = -(rows - 1 - (2 * count + 5) / 6) * log_determinant
    return Adequacy(
        float(squares.sum() / both.sum()) if both.sum() > 0 else math.nan,
        each,
        float(chi_square),
        float(chi2.sf(chi_square, freedom)),
        freedom,
    )


def _eigenvalues(features: np.ndarray) -> np.ndarray:
    if not features.shape[1]:
        return np.empty(0)
    correlation = np.atleast_2d(np.corrcoef(features, rowvar=False))
    return np.asarray(np.linalg.eigvalsh(correlation)[::-1])
