"""FVH-LT of decoders whose variances can be worked out."""

import numpy as np
import pytest

from unweave.interpretation.fvh_lt import (
    feature_variance,
    group_count,
    heterogeneity,
    resampled_variances,
    variance_interval,
)

GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.standard_normal((400, 3))
DRAWS = GENERATOR.standard_normal((20_000, 3))


def test_a_linear_decoder_moves_by_its_squared_weights():
    weights = np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.5, 3.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    variances = np.array([1.0, 4.25, 9.0, 1.0])
    found = feature_variance(lambda z: z @ weights, CODES, DRAWS, variances)
    assert found.table == pytest.approx(weights.T**2 / variances[:, None], rel=0.05)
    assert (found.linearity[weights.T != 0] > 0.97).all()
    assert np.isnan(found.linearity[weights.T == 0]).all()


def test_shares_are_total_indices_where_dimensions_interact():
    codes = GENERATOR.standard_normal((4000, 3))
    found = feature_variance(lambda z: z[:, :1] * z[:, 1:2], codes, DRAWS, np.array([1.0]))
    # Var(z0 z1) = 1, all of it interaction: each dimension's total index is the whole.
    assert found.table[0, :2] == pytest.approx((codes[:, [1, 0]] ** 2).mean(0), rel=0.03)
    assert found.table[0, 2] == 0


CURVES = {
    "square": (lambda z: z**2, 2.0, 0.0),
    "exponential": (np.exp, np.e**2 - np.e, 1 / (np.e - 1)),
    "sine": (lambda z: np.sin(3 * z), (1 - np.exp(-18)) / 2, 18 * np.exp(-9) / (1 - np.exp(-18))),
}


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("values", [4, 16])
def test_shares_are_total_indices_of_curves(curve, values):
    # The linear share of f(z) is E[z f(z)]² / Var f(z), for a standard normal z.
    function, variance, linear = CURVES[curve]
    codes = GENERATOR.standard_normal((4000, 2))

    def decode(z):
        return function(z[:, :1]) + 100

    found = feature_variance(decode, codes, DRAWS, np.array([variance]), values=values)
    assert found.table[0, 0] == pytest.approx(1, abs=0.06)
    assert found.linearity[0, 0] == pytest.approx(linear, abs=0.05)
    assert found.table[0, 1] == 0


def test_few_draws_leave_no_bias():
    found = [
        feature_variance(np.square, *GENERATOR.standard_normal((2, 40, 1)), np.array([2.0])).table
        for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(1, abs=4 * np.std(found) / 20)
    assert np.std(found) / 20 < 0.04


COVERED = {
    "linear": (lambda z: 2 * z[:, :1], 4.0, 4.0),
    "interaction": (lambda z: z[:, :1] * z[:, 1:2], 1.0, 1.0),
    "curve": (lambda z: z[:, :1] ** 2 + z[:, 1:2], 2.0, 3.0),
}


@pytest.mark.parametrize("case", COVERED)
def test_intervals_cover_the_index_of_all_data(case):
    decode, moved, whole = COVERED[case]
    generator, covered = np.random.default_rng(5), 0
    for seed in range(200):
        codes = generator.standard_normal((1000, 2))
        features = decode(codes) + 0.3 * generator.standard_normal((1000, 1))
        groups = np.array_split(features - features.mean(0), group_count(1000, 1000))
        squares = np.stack([(group**2).mean(0) for group in groups])
        found = feature_variance(decode, codes, codes, squares, [0], values=8, seed=seed)
        low, high = variance_interval(found)[:, 0, 0]
        covered += low <= moved / (whole + 0.09) <= high
    assert covered / 200 >= 0.93


def test_intervals_of_nothing_are_nothing():
    found = feature_variance(lambda z: z, CODES, DRAWS, np.array([1.0, 0.0, 1.0]), [1, 2])
    low, high = variance_interval(found)
    assert (low <= found.table).all()
    assert (found.table <= high).all()
    assert not high[found.table == 0].any()


def test_images_are_read_pixel_by_pixel_in_pieces(monkeypatch):
    def decode(codes):
        return np.einsum("nk,kchw->nchw", codes, maps)

    maps = GENERATOR.random((3, 2, 4, 4))
    whole = feature_variance(decode, CODES, DRAWS, np.ones(32))
    monkeypatch.setattr("unweave.interpretation.fvh_lt._HELD_AT_ONCE", 700)
    pieces = feature_variance(decode, CODES, DRAWS, np.ones(32))
    assert pieces.table == pytest.approx(whole.table, rel=1e-5)
    assert whole.table[:, 1] == pytest.approx(maps[1].ravel() ** 2, rel=0.05)


def test_constant_features_and_other_dimensions_are_zero():
    found = feature_variance(lambda z: z, CODES, DRAWS, np.array([1.0, 0.0, 1.0]), [1, 2])
    assert not found.table[1].any()
    assert not found.table[:, 0].any()
    assert found.table[2, 2] > 0.9
    assert np.isfinite(found.table).all()


def test_heterogeneity_is_one_for_a_single_feature_and_zero_for_all_alike():
    table = np.array([[0.0, 0.3, 0], [0.7, 0.3, 0], [0.0, 0.3, 0]])
    assert heterogeneity(table) == pytest.approx([1, 0, 0], abs=1e-12)


def test_resamples_average_the_groups():
    found = feature_variance(lambda z: z**2, CODES, DRAWS, np.full(3, 2.0))
    groups = len(found.sizes)
    assert resampled_variances(found, np.ones((1, groups)))[0] == pytest.approx(
        found.table, rel=1e-5
    )
    one = np.zeros((1, groups))
    one[0, 7] = 3
    assert resampled_variances(found, one)[0] == pytest.approx(found.parts[7] / 2)
