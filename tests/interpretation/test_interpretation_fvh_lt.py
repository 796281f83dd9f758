"""FVH-LT of decoders whose variances can be worked out."""

import numpy as np
import pytest

from unweave.interpretation.fvh_lt import feature_variance, heterogeneity, resampled_variances

GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.standard_normal((200, 3))
DRAWS = GENERATOR.standard_normal((20_000, 3))


def spread(k, values=16):
    """Return the variance of the T values that z_k is moved through."""
    return np.sort(DRAWS[:, k]).reshape(values, -1).mean(1).var()


def test_a_linear_decoder_moves_by_its_squared_weights():
    weights = np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.5, 3.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    variances = np.array([1.0, 4.25, 9.0, 1.0])
    found = feature_variance(lambda z: z @ weights, CODES, DRAWS, variances)
    wanted = np.array([weights[k] ** 2 * spread(k) for k in range(3)]).T / variances[:, None]
    assert found.table == pytest.approx(wanted, abs=1e-5)
    assert found.linearity[weights.T != 0] == pytest.approx(np.ones(4), abs=1e-5)
    assert np.isnan(found.linearity[weights.T == 0]).all()
    # One dimension's share of a feature that it alone drives is nearly all of its variance.
    assert found.table[0, 0] == pytest.approx(1, abs=0.05)


def test_shares_are_total_indices_where_dimensions_interact():
    found = feature_variance(
        lambda z: z[:, :1] * z[:, 1:2], CODES, DRAWS, np.array([1.0]), values=64
    )
    # Var(z0 z1) = 1, all of it interaction: each dimension's total index is the whole.
    assert found.table[0, :2] == pytest.approx((CODES[:, [1, 0]] ** 2).mean(0), rel=0.05)
    assert found.table[0, 2] == 0


def test_a_curve_is_not_linear():
    found = feature_variance(lambda z: z[:, :1] ** 2, CODES, DRAWS, np.array([2.0]), values=64)
    assert found.table[0, 0] == pytest.approx(1, abs=0.15)
    assert found.linearity[0, 0] < 0.02


def test_images_are_read_pixel_by_pixel_in_pieces(monkeypatch):
    def decode(codes):
        return np.einsum("nk,kchw->nchw", codes, maps)

    maps = GENERATOR.random((3, 2, 4, 4))
    whole = feature_variance(decode, CODES, DRAWS, np.ones(32))
    monkeypatch.setattr("unweave.interpretation.fvh_lt._HELD_AT_ONCE", 700)
    pieces = feature_variance(decode, CODES, DRAWS, np.ones(32))
    assert pieces.table == pytest.approx(whole.table, rel=1e-5)
    assert whole.table[:, 1] == pytest.approx(maps[1].ravel() ** 2 * spread(1), rel=1e-4)


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
    assert resampled_variances(found, one)[0] == pytest.approx(found.parts[7])
