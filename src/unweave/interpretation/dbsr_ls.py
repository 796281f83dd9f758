"""DBSR-LS, dirty block sparse regression in latent space: all features on all codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.errors import RequestError
from unweave.interpretation.dirty_model import (
    MOST_STEPS,
    DirtySolution,
    solve_dirty_model,
    split_coefficients,
)
from unweave.interpretation.moments import Features, Moments, Products, gather_moments
from unweave.statistics import random_rows

GAP = 1e-6
FOLDS = 5
RATIOS = 5
WEIGHTS = 20
MOST_CHOSEN_ON = 500
LEAST_WEIGHT = 1e-3
_HELD_AT_ONCE = 4_000_000  # coefficients of the problems that are solved together
_LEVEL_STEPS, _LEVEL_SHARE = 2, 0.1
_PATH_STEPS = 200
_PATH_GAP = 1e-4  # duality gap of the fits along the path, per feature


@dataclass(frozen=True)
class BlockSparseRegression:
    """The result of DBSR-LS.

    Attributes
    ----------
    table : numpy.ndarray
        |Θ| transposed, J x K; 0 in the columns of dimensions that were not asked for.
    coefficients, block, single : numpy.ndarray
        Θ = B + S, K x J, of standardised features on standardised codes.
    lambda_block, lambda_single : float
        λ_b and λ_s, chosen by cross-validation.
    gap : float
        The duality gap that was reached.
    r2 : numpy.ndarray
        Share of each feature's variance that the fit explains, J; 0 for constant features.
    cross_validated_r2 : float
        The same over all features that vary, on the rows left out of each fold.
    dimensions : tuple of int
        The dimensions that were asked for.
    moments : Moments
        Moments of these dimensions and the features, for `resampled_regressions`.
    """

    table: np.ndarray
    coefficients: np.ndarray
    block: np.ndarray
    single: np.ndarray
    lambda_block: float
    lambda_single: float
    gap: float
    r2: np.ndarray
    cross_validated_r2: float
    dimensions: tuple[int, ...]
    moments: Moments

    def to_json(self) -> dict[str, Any]:
        """Return the figures other than the table."""
        return {
            "lambda_block": self.lambda_block,
            "lambda_single": self.lambda_single,
            "duality_gap": self.gap,
            "cross_validated_r2": self.cross_validated_r2,
        }


def block_sparse_regression(
    codes: np.ndarray,
    features: Features | np.ndarray,
    dimensions: tuple[int, ...] | None = None,
    *,
    seed: int = 0,
) -> BlockSparseRegression:
    """Regress all features on all codes at once, with few dimensions and few single pairs.

    Minimises ‖X − Z(B + S)‖² / 2n + λ_b ‖B‖_{1,∞} + λ_s ‖S‖_{1,1} for standardised X and Z: the
    dirty model of Jalali, Ravikumar, Sanghavi and Ruan (2010), which Lang and Liu
    (arXiv 2603.11242) use to read a latent space.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K, such as posterior means.
    features : numpy.ndarray or callable
        N x J; or a function from row numbers to their rows, if the whole does not fit in memory.
    dimensions : tuple of int, optional
        The informative dimensions; all unless given. The columns of the others are 0.
    seed : int
        Seed of the folds.

    Returns
    -------
    BlockSparseRegression
        λ is chosen by 5-fold cross-validation among 5 ratios λ_b / λ_s between 1 and J and, for
        each, 20 values of λ_s from the least at which Θ is 0 down to a thousandth of it: the
        sparsest Θ whose error is within one standard error of the least. With more than 500
        features, λ is chosen on 500 random ones.

    Raises
    ------
    RequestError
        If a code is not finite, or there are fewer than 10 rows.
    """
    count = codes.shape[1]
    dimensions = tuple(range(count)) if dimensions is None else tuple(dimensions)
    draw = features if callable(features) else lambda rows: np.asarray(features)[rows]
    if not np.isfinite(codes).all():
        row = int(np.flatnonzero(~np.isfinite(codes).all(1))[0])
        raise RequestError(f"the codes are not finite (row {row}); the model has diverged")
    if len(codes) < 2 * FOLDS:
        raise RequestError(f"{len(codes)} rows; a regression on codes needs {2 * FOLDS} at least")
    moments = gather_moments(codes[:, list(dimensions)], draw, seed=seed)
    whole = standardised(moments, np.ones((1, len(moments.counts))))
    width = whole.cross.shape[2]
    if not dimensions or not whole.square.any() or not whole.cross.any():
        return _nothing(moments, dimensions, count, width)
    chosen_on = _chosen_on(whole.square[0] > 0, seed)
    some = moments.of(chosen_on)
    (block_weight, single_weight), left_out = _choose(
        some, standardised(some, np.ones((1, len(moments.counts))))
    )
    # A row's block part has one penalty for all features, which grows with their number.
    lambdas = block_weight * (whole.square[0] > 0).sum() / len(chosen_on), single_weight
    block, single = (np.array([each]) for each in lambdas)
    fit = _fit(whole, block, single, GAP)
    shared, rest = split_coefficients(fit.coefficients, block, single)
    full = [_widened(each[0], dimensions, count) for each in (fit.coefficients, shared, rest)]
    theta = fit.coefficients[0]
    explained = 2 * (whole.cross[0] * theta).sum(0) - ((whole.gram[0] @ theta) * theta).sum(0)
    return BlockSparseRegression(
        np.abs(full[0]).T,
        full[0],
        full[1],
        full[2],
        *lambdas,
        float(fit.gap[0]),
        explained,
        left_out,
        dimensions,
        moments,
    )


def resampled_regressions(reading: BlockSparseRegression, weights: np.ndarray) -> np.ndarray:
    """Return |Θ| transposed for other weightings of the groups of rows, P x J x K.

    Codes and features are standardised in each; λ is kept.

    Parameters
    ----------
    reading : BlockSparseRegression
    weights : numpy.ndarray
        How often each group of rows counts, P x G.
    """
    tables = np.zeros((len(weights), *reading.table.shape))
    if not reading.table.any():
        return tables
    chosen = list(reading.dimensions)
    begun = reading.coefficients[chosen]
    step = max(1, _HELD_AT_ONCE // begun.size)
    for first in range(0, len(weights), step):
        some = weights[first : first + step]
        block, single = (
            np.full(len(some), each) for each in (reading.lambda_block, reading.lambda_single)
        )
        start = np.repeat(begun[None], len(some), axis=0)
        sums = standardised(reading.moments, some)
        fit = _fit(sums, block, single, _PATH_GAP * tables.shape[1], start, _PATH_STEPS)
        tables[first : first + step, :, chosen] = np.abs(fit.coefficients).transpose(0, 2, 1)
    return tables


def standardised(moments: Moments, weights: np.ndarray) -> Products:
    """Return correlations for P weightings of the groups; those of constants are 0."""
    sums = moments.about(weights)
    return sums.scaled(*sums.deviations())


def _chosen_on(varying: np.ndarray, seed: int) -> np.ndarray:
    """Return the features that λ is chosen on: all that vary, or 500 random ones of them."""
    places = np.flatnonzero(varying)
    some = random_rows(len(places), MOST_CHOSEN_ON, np.random.default_rng(seed))
    return np.asarray(places[some])


def _choose(moments: Moments, whole: Products) -> tuple[tuple[float, float], float]:
    """Return λ_b, λ_s and the R² of left-out rows, by the one-standard-error rule."""
    groups = len(moments.counts)
    fold_of = np.arange(groups) % FOLDS
    held_out = (fold_of == np.arange(FOLDS)[:, None]).astype(float)
    own = moments.about(np.ones((1, groups)))
    train = moments.about(1 - held_out).scaled(*own.deviations())
    test = moments.about(held_out, moments.means(1 - held_out)).scaled(*own.deviations())
    ratios = _ratios(whole.cross.shape[2])
    # The last problem has all rows: its sparsity decides between equal errors.
    problems = [np.concatenate(pair) for pair in zip(train, whole, strict=True)]
    many = Products(*(np.repeat(each, len(ratios), 0) for each in problems))
    ratio = np.tile(ratios, FOLDS + 1)
    sizes = np.abs(whole.cross[0])
    # Slightly above: exactly at the edge, rounding would decide what is empty.
    least_empty = np.maximum(sizes.max(), sizes.sum(1).max() / ratio) * (1 + 1e-9)
    errors, filled, start = [], [], None
    for share in np.geomspace(1, LEAST_WEIGHT, WEIGHTS):
        single = share * least_empty
        gap = _PATH_GAP * sizes.shape[1]
        fit = _fit(many, ratio * single, single, gap, start, _PATH_STEPS)
        start = fit.coefficients
        shaped = start.reshape(FOLDS + 1, len(ratios), *start.shape[1:])
        errors.append([_error(test, shaped[:FOLDS, place]) for place in range(len(ratios))])
        filled.append(np.count_nonzero(shaped[FOLDS], axis=(1, 2)))
        if _level(np.array(errors)):
            break
    error, nonzero = np.array(errors), np.array(filled)  # 20 x 5 x folds, 20 x 5
    mean = error.mean(2)
    best = np.unravel_index(mean.argmin(), mean.shape)
    allowed = mean[best] + error[best].std(ddof=1) / np.sqrt(FOLDS)
    order = np.lexsort((mean.ravel(), nonzero.ravel()))
    chosen = next(place for place in order if mean.ravel()[place] <= allowed)
    step, place = np.unravel_index(chosen, mean.shape)
    single = np.geomspace(1, LEAST_WEIGHT, WEIGHTS)[step] * least_empty[place]
    null = test.square.sum(1).mean()
    return (float(ratios[place] * single), float(single)), float(1 - mean[step, place] / null)


def _level(errors: np.ndarray) -> bool:
    """Return whether lighter weights gain next to nothing compared with the standard error.

    The sparsest Θ within that of the least error is behind us then.
    """
    means = errors.mean(2)
    if len(means) <= _LEVEL_STEPS:
        return False
    earlier = means[:-_LEVEL_STEPS]
    best = np.unravel_index(earlier.argmin(), earlier.shape)
    noise = errors[best].std(ddof=1) / np.sqrt(FOLDS)
    return bool(means[-_LEVEL_STEPS:].min() > earlier.min() - _LEVEL_SHARE * noise)


def _ratios(features: int) -> np.ndarray:
    """Return λ_b / λ_s between 1 and J, where both parts of the model are alive."""
    shares = np.arange(1, RATIOS + 1) / (RATIOS + 1)
    return np.asarray(float(max(features, 2)) ** shares)


def _fit(
    sums: Products,
    block: np.ndarray,
    single: np.ndarray,
    tolerance: float,
    start: np.ndarray | None = None,
    most_steps: int = MOST_STEPS,
) -> DirtySolution:
    return solve_dirty_model(
        sums.gram,
        sums.cross,
        sums.square.sum(1),
        block,
        single,
        tolerance=tolerance,
        start=start,
        most_steps=most_steps,
    )


def _error(sums: Products, theta: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each fold, summed over features."""
    fit = (sums.cross * theta).sum((1, 2))
    return np.asarray(sums.square.sum(1) - 2 * fit + ((sums.gram @ theta) * theta).sum((1, 2)))


def _widened(rows: np.ndarray, dimensions: tuple[int, ...], count: int) -> np.ndarray:
    full = np.zeros((count, rows.shape[1]))
    full[list(dimensions)] = rows
    return full


def _nothing(
    moments: Moments, dimensions: tuple[int, ...], count: int, width: int
) -> BlockSparseRegression:
    empty = np.zeros((count, width))
    return BlockSparseRegression(
        empty.T, empty, empty, empty, 0.0, 0.0, 0.0, np.zeros(width), 0.0, dimensions, moments
    )
