"""Turns of a latent space: which directions to keep, how to turn them, and what is simpler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unweave.arguments import checked
from unweave.errors import RequestError, pick
from unweave.independent_components import (
    halves_agreement,
    independent_directions,
    non_gaussianity,
    whitening,
)
from unweave.interpretation.factor_rotation import (
    FactorRotation,
    oblimin,
    promax,
    simplicity,
    varimax,
)
from unweave.interpretation.parallel_analysis import leading_count, random_eigenvalues
from unweave.statistics import correlations, finite_or_none

LINEAR = 0.75  # share of a decoder's variance that has to be linear in the codes to be counted by
IDENTIFIED = 0.9  # correlation that the components of both halves of the rows have to reach
GAIN = 0.05  # held-out simplicity by which a turn has to be better than the codes as they were
OBLIQUE_GAIN = (
    0.02  # and by which one to correlated factors has to be better than an orthogonal one
)
# Share of their distance from normal columns that independent components have to add to it.
INDEPENDENCE_GAIN = 0.1
_HELD_OUT = 5  # one row in so many is held out

Rotate = Callable[[np.ndarray, np.ndarray, int], FactorRotation]
"""A function of N x P whitened codes, J x P loadings and a seed."""


def _ica(codes: np.ndarray, loadings: np.ndarray, seed: int) -> FactorRotation:
    matrix, _ = independent_directions(codes, seed)
    return FactorRotation(matrix, loadings @ matrix)


ICA, NONE = "ica", "none"
METHODS: dict[str, Rotate] = {
    "varimax": lambda codes, loadings, seed: varimax(loadings, seed=seed),
    "oblimin": lambda codes, loadings, seed: oblimin(loadings, seed=seed),
    "promax": lambda codes, loadings, seed: promax(loadings, seed=seed),
    ICA: _ica,
}
# Those that features which follow the codes linearly can choose among, the simplest to say first.
CANDIDATES = ("varimax", "oblimin")


@dataclass(frozen=True)
class Turn:
    """A whitening and a turn of some of K latent dimensions.

    Turned codes are (z − centre) matrix. The first columns of `matrix` are the turned factors;
    those of the directions that are not kept, and the dimensions that were not turned, follow.

    Attributes
    ----------
    method : str
        A key of `METHODS`, or ``"none"``.
    centre : numpy.ndarray
        K values.
    matrix : numpy.ndarray
        K x K, invertible.
    kept : int
        The number of turned factors.
    loadings : numpy.ndarray
        Of the features on these, J x `kept`; on the dimensions as they are for ``"none"``.
    correlations : numpy.ndarray
        Of the factors, `kept` x `kept`.
    simplicity : dict of str to float
        Kaiser's index on held-out rows: of the codes as they were (``"none"``), and turned.
    notes : tuple of str
    linear : float
        Share of what the decoder does that is linear in the codes; 1 if no decoder was given.
    independence : dict of str to float
        Of ``"ica"``: `non_gaussianity` of held-out rows, as they were (``"none"``) and turned.
    agreements : tuple of float
        Of ``"ica"``: `halves_agreement` of the codes that were turned.
    """

    method: str
    centre: np.ndarray
    matrix: np.ndarray
    kept: int
    loadings: np.ndarray
    correlations: np.ndarray
    simplicity: dict[str, float]
    notes: tuple[str, ...] = ()
    linear: float = 1.0
    independence: dict[str, float] = field(default_factory=dict)
    agreements: tuple[float, ...] = ()

    @property
    def gain(self) -> float:
        """How much better than the codes as they were, in units of the least worth a turn.

        Of simplicity on held-out rows; of ``"ica"``, which does not look at the features, of the
        distance from normal columns, and 0 unless two components are found in both halves of the
        rows: a single direction that is not Gaussian is no turn, and the others may be Gaussian.
        """
        if self.method == NONE or (self.method == ICA and self.agreements[1] < IDENTIFIED):
            return 0.0
        if self.method == ICA:
            more = self.independence[ICA] / max(self.independence[NONE], 1e-12) - 1
            return more / INDEPENDENCE_GAIN
        return (self.simplicity[self.method] - self.simplicity[NONE]) / GAIN

    def apply(self, codes: np.ndarray) -> np.ndarray:
        """Return N x K turned codes."""
        return np.asarray((codes - self.centre) @ self.matrix)

    def to_json(self) -> dict[str, Any]:
        """Return what a reader needs to know of the turn, without its matrices."""
        document: dict[str, Any] = finite_or_none(
            {
                "method": self.method,
                "dimensions": self.kept,
                "simplicity": self.simplicity,
                "independence": self.independence,
                "factor_correlations": self.correlations.tolist(),
                "notes": list(self.notes),
            }
        )
        return document


@checked
def find_turn(
    codes: np.ndarray,
    features: np.ndarray,
    method: str = "varimax",
    *,
    noise: np.ndarray | None = None,
    decoded: np.ndarray | None = None,
    dimensions: int | None = None,
    seed: int = 0,
) -> Turn:
    """Whiten codes, keep the directions that features share, and turn these.

    The loadings A of the features are their correlations with the whitened codes. Their principal
    directions are kept as long as they explain more than those of shuffled features do (Horn's
    parallel analysis), where the features follow the codes linearly; all are kept otherwise, since
    counting holds for linear effects. Then A is turned (varimax, oblimin, promax), or the codes are
    (FastICA of Hyvärinen, 1999).

    Parameters
    ----------
    codes : numpy.ndarray
        Codes of the dimensions to be turned, N x P, such as posterior means.
    features : numpy.ndarray
        N x J, of the same rows.
    method : str
        A key of `METHODS`, or ``"none"``.
    noise : numpy.ndarray, optional
        Variance of each dimension that the codes do not show, P: mean variances of the posteriors.
        The turned factors have the variance 1 with it.
    decoded : numpy.ndarray, optional
        The decoder's features of these codes, N x J, to see whether it is linear.
    dimensions : int, optional
        How many directions to keep, instead of those of parallel analysis.
    seed : int

    Raises
    ------
    RequestError
        If there are fewer than two codes or ten rows, a value is not finite, codes depend on each
        other linearly, or the turn does not converge.
    """
    pick(method, (*METHODS, NONE), "rotation")
    codes, features = _checked(codes, features)
    centre = codes.mean(0)
    whitener = whitening(codes - centre)
    white = (codes - centre) @ whitener
    fitted = np.arange(len(codes)) % _HELD_OUT != 0
    linear = 1.0 if decoded is None else _linear_share(white, decoded)
    directions, notes = _directions(white, features, linear, dimensions, seed)
    kept = directions.shape[1]
    plain = _held_out(codes, features, ~fitted)
    if method == NONE:
        return Turn(
            method, centre * 0, np.eye(codes.shape[1]), codes.shape[1], pattern(codes, features),
            correlations(codes, codes), {NONE: plain}, notes, linear,
        )  # fmt: skip
    chosen = white @ directions
    found = _turned(method, chosen, features, seed)
    trial = chosen @ _turned(method, chosen[fitted], features[fitted], seed).matrix
    simple = {NONE: plain, method: _held_out(trial, features, ~fitted)}
    independence, agreements = {}, ()
    if method == ICA:
        agreements = tuple(halves_agreement(chosen, seed).tolist())
        notes += _identification(agreements)
        scaled = (codes - centre) / codes.std(0)
        independence = {
            NONE: non_gaussianity(scaled[~fitted]),
            ICA: non_gaussianity(trial[~fitted]),
        }
    rest = np.linalg.svd(directions, full_matrices=True)[0][:, kept:]
    order, signs = _presentation(found)
    turned = directions @ found.matrix[:, order] * signs
    matrix = whitener @ np.concatenate([turned, rest], axis=1)
    if noise is not None:
        matrix = matrix / np.sqrt(1 + noise @ matrix**2)
    phi = found.correlations[np.ix_(order, order)] * np.outer(signs, signs)
    return Turn(
        method, centre, matrix, kept, found.loadings[:, order] * signs, phi, simple, notes,
        linear, independence, agreements,
    )  # fmt: skip


def pattern(codes: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return the coefficients of standardised features on standardised codes, J x K.

    For uncorrelated codes these are correlations. 0 for constant features and codes.
    """
    between = correlations(features, codes)
    among = correlations(codes, codes)
    return np.asarray(between @ np.linalg.pinv(among, rcond=1e-8, hermitian=True))


def _checked(codes: np.ndarray, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, features = np.asarray(codes, float), np.asarray(features, float)
    if codes.ndim != 2 or features.ndim != 2:
        raise RequestError("a turn takes N x K codes and N x J features")
    if len(codes) != len(features):
        raise RequestError(f"{len(codes)} rows of codes, but {len(features)} of features")
    if codes.shape[1] < 2:
        raise RequestError(
            f"{codes.shape[1]} informative dimension{'s' * (codes.shape[1] != 1)}: a turn needs "
            "two at least"
        )
    if len(codes) < max(10, 2 * codes.shape[1]):
        raise RequestError(
            f"{len(codes)} rows are too few to turn {codes.shape[1]} dimensions; give "
            f"{max(10, 2 * codes.shape[1])} at least"
        )
    if not (np.isfinite(codes).all() and np.isfinite(features).all()):
        raise RequestError("codes and features have to be finite numbers to be turned")
    return codes, features


def _directions(
    white: np.ndarray,
    features: np.ndarray,
    linear: float,
    dimensions: int | None,
    seed: int,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the orthonormal directions to keep, P x m, and what there is to say of their number.

    They are the principal directions of what the codes explain of the features; all P of them,
    unturned, where none is left out.
    """
    count = white.shape[1]
    loadings = correlations(features, white)
    values, vectors = np.linalg.eigh(loadings.T @ loadings)
    if dimensions is not None:
        if not 1 < dimensions <= count:
            raise RequestError(f"dimensions={dimensions}: give a number from 2 to {count}")
        return vectors[:, ::-1][:, :dimensions], ()
    if linear < LINEAR:
        said = f"{linear:.0%} of what the decoder does is linear"
        return np.eye(count), (f"all {count} informative dimensions are kept: {said}",)
    counted = leading_count(values[::-1], random_eigenvalues(features, count, seed=seed))
    if counted < 2 or counted == count:
        return np.eye(count), ()
    said = f"parallel analysis keeps {counted} of {count} directions of the informative dimensions"
    return vectors[:, ::-1][:, :counted], (said,)


def _linear_share(white: np.ndarray, decoded: np.ndarray) -> float:
    """Return the share of the decoded features' variance that is linear in whitened codes."""
    centred = decoded - decoded.mean(0)
    total = float((centred**2).sum())
    linear = float(((white.T @ centred) ** 2).sum()) / len(white)
    return linear / total if total > 0 else 1.0


def _turned(method: str, white: np.ndarray, features: np.ndarray, seed: int) -> FactorRotation:
    return METHODS[method](white, correlations(features, white), seed)


def _held_out(codes: np.ndarray, features: np.ndarray, rows: np.ndarray) -> float:
    return simplicity(pattern(codes[rows], features[rows]))


def _identification(agreements: tuple[float, ...]) -> tuple[str, ...]:
    """Say so if ICA finds other directions in each half of the rows."""
    found = sum(each >= IDENTIFIED for each in agreements)
    if found == len(agreements):
        return ()
    return (
        f"ICA is not identified here: {found} of {len(agreements)} components from the two halves "
        f"of the rows agree to {IDENTIFIED}, the worst to {agreements[-1]:.2f}, as where two "
        "factors or more are Gaussian",
    )


def _presentation(found: FactorRotation) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of factors by the variance they explain, and signs of positive loadings."""
    explained = np.diagonal(found.correlations @ found.loadings.T @ found.loadings)
    order = np.argsort(-explained, kind="stable")
    signs = np.where((found.loadings[:, order] ** 3).sum(0) < 0, -1.0, 1.0)
    return order, signs
