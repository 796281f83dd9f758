"""The dirty model: regression whose coefficients are a block-sparse and a sparse part.

    ½ tr(ΘᵀGΘ) − tr(CᵀΘ) + ½ t + λ_b ‖B‖_{1,∞} + λ_s ‖S‖_{1,1},    Θ = B + S

G = ZᵀZ/n, C = ZᵀX/n and t = ‖X‖²/n are all that is asked of the data. Many problems of one size
are solved side by side: the leading axis of every array counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

MOST_SWEEPS = 5_000
_DEPTH = 5


class _Problem(NamedTuple):
    """P problems side by side; see `solve_dirty_model`."""

    gram: np.ndarray
    cross: np.ndarray
    total: np.ndarray
    block: np.ndarray
    single: np.ndarray

    def of(self, places: np.ndarray) -> _Problem:
        """Return some of the problems."""
        return _Problem(*(each[places] for each in self))


class DirtySolution(NamedTuple):
    """What `solve_dirty_model` found.

    Attributes
    ----------
    coefficients : numpy.ndarray
        Θ, P x K x J.
    gap : numpy.ndarray
        Duality gaps, P: how far the objective may be above its minimum.
    sweeps : int
        Passes over all rows.
    """

    coefficients: np.ndarray
    gap: np.ndarray
    sweeps: int


def solve_dirty_model(
    gram: np.ndarray,
    cross: np.ndarray,
    total: np.ndarray,
    block: np.ndarray,
    single: np.ndarray,
    *,
    tolerance: float = 1e-6,
    start: np.ndarray | None = None,
    most_sweeps: int = MOST_SWEEPS,
) -> DirtySolution:
    """Minimise the dirty model's objective by exact descent over rows of Θ.

    Jalali, Ravikumar, Sanghavi and Ruan (2010). With the other rows fixed, the best row is
    the proximal point of φ(θ) = min over b + s = θ of λ_b max|b| + λ_s Σ|s|. Its conjugate is
    the indicator of {Σ|y| ≤ λ_b, max|y| ≤ λ_s}, so the row is what is left of the least-squares
    one after projection on that set: exact, with no inner iteration.

    Parameters
    ----------
    gram : numpy.ndarray
        P x K x K, symmetric and positive semidefinite.
    cross : numpy.ndarray
        P x K x J.
    total : numpy.ndarray
        P.
    block, single : numpy.ndarray
        λ_b and λ_s, P each, above 0. With λ_b ≥ J λ_s the block part is 0 (lasso), with
        λ_s ≥ λ_b the single part is (ℓ1/ℓ∞ blocks).
    tolerance : float
        The duality gap to be reached, in the units of `total`.
    start : numpy.ndarray, optional
        Θ to start from; zeros unless given.
    most_sweeps : int
        When to give up: codes that are nearly copies of each other take many.

    Returns
    -------
    DirtySolution
        `gap` tells whether the tolerance was reached.
    """
    if not (np.all(block > 0) and np.all(single > 0)):
        raise ValueError("both weights must be above 0")
    theta = np.zeros_like(cross, dtype=float) if start is None else np.array(start, dtype=float)
    gap = np.full(len(cross), np.inf)
    going = np.arange(len(cross))
    problem = _Problem(gram, cross, total, block, single)
    part, trail, sweeps = theta.copy(), [theta.copy()], 0
    while len(going) and sweeps < most_sweeps:
        sweeps += 1
        _sweep(part, problem)
        trail.append(part.copy())
        if len(trail) > _DEPTH:
            part = _extrapolated(trail, problem)
            trail = [part.copy()]
        theta[going], gap[going] = part, duality_gap(part, *problem)
        left = gap[going] > tolerance
        if not left.all():
            going, part, problem = going[left], part[left], problem.of(left)
            trail = [each[left] for each in trail]
    return DirtySolution(theta, gap, sweeps)


def duality_gap(
    theta: np.ndarray,
    gram: np.ndarray,
    cross: np.ndarray,
    total: np.ndarray,
    block: np.ndarray,
    single: np.ndarray,
) -> np.ndarray:
    """Return the objective at Θ less a lower bound of its minimum, P.

    The bound is the dual at the residual, scaled so that every row of its product with Z
    lies in {Σ|y| ≤ λ_b, max|y| ≤ λ_s}.
    """
    product = gram @ theta
    slopes = np.abs(cross - product)
    fit = (cross * theta).sum((1, 2))
    residual = np.maximum(total - 2 * fit + (product * theta).sum((1, 2)), 0)
    excess = np.maximum(
        slopes.sum(2).max(1, initial=0) / block, slopes.max((1, 2), initial=0) / single
    )
    scale = 1 / np.maximum(excess, 1)
    dual = scale * (total - fit) - scale**2 * residual / 2
    primal = residual / 2 + dirty_norm(theta, block, single)
    return np.asarray(primal - dual)


def split_coefficients(
    theta: np.ndarray, block: np.ndarray, single: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return B and S, the cheapest two that add up to Θ: P x K x J each.

    B is Θ clipped at ± m in every row; m is where one unit more of it would save less than
    its price: the (⌊λ_b / λ_s⌋ + 1)-th largest of the row's absolute values, or 0.
    """
    count = theta.shape[2]
    order = np.sort(np.abs(theta), axis=2)[:, :, ::-1]
    place = np.floor(block / single + 1e-12).astype(int)
    cap = np.zeros(theta.shape[:2])
    inside = place < count
    if inside.any():
        cap[inside] = np.take_along_axis(order[inside], place[inside, None, None], axis=2)[:, :, 0]
    shared = np.clip(theta, -cap[:, :, None], cap[:, :, None])
    return shared, theta - shared


def dirty_norm(theta: np.ndarray, block: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Return the least λ_b ‖B‖_{1,∞} + λ_s ‖S‖_{1,1} over B + S = Θ, P."""
    shared, rest = split_coefficients(theta, block, single)
    return np.asarray(
        block * np.abs(shared).max(2, initial=0).sum(1) + single * np.abs(rest).sum((1, 2))
    )


def project_on_both_balls(points: np.ndarray, radius: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Return the nearest points with Σ|y| ≤ radius and max|y| ≤ bound.

    y = sign(u) · clip(|u| − τ, 0, bound), where τ ≥ 0 is least such that the sum fits. The sum
    is piecewise linear in τ, with corners at |u| and at |u| − bound; sorting them finds the
    piece on which it fits exactly.

    Parameters
    ----------
    points : numpy.ndarray
        P x J.
    radius, bound : numpy.ndarray
        P each, above 0.
    """
    sizes = np.abs(points)
    bound = bound[:, None]
    shift = np.zeros(len(points))
    wide = np.flatnonzero(np.minimum(sizes, bound).sum(1) > radius)
    if len(wide):
        corners = np.concatenate([sizes[wide], sizes[wide] - bound[wide]], axis=1)
        order = np.argsort(-corners, axis=1)
        corners = np.take_along_axis(corners, order, axis=1)
        slopes = np.where(order < points.shape[1], 1.0, -1.0)
        heights = np.cumsum(slopes * corners, axis=1)
        slopes = np.cumsum(slopes, axis=1)
        sums = heights - slopes * corners
        place = np.maximum((sums <= radius[wide, None]).sum(1) - 1, 0)[:, None]
        corner, height, slope = (
            np.take_along_axis(each, place, axis=1)[:, 0] for each in (corners, heights, slopes)
        )
        # Where all are at the bound or at 0 the sum is level: its corner does as well as any.
        fits = (height - radius[wide]) / np.where(slope > 0, slope, 1)
        shift[wide] = np.maximum(np.where(slope > 0, fits, corner), 0)
    return np.asarray(np.sign(points) * np.clip(sizes - shift[:, None], 0, bound))


def _objective(theta: np.ndarray, problem: _Problem) -> np.ndarray:
    fit = ((problem.gram @ theta / 2 - problem.cross) * theta).sum((1, 2)) + problem.total / 2
    return np.asarray(fit + dirty_norm(theta, problem.block, problem.single))


def _extrapolated(trail: Sequence[np.ndarray], problem: _Problem) -> np.ndarray:
    """Return where the last sweeps lead (Anderson's extrapolation), if that is lower.

    Where codes are correlated, descent by rows goes in ever smaller steps along one line.
    """
    steps = np.stack([b - a for a, b in pairwise(trail)], axis=1).reshape(len(trail[0]), _DEPTH, -1)
    inner = steps @ steps.transpose(0, 2, 1)
    scale = np.trace(inner, axis1=1, axis2=2)[:, None, None]
    ridge = 1e-10 * np.where(scale > 0, scale, 1) * np.eye(_DEPTH)
    shares = np.linalg.solve(inner + ridge, np.ones((len(inner), _DEPTH, 1)))[:, :, 0]
    shares /= shares.sum(1, keepdims=True)
    last = trail[-1]
    guess = np.einsum("pd,pdkj->pkj", shares, np.stack(trail[1:], axis=1))
    lower = _objective(guess, problem) < _objective(last, problem)
    return np.where(lower[:, None, None], guess, last)


def _sweep(theta: np.ndarray, problem: _Problem) -> None:
    """Give every row of Θ its best value in turn, in place."""
    gram, cross, _, block, single = problem
    for row in range(theta.shape[1]):
        curvature = gram[:, row, row]
        flat = curvature <= 0
        curvature = np.where(flat, 1.0, curvature)
        pull = cross[:, row] - np.einsum("pk,pkj->pj", gram[:, row], theta)
        goal = theta[:, row] + pull / curvature[:, None]
        kept = goal - project_on_both_balls(goal, block / curvature, single / curvature)
        theta[:, row] = np.where(flat[:, None], 0.0, kept)
