"""Whitening, and the independent components of codes."""

from __future__ import annotations

import warnings

import numpy as np

from unweave.errors import RequestError
from unweave.statistics import correlations

_SINGULAR = 1e-10
_ITERATIONS, _TOLERANCE = 200, 1e-5  # components that exist take ten or twenty
_NORMAL_LOG_COSH = 0.3745672074914376  # E log cosh ν of a standard normal ν


def whitening(centred: np.ndarray) -> np.ndarray:
    """Return the symmetric matrix that makes N x P centred codes uncorrelated with variance 1.

    Raises
    ------
    RequestError
        If a column is constant, or columns depend on each other linearly.
    """
    deviations = centred.std(0)
    if (deviations == 0).any():
        raise RequestError(f"z{int((deviations == 0).argmax())} is constant: leave it out")
    scaled = centred / deviations
    values, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    if values[0] < _SINGULAR:
        raise RequestError("the codes depend on each other linearly; leave out some of them")
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T / deviations[:, None])


def independent_directions(
    codes: np.ndarray, seed: int = 0, contrast: str = "logcosh"
) -> tuple[np.ndarray, bool]:
    """Return the orthogonal turn of whitened codes by FastICA, P x P, and whether it converged.

    Hyvärinen (1999), "Fast and robust fixed-point algorithms for independent component analysis",
    all components at once.

    Parameters
    ----------
    codes : numpy.ndarray
        N x P, whitened: the fixed points of codes that are only nearly white can be mixtures.
    seed : int
    contrast : {"logcosh", "cube"}
        ``cube`` maximises the squared kurtosis: it tells uniform factors best, and is led astray by
        outliers.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    solver = FastICA(
        whiten=False, random_state=seed, max_iter=_ITERATIONS, tol=_TOLERANCE, fun=contrast
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        solver.fit(codes)
    left, _, right = np.linalg.svd(solver.components_.T)
    return left @ right, not any(issubclass(each.category, ConvergenceWarning) for each in caught)


def halves_components(codes: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return all codes along the independent components of either half of their rows, N x P each.

    Parameters
    ----------
    codes : numpy.ndarray
        N x P, of which none depends on the others linearly. Every other row belongs to a half.
    seed : int

    Raises
    ------
    RequestError
        If a column of a half is constant, or columns depend on each other linearly.
    """
    first, second = (
        _components(codes, codes[rows], seed) for rows in (slice(0, None, 2), slice(1, None, 2))
    )
    return first, second


def _components(codes: np.ndarray, some: np.ndarray, seed: int) -> np.ndarray:
    """Return codes along the independent components of some of their rows."""
    centred = some - some.mean(0)
    whitener = whitening(centred)
    directions, _ = independent_directions(centred @ whitener, seed)
    return np.asarray((codes - some.mean(0)) @ whitener @ directions)


def halves_agreement(codes: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return how well the components of one half of the rows are found again in the other, P.

    Absolute correlations of matched components, the largest first. They are small where components
    are not identified: two or more of them are Gaussian, or all are mixtures.

    Parameters
    ----------
    codes : numpy.ndarray
        N x P, of which none depends on the others linearly.
    seed : int
    """
    return np.asarray(np.sort(matched(*halves_components(codes, seed))[0])[::-1])


def matched(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return the absolute correlations of matched columns, P, and their places in both.

    Parameters
    ----------
    first, second : numpy.ndarray
        N x P each.
    """
    from scipy.optimize import linear_sum_assignment

    overlap = np.abs(correlations(first, second))
    places = linear_sum_assignment(-overlap)
    return overlap[places], places


def non_gaussianity(white: np.ndarray) -> float:
    """Return how far columns of variance 1 are from normal ones, on average: 0 for normal ones.

    √J of Hyvärinen (1998), "New approximations of differential entropy for independent component
    analysis and projection pursuit", with G(u) = log cosh u: |E G(z) − E G(ν)|. It is
    what `independent_directions` makes large.

    Parameters
    ----------
    white : numpy.ndarray
        N x P.
    """
    magnitudes = np.abs(white)
    log_cosh = magnitudes + np.log1p(np.exp(-2 * magnitudes)) - np.log(2)
    return float(np.abs(log_cosh.mean(0) - _NORMAL_LOG_COSH).mean())
