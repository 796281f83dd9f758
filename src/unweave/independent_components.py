"""Whitening, and the independent components of codes."""

from __future__ import annotations

import warnings

import numpy as np

from unweave.errors import RequestError

_SINGULAR = 1e-10


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
        N x P, whitened.
    seed : int
    contrast : {"logcosh", "cube"}
        ``cube`` maximises the squared kurtosis: it tells uniform factors best, and is led astray by
        outliers.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    solver = FastICA(whiten=False, random_state=seed, max_iter=1000, tol=1e-5, fun=contrast)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        solver.fit(codes)
    left, _, right = np.linalg.svd(solver.components_.T)
    return left @ right, not any(issubclass(each.category, ConvergenceWarning) for each in caught)
