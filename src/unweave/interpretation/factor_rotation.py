"""Rotations of a loading matrix towards simple structure: varimax, oblimin and promax.

All of them turn uncorrelated factors w of variance 1, of which a matrix A holds the loadings, into
f = T' w with the loadings L = A (T')⁻¹. The columns of T have length 1, so that every factor keeps
the variance 1, and T'T is their correlation matrix: the identity for an orthogonal turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from unweave.errors import RequestError

STARTS = 12
POWER = 4
_STEPS, _TOLERANCE = 2000, 1e-7
_SMALL = 1e-8
_COLLAPSED = 1e-3  # least eigenvalue of a correlation matrix of factors that are still distinct

Criterion = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""A function from J x P loadings to a value to minimise and its gradient, J x P."""


class FactorRotation(NamedTuple):
    """A turn of P factors.

    Attributes
    ----------
    matrix : numpy.ndarray
        T, P x P, with columns of length 1.
    loadings : numpy.ndarray
        L = A (T')⁻¹, J x P: the pattern, coefficients of the features on the turned factors.
    """

    matrix: np.ndarray
    loadings: np.ndarray

    @property
    def correlations(self) -> np.ndarray:
        """The correlations of the turned factors, T'T, P x P."""
        return np.asarray(self.matrix.T @ self.matrix)


def varimax(
    loadings: np.ndarray, *, normalise: bool = True, seed: int = 0, starts: int = STARTS
) -> FactorRotation:
    """Return the orthogonal turn whose squared loadings vary most within each column.

    Kaiser (1958), "The varimax criterion for analytic rotation in factor analysis", equation 6,
    by the gradient projection of Jennrich (2001), from several starts.

    Parameters
    ----------
    loadings : numpy.ndarray
        A, J x P.
    normalise : bool
        Kaiser's normalisation: every feature counts alike, whatever its communality.
    seed : int
        Seed of the random starts.
    starts : int
        How many there are, the loadings as they are included.

    Raises
    ------
    RequestError
        If the turn does not converge.
    """
    scaled = _normalised(loadings) if normalise else loadings
    best: tuple[float, np.ndarray] | None = None
    for start in _starts(loadings.shape[1], seed, starts):
        found = _projected(scaled, start, _varimax, _ORTHOGONAL)
        if best is None or found[0] < best[0] - _SMALL * abs(best[0]):
            best = found
    assert best is not None
    return FactorRotation(best[1], loadings @ best[1])


def oblimin(loadings: np.ndarray, *, normalise: bool = True, seed: int = 0) -> FactorRotation:
    """Return the oblique turn of least products of squared loadings of two factors (quartimin).

    Direct oblimin of Jennrich and Sampson (1966) with γ = 0, by the gradient projection of
    Jennrich (2002), from the varimax turn.

    Parameters
    ----------
    loadings, normalise, seed : as for `varimax`

    Raises
    ------
    RequestError
        If the turn does not converge, or two factors become one.
    """
    start = varimax(loadings, normalise=normalise, seed=seed).matrix
    scaled = _normalised(loadings) if normalise else loadings
    _, matrix = _projected(scaled, start, _quartimin, _OBLIQUE)
    return _oblique(loadings, matrix, "oblimin")


def promax(
    loadings: np.ndarray, *, normalise: bool = True, power: float = POWER, seed: int = 0
) -> FactorRotation:
    """Return the oblique turn closest to the varimax loadings with their contrast raised.

    Hendrickson and White (1964): the target is sign(L) |L|^power; power 4 as is usual.

    Parameters
    ----------
    loadings, normalise, seed : as for `varimax`
    power : float
        Over 1.

    Raises
    ------
    RequestError
        If two factors become one.
    """
    turned = varimax(loadings, normalise=normalise, seed=seed)
    pattern = _normalised(turned.loadings) if normalise else turned.loadings
    target = np.sign(pattern) * np.abs(pattern) ** power
    least_squares = np.linalg.lstsq(pattern, target, rcond=None)[0]
    # L = A M, so that (T')⁻¹ = M up to the lengths of the columns of T.
    try:
        transposed = np.linalg.inv(turned.matrix @ least_squares)
    except np.linalg.LinAlgError as error:
        raise RequestError(_collapse("promax")) from error
    return _oblique(loadings, _unit_columns(transposed.T), "promax")


def simplicity(loadings: np.ndarray) -> float:
    """Return Kaiser's index of factorial simplicity: 1 if every feature loads on one factor.

    Kaiser (1974), "An index of factorial simplicity", equation 8: the contrast of the squared
    loadings of each feature, weighed by its communality, as a share of the largest possible.
    0 for equal loadings on all factors, for fewer than two factors and for empty loadings.

    Parameters
    ----------
    loadings : numpy.ndarray
        J x P.
    """
    count = loadings.shape[1]
    squares = loadings**2
    communality = squares.sum(1)
    most = (count - 1) * (communality**2).sum()
    if count < 2 or most == 0:
        return 0.0
    contrast = (count * (squares**2).sum(1) - communality**2).sum()
    return float(np.sqrt(max(contrast, 0.0) / most))


def _oblique(loadings: np.ndarray, matrix: np.ndarray, method: str) -> FactorRotation:
    if np.linalg.eigvalsh(matrix.T @ matrix)[0] < _COLLAPSED:
        raise RequestError(_collapse(method))
    return FactorRotation(matrix, np.linalg.solve(matrix, loadings.T).T)


def _collapse(method: str) -> str:
    return f"{method} makes two factors one on these loadings; use method=varimax"


def _normalised(loadings: np.ndarray) -> np.ndarray:
    lengths = np.sqrt((loadings**2).sum(1, keepdims=True))
    return np.asarray(loadings / np.where(lengths > _SMALL, lengths, 1))


def _starts(count: int, seed: int, starts: int) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    random = [_orthonormal(generator.standard_normal((count, count))) for _ in range(starts - 1)]
    return [np.eye(count), *random]


def _varimax(loadings: np.ndarray) -> tuple[float, np.ndarray]:
    centred = loadings**2 - (loadings**2).mean(0)
    return -float((centred**2).sum()) / 4, -loadings * centred


def _quartimin(loadings: np.ndarray) -> tuple[float, np.ndarray]:
    squares = loadings**2
    others = squares.sum(1, keepdims=True) - squares
    return float((squares * others).sum()) / 4, loadings * others


def _projected(
    loadings: np.ndarray,
    start: np.ndarray,
    criterion: Criterion,
    turns: _Turns,
) -> tuple[float, np.ndarray]:
    """Minimise a criterion of the turned loadings over a set of matrices."""
    matrix, step = start, 1.0
    value, slope = _value_and_slope(loadings, matrix, criterion, turns)
    scale = max(float((loadings**2).sum()), _SMALL)
    for _ in range(_STEPS):
        direction = turns.tangent(matrix, slope)
        size = float(np.linalg.norm(direction))
        if size <= _TOLERANCE * scale:
            return value, matrix
        step *= 2
        for _ in range(60):
            trial = turns.onto(matrix - step * direction)
            found, steepness = _value_and_slope(loadings, trial, criterion, turns)
            if found < value - 0.5 * size**2 * step:
                break
            step /= 2
        else:
            return value, matrix  # No digit of the value is left to gain.
        matrix, value, slope = trial, found, steepness
    raise RequestError(
        f"the rotation has not converged in {_STEPS} steps; use method=varimax, or fewer dimensions"
    )


def _value_and_slope(
    loadings: np.ndarray, matrix: np.ndarray, criterion: Criterion, turns: _Turns
) -> tuple[float, np.ndarray]:
    inverse = turns.inverse(matrix)
    turned = loadings @ inverse.T
    value, gradient = criterion(turned)
    return value, -(turned.T @ gradient @ inverse).T


def _orthonormal(matrix: np.ndarray) -> np.ndarray:
    left, _, right = np.linalg.svd(matrix)
    return np.asarray(left @ right)


def _unit_columns(matrix: np.ndarray) -> np.ndarray:
    return np.asarray(matrix / np.linalg.norm(matrix, axis=0))


def _tangent_of_orthogonal(matrix: np.ndarray, slope: np.ndarray) -> np.ndarray:
    # For an orthogonal T the slope with regard to T is that of A T, with the opposite sign of
    # the one with regard to its inverse: both lead to the same tangent.
    product = matrix.T @ slope
    return np.asarray(slope - matrix @ (product + product.T) / 2)


def _tangent_of_oblique(matrix: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return np.asarray(slope - matrix * (matrix * slope).sum(0))


class _Turns(NamedTuple):
    """A set of matrices: how to project on it, on its tangents, and how to invert one of them."""

    onto: Callable[[np.ndarray], np.ndarray]
    tangent: Callable[[np.ndarray, np.ndarray], np.ndarray]
    inverse: Callable[[np.ndarray], np.ndarray]


_ORTHOGONAL = _Turns(_orthonormal, _tangent_of_orthogonal, np.transpose)
_OBLIQUE = _Turns(_unit_columns, _tangent_of_oblique, np.linalg.pinv)
