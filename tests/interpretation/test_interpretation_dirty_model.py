"""The dirty model against a general solver, its two limits, and its own duality gap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from sklearn.linear_model import Lasso

from unweave.interpretation.dirty_model import (
    dirty_norm,
    duality_gap,
    project_on_both_balls,
    solve_dirty_model,
    split_coefficients,
)

NUMBERS = st.floats(-3, 3, width=32)


def problem(rows=60, dimensions=3, features=4, seed=0, correlation=0.6):
    """Return Z, X, and the G, C and t of one problem with correlated codes."""
    generator = np.random.default_rng(seed)
    shared = generator.standard_normal((rows, 1))
    codes = correlation * shared + generator.standard_normal((rows, dimensions))
    weights = generator.standard_normal((dimensions, features)) * (
        generator.random((dimensions, features)) < 0.6
    )
    samples = codes @ weights + 0.5 * generator.standard_normal((rows, features))
    gram, cross = codes.T @ codes / rows, codes.T @ samples / rows
    return codes, samples, (gram[None], cross[None], np.array([(samples**2).sum() / rows]))


def objective(theta, moments, block, single):
    gram, cross, total = (each[0] for each in moments)
    fit = ((gram @ theta) * theta).sum() / 2 - (cross * theta).sum() + total / 2
    return fit + dirty_norm(theta[None], np.array([block]), np.array([single]))[0]


def solved(moments, block, single, tolerance=1e-10):
    both = np.array([block]), np.array([single])
    found = solve_dirty_model(*moments, *both, tolerance=tolerance)
    assert found.gap[0] <= tolerance
    return found.coefficients[0]


def by_a_general_solver(moments, block, single):
    """Minimise over B, S+, S− and the rows' heights by sequential quadratic programming."""
    gram, cross, total = (each[0] for each in moments)
    shape = cross.shape
    size = cross.size

    def parts(vector):
        shared, up, down = (vector[i * size : (i + 1) * size].reshape(shape) for i in range(3))
        return shared, up, down, vector[3 * size :]

    def value(vector):
        shared, up, down, height = parts(vector)
        theta = shared + up - down
        slope = gram @ theta - cross
        fit = ((gram @ theta) * theta).sum() / 2 - (cross * theta).sum() + total / 2
        gradient = np.concatenate(
            [slope.ravel(), single + slope.ravel(), single - slope.ravel(), block + 0 * height]
        )
        return fit + single * (up + down).sum() + block * height.sum(), gradient

    def inside(vector):
        shared, _, _, height = parts(vector)
        return np.concatenate(
            [(height[:, None] - shared).ravel(), (height[:, None] + shared).ravel()]
        )

    start = np.full(3 * size + shape[0], 0.3)
    bounds = [(None, None)] * size + [(0, None)] * (2 * size + shape[0])
    found = minimize(
        value,
        start,
        jac=True,
        method="SLSQP",
        bounds=bounds,
        constraints={"type": "ineq", "fun": inside},
        options={"maxiter": 2000, "ftol": 1e-14},
    )
    assert found.success, found.message
    return found.fun


@pytest.mark.parametrize(("block", "single"), [(0.3, 0.12), (0.1, 0.06), (0.6, 0.2), (0.02, 0.01)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_general_solver_finds_nothing_lower(block, single, seed):
    _, _, moments = problem(seed=seed)
    theta = solved(moments, block, single)
    assert objective(theta, moments, block, single) == pytest.approx(
        by_a_general_solver(moments, block, single), abs=1e-7
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_a_dear_block_part_leaves_the_lasso(seed):
    codes, samples, moments = problem(seed=seed, features=5)
    theta = solved(moments, block=1e6, single=0.15, tolerance=1e-12)
    lasso = Lasso(alpha=0.15, fit_intercept=False, tol=1e-12, max_iter=100_000)
    assert theta == pytest.approx(lasso.fit(codes, samples).coef_.T, abs=1e-6)
    assert (theta == 0).any()


def test_a_dear_single_part_leaves_blocks_of_rows():
    _, _, moments = problem(seed=3, dimensions=4)
    theta = solved(moments, block=0.5, single=0.6)
    shared, rest = split_coefficients(theta[None], np.array([0.5]), np.array([0.6]))
    assert not rest.any()
    assert np.allclose(shared, theta)
    assert objective(theta, moments, 0.5, 0.6) == pytest.approx(
        by_a_general_solver(moments, 0.5, 0.6), abs=1e-7
    )


def test_heavy_weights_leave_nothing():
    _, _, moments = problem()
    assert not solved(moments, block=1e3, single=1e3).any()


def test_problems_side_by_side_are_those_apart():
    _, _, one = problem(seed=1)
    _, _, other = problem(seed=2)
    both = [np.concatenate(pair) for pair in zip(one, other, strict=True)]
    found = solve_dirty_model(
        *both, np.array([0.3, 0.1]), np.array([0.1, 0.05]), tolerance=1e-12
    ).coefficients
    assert found[0] == pytest.approx(solved(one, 0.3, 0.1, 1e-12), abs=1e-5)
    assert found[1] == pytest.approx(solved(other, 0.1, 0.05, 1e-12), abs=1e-5)


def test_the_gap_bounds_how_far_any_coefficients_are_from_the_best():
    _, _, moments = problem(seed=4)
    best = objective(solved(moments, 0.3, 0.1, 1e-12), moments, 0.3, 0.1)
    generator = np.random.default_rng(0)
    for _ in range(50):
        theta = generator.standard_normal(moments[1].shape)
        gap = duality_gap(theta, *moments, np.array([0.3]), np.array([0.1]))[0]
        assert gap >= objective(theta[0], moments, 0.3, 0.1) - best - 1e-9


def test_a_code_that_is_constant_gets_no_coefficient():
    _, _, (gram, cross, total) = problem()
    gram[:, 1] = gram[:, :, 1] = cross[:, 1] = 0
    theta = solved((gram, cross, total), 0.1, 0.05)
    assert not theta[1].any()
    assert theta[[0, 2]].any()


def test_two_equal_codes_still_reach_the_gap():
    codes, samples, _ = problem()
    codes = codes[:, [0, 0, 1]]
    moments = (
        (codes.T @ codes / len(codes))[None],
        (codes.T @ samples / len(codes))[None],
        np.array([(samples**2).sum() / len(codes)]),
    )
    theta = solved(moments, 0.1, 0.05, 1e-8)
    assert objective(theta, moments, 0.1, 0.05) == pytest.approx(
        by_a_general_solver(moments, 0.1, 0.05), abs=1e-6
    )


@pytest.mark.parametrize(("weight", "noise"), [(0.3, 0.1), (0.01, 0.1), (0.001, 0.01)])
def test_codes_that_nearly_copy_one_take_few_steps(weight, noise):
    generator = np.random.default_rng(4)
    codes = generator.standard_normal((500, 1)) + noise * generator.standard_normal((500, 8))
    codes /= codes.std(0)
    samples = codes @ generator.standard_normal((8, 30)) + generator.standard_normal((500, 30))
    samples /= samples.std(0)
    moments = (
        (codes.T @ codes / 500)[None],
        (codes.T @ samples / 500)[None],
        np.array([(samples**2).sum() / 500]),
    )
    weights = np.array([weight * 5]), np.array([weight])
    found = solve_dirty_model(*moments, *weights, tolerance=1e-6)
    assert found.gap[0] <= 1e-6
    assert found.steps < 500


@given(arrays(float, (3, 6), elements=NUMBERS), st.floats(0.05, 5), st.floats(0.05, 2))
def test_the_projection_is_the_nearest_point_within_both_balls(points, radius, bound):
    found = project_on_both_balls(points, np.full(3, radius), np.full(3, bound))
    assert (np.abs(found).sum(1) <= radius + 1e-9).all()
    assert (np.abs(found) <= bound + 1e-12).all()
    # Nearest in a convex set: the way out makes no acute angle with any way further in.
    outward = points - found
    generator = np.random.default_rng(0)
    for _ in range(40):
        inside = generator.uniform(-bound, bound, points.shape) * (
            generator.random(points.shape) < 0.5
        )
        inside *= np.minimum(1, radius / np.maximum(np.abs(inside).sum(1, keepdims=True), 1e-12))
        assert ((outward * (inside - found)).sum(1) <= 1e-8).all()
    # And so for the farthest the set reaches in the way's own direction.
    order = np.argsort(-np.abs(outward), axis=1)
    left = np.maximum(radius - bound * np.arange(6), 0).clip(max=bound)
    farthest = np.zeros_like(points)
    np.put_along_axis(farthest, order, np.broadcast_to(left, points.shape), axis=1)
    assert ((outward * (farthest * np.sign(outward) - found)).sum(1) <= 1e-8).all()


@given(arrays(float, (2, 5), elements=NUMBERS), st.floats(0.1, 4), st.floats(0.1, 2))
def test_no_other_split_is_cheaper(theta, block, single):
    both = np.array([block]), np.array([single])
    shared, rest = split_coefficients(theta[None], *both)
    assert np.allclose(shared + rest, theta)
    cost = dirty_norm(theta[None], *both)[0]
    caps = np.linspace(0, 3, 61)
    tried = [block * cap + single * np.maximum(np.abs(theta) - cap, 0).sum(1) for cap in caps]
    assert cost <= np.min(tried, axis=0).sum() + 1e-9


def test_weights_of_zero_are_refused():
    _, _, moments = problem()
    with pytest.raises(ValueError, match="above 0"):
        solve_dirty_model(*moments, np.array([0.0]), np.array([0.1]))
