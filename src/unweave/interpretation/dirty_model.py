"""The dirty model: regression whose coefficients are a block-sparse and a sparse part.

    ½ tr(ΘᵀGΘ) − tr(CᵀΘ) + ½ t + λ_b ‖B‖_{1,∞} + λ_s ‖S‖_{1,1},    Θ = B + S

G = ZᵀZ/n, C = ZᵀX/n and t = ‖X‖²/n are all that is needed of the data. Many problems of one size
are solved together: the leading axis of every array counts them.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np

MOST_STEPS = 5_000
_RELAXED = 1.6  # over-relaxation
_CHECKED = 5  # steps between two looks at the gap
_BALANCED = 10  # steps between two changes of ρ
_MOST_CUTS = 100


class _Problem(NamedTuple):
    """P problems of one size; see `solve_dirty_model`."""

    gram: np.ndarray
    cross: np.ndarray
    total: np.ndarray
    block: np.ndarray
    single: np.ndarray

    def of(self, places: np.ndarray) -> _Problem:
        """Return some of the problems."""
        return _Problem(*(each[places] for each in self))


class DirtySolution(NamedTuple):
    """The result of `solve_dirty_model`.

    Attributes
    ----------
    coefficients : numpy.ndarray
        Θ, P x K x J.
    gap : numpy.ndarray
        Duality gaps, P: bounds on how far the objective is above its minimum.
    steps : int
    """

    coefficients: np.ndarray
    gap: np.ndarray
    steps: int


def solve_dirty_model(
    gram: np.ndarray,
    cross: np.ndarray,
    total: np.ndarray,
    block: np.ndarray,
    single: np.ndarray,
    *,
    tolerance: float = 1e-6,
    start: np.ndarray | None = None,
    most_steps: int = MOST_STEPS,
) -> DirtySolution:
    """Minimise the dirty model's objective (Jalali, Ravikumar, Sanghavi and Ruan, 2010).

    The alternating direction method of multipliers: a least-squares step, exact by G's
    eigenvectors however the codes correlate, and the proximal point of every row for
    φ(θ) = min over b + s = θ of λ_b max|b| + λ_s Σ|s|. The conjugate of φ is the indicator of
    {Σ|y| ≤ λ_b, max|y| ≤ λ_s}, so the proximal point is the row less its projection on that set.

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
        The duality gap to reach, in the units of `total`.
    start : numpy.ndarray, optional
        Θ to start from; zeros unless given.
    most_steps : int
        The most steps that are taken; codes that are copies of each other need many.

    Returns
    -------
    DirtySolution
        Its `gap` shows whether the tolerance was reached.
    """
    if not (np.all(block > 0) and np.all(single > 0)):
        raise ValueError("both weights must be above 0")
    theta = np.zeros_like(cross, dtype=float) if start is None else np.array(start, dtype=float)
    gap = np.full(len(cross), np.inf)
    going = np.arange(len(cross))
    problem = _Problem(gram, cross, total, block, single)
    descent = _Descent(problem, theta.copy())
    steps = 0
    while len(going) and steps < most_steps:
        steps += 1
        descent.step()
        if steps % _CHECKED and steps < most_steps:
            continue
        theta[going], gap[going] = descent.theta, duality_gap(descent.theta, *problem)
        left = gap[going] > tolerance
        if not left.all():
            going, problem, descent = going[left], problem.of(left), descent.of(left)
        if steps % _BALANCED == 0:
            descent.balance()
    return DirtySolution(theta, gap, steps)


def duality_gap(
    theta: np.ndarray,
    gram: np.ndarray,
    cross: np.ndarray,
    total: np.ndarray,
    block: np.ndarray,
    single: np.ndarray,
) -> np.ndarray:
    """Return the objective at Θ minus a lower bound of its minimum, P.

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

    B is Θ clipped at ± m in every row. Beyond m, raising B saves less in S than it costs: m is the
    (⌊λ_b / λ_s⌋ + 1)-th largest of the row's absolute values, or 0.
    """
    count = theta.shape[2]
    place = count - 1 - np.floor(block / single + 1e-12).astype(int)
    cap = np.zeros(theta.shape[:2])
    for rank in np.unique(place[place >= 0]):
        some = place == rank
        cap[some] = np.partition(np.abs(theta[some]), rank, axis=2)[:, :, rank]
    shared = np.clip(theta, -cap[:, :, None], cap[:, :, None])
    return shared, theta - shared


def dirty_norm(theta: np.ndarray, block: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Return the smallest λ_b ‖B‖_{1,∞} + λ_s ‖S‖_{1,1} over B + S = Θ, P."""
    shared, rest = split_coefficients(theta, block, single)
    return np.asarray(
        block * np.abs(shared).max(2, initial=0).sum(1) + single * np.abs(rest).sum((1, 2))
    )


def project_on_both_balls(points: np.ndarray, radius: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Return the nearest points with Σ|y| ≤ radius and max|y| ≤ bound.

    y = sign(u) · clip(|u| − τ, 0, bound), with the smallest τ ≥ 0 for which the sum fits. The sum
    is piecewise linear in τ, so that Newton's steps, kept within a bracket, are soon exact.

    Parameters
    ----------
    points : numpy.ndarray
        P x J.
    radius, bound : numpy.ndarray
        P each, above 0.
    """
    shift = _shift(np.abs(points), radius, bound, np.zeros(len(points)))
    return _cut(points, shift, bound)


def _cut(points: np.ndarray, shift: np.ndarray, bound: np.ndarray) -> np.ndarray:
    sizes = np.clip(np.abs(points) - shift[:, None], 0, bound[:, None])
    return np.asarray(np.copysign(sizes, points))


def _shift(
    sizes: np.ndarray, radius: np.ndarray, bound: np.ndarray, guess: np.ndarray
) -> np.ndarray:
    """Return τ of every row, by Newton's steps from a guess, kept within a bracket."""
    bound, top = bound[:, None], sizes.max(1, initial=0)
    shift, low, high = guess.clip(0, top), np.zeros_like(top), top.copy()
    going = np.arange(len(sizes))
    for _ in range(_MOST_CUTS):
        left = sizes[going] - shift[going, None]
        kept = np.clip(left, 0, bound[going])
        excess = kept.sum(1) - radius[going]
        wrong = np.abs(excess) > 1e-14 * (radius + top)[going]
        wrong &= (shift[going] > 0) | (excess > 0)
        going, excess, left, kept = (each[wrong] for each in (going, excess, left, kept))
        if not len(going):
            break
        at, over = shift[going], excess > 0
        low[going] = np.where(over, at, low[going])
        high[going] = np.where(over, high[going], at)
        # Exact once no value reaches 0 or the bound on the way.
        free = ((kept > 0) & (left < bound[going])).sum(1)
        ahead = at + excess / np.maximum(free, 1)
        inside = (free > 0) & (ahead > low[going]) & (ahead < high[going])
        middle = (low[going] + high[going]) / 2
        # A row that fits as it is has its τ at the bracket's lower end.
        shift[going] = np.where(inside, ahead, np.where((ahead <= 0) & ~over, 0, middle))
    return shift


class _Descent:
    """State of the alternating directions: Θ, the multipliers Y, and each problem's ρ."""

    def __init__(self, problem: _Problem, theta: np.ndarray) -> None:
        self.problem = problem
        values, self.vectors = np.linalg.eigh(problem.gram)
        self.values = np.maximum(values, 0)
        least, most = self.values[:, 0], self.values[:, -1]
        self.rho = 0.3 * np.sqrt(np.maximum(least, 1e-4 * most) * most)
        self.rho[self.rho == 0] = 1.0
        self.theta, self.multipliers = theta, problem.cross - problem.gram @ theta
        self.apart = self.moved = np.zeros(len(theta))
        self.shift = np.zeros(theta.shape[:2])

    def of(self, places: np.ndarray) -> _Descent:
        """Return some of the problems."""
        some = copy(self)
        some.problem = self.problem.of(places)
        for name in ("values", "vectors", "rho", "theta", "multipliers", "apart", "moved", "shift"):
            setattr(some, name, getattr(self, name)[places])
        return some

    def step(self) -> None:
        """Take one step in both directions."""
        problem, rho, vectors = self.problem, self.rho[:, None, None], self.vectors
        goal = vectors.transpose(0, 2, 1) @ (problem.cross + rho * self.theta - self.multipliers)
        fitted = vectors @ (goal / (self.values + self.rho[:, None])[:, :, None])
        ahead = _RELAXED * fitted + (1 - _RELAXED) * self.theta + self.multipliers / rho
        rows = ahead.reshape(-1, ahead.shape[2])
        radius, bound = (
            np.repeat(each / self.rho, ahead.shape[1]) for each in (problem.block, problem.single)
        )
        # τ hardly changes from one step to the next.
        shift = _shift(np.abs(rows), radius, bound, self.shift.ravel())
        self.shift = shift.reshape(self.shift.shape)
        inside = _cut(rows, shift, bound).reshape(ahead.shape)
        theta, self.multipliers = ahead - inside, rho * inside
        self.apart, self.moved = _norm(fitted - theta), self.rho * _norm(theta - self.theta)
        self.theta = theta

    def balance(self) -> None:
        """Change ρ so that both directions converge equally fast."""
        apart = self.apart / np.maximum(_norm(self.theta), 1e-12)
        moved = self.moved / np.maximum(_norm(self.multipliers), 1e-12)
        self.rho = self.rho * np.sqrt((apart + 1e-30) / (moved + 1e-30)).clip(0.2, 5)


def _norm(arrays: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt((arrays**2).sum((1, 2))))
