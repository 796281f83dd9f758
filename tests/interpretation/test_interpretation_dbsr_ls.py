"""DBSR-LS on tables whose pairs are planted."""

import numpy as np
import pytest

from unweave.errors import RequestError
from unweave.interpretation.dbsr_ls import block_sparse_regression, resampled_regressions
from unweave.interpretation.moments import gather_moments

GENERATOR = np.random.default_rng(0)


def planted(rows=1500, noise=0.1, seed=0):
    """Return codes of five dimensions, and features: four of z0, three of z3, one constant."""
    generator = np.random.default_rng(seed)
    codes = generator.standard_normal((rows, 5))
    weights = np.zeros((5, 8))
    weights[0, :4] = [1, -0.8, 0.6, 0.5]
    weights[3, 4:7] = [1, 0.9, -0.7]
    features = codes @ weights + noise * generator.standard_normal((rows, 8))
    features[:, 7] = 2.5
    return codes, features, weights != 0


def test_planted_pairs_are_found_and_no_others_to_speak_of():
    codes, features, pairs = planted()
    found = block_sparse_regression(codes, features)
    assert found.table.shape == (8, 5)
    assert (found.table[pairs.T] > 0.9).all()
    assert found.table[~pairs.T].max() < 0.05
    assert found.gap <= 1e-6
    assert not found.table[7].any()
    assert found.r2[:7] == pytest.approx(np.full(7, 0.97), abs=0.03)
    assert found.cross_validated_r2 == pytest.approx(0.97, abs=0.03)


def test_weights_lie_where_both_parts_are_alive():
    codes, features, _ = planted()
    found = block_sparse_regression(codes, features)
    assert found.lambda_single < found.lambda_block < 8 * found.lambda_single
    assert np.allclose(found.block + found.single, found.coefficients)


def test_features_of_pure_noise_get_nothing():
    codes = GENERATOR.standard_normal((400, 4))
    found = block_sparse_regression(codes, GENERATOR.standard_normal((400, 6)))
    # The one-standard-error rule: no coefficient earns its keep on rows left out.
    assert not found.table.any()


def test_units_order_and_sign_of_codes_do_not_matter():
    codes, features, _ = planted()
    plain = block_sparse_regression(codes, features).table
    order, scales = [3, 1, 4, 0, 2], np.array([-5.0, 1, 0.01, 100, -1])
    turned = block_sparse_regression((codes * scales)[:, order] + 7, features * 3 - 1).table
    assert turned == pytest.approx(plain[:, order], abs=1e-6)


def test_only_informative_columns_are_filled():
    codes, features, _ = planted()
    found = block_sparse_regression(codes, features, (3,))
    assert not found.table[:, [0, 1, 2, 4]].any()
    assert (found.table[4:7, 3] > 0.9).all()


def test_no_dimension_and_constant_features_are_tables_of_zeros():
    codes, features, _ = planted(100)
    assert not block_sparse_regression(codes, features, ()).table.any()
    assert not block_sparse_regression(codes, np.ones((100, 3))).table.any()
    assert not block_sparse_regression(np.ones((100, 3)), features).table.any()


def test_features_may_be_drawn():
    codes, features, _ = planted()
    drawn = block_sparse_regression(codes, lambda rows: features[rows])
    assert np.array_equal(drawn.table, block_sparse_regression(codes, features).table)


def test_resamples_of_all_rows_are_the_reading_and_others_lie_around_it():
    codes, features, _ = planted(noise=1.0)
    found = block_sparse_regression(codes, features)
    groups = len(found.moments.counts)
    same = resampled_regressions(found, np.ones((1, groups)))[0]
    assert same == pytest.approx(found.table, abs=1e-3)
    weights = GENERATOR.multinomial(groups, np.full(groups, 1 / groups), 100).astype(float)
    many = resampled_regressions(found, weights)
    # With one code to a feature, Θ is a correlation r: its standard error is (1 − r²) / √N.
    r = found.table[0, 0]
    assert many[:, 0, 0].std() == pytest.approx((1 - r**2) / np.sqrt(1500), rel=0.4)


def test_codes_that_are_not_finite_and_too_few_rows_are_refused():
    codes, features, _ = planted(20)
    codes[3, 1] = np.nan
    with pytest.raises(RequestError, match="row 3"):
        block_sparse_regression(codes, features)
    with pytest.raises(RequestError, match="10 at least"):
        block_sparse_regression(np.ones((9, 2)), np.ones((9, 2)))


def test_moments_are_those_of_all_rows_however_far_from_zero():
    codes = GENERATOR.standard_normal((103, 3))
    features = GENERATOR.standard_normal((103, 2)) * [1, 5] + 1e6
    moments = gather_moments(codes, lambda rows: features[rows], groups=10)
    found = moments.about(np.ones((1, 10)))
    both = np.cov(codes.T, features.T, bias=True)
    assert found.gram[0] == pytest.approx(both[:3, :3])
    assert found.cross[0] == pytest.approx(both[:3, 3:], abs=1e-8)
    assert found.square[0] == pytest.approx(np.diag(both)[3:])


def test_moments_about_other_means():
    codes = GENERATOR.standard_normal((50, 2))
    features = GENERATOR.standard_normal((50, 3))
    moments = gather_moments(codes, lambda rows: features[rows], groups=5)
    weights = np.array([[1.0, 0, 1, 0, 0]])
    means = moments.means(np.array([[0.0, 1, 0, 1, 1]]))
    kept = np.isin(moments.counts.cumsum(), [10, 30])
    assert kept.sum() == 2
    parts = np.array_split(np.random.default_rng(0).permutation(50), 5)
    rows = np.concatenate([parts[0], parts[2]])
    others = np.concatenate([parts[1], parts[3], parts[4]])
    z, x = codes[rows] - codes[others].mean(0), features[rows] - features[others].mean(0)
    found = moments.about(weights, means)
    assert found.cross[0] == pytest.approx(z.T @ x / 20)
    assert found.gram[0] == pytest.approx(z.T @ z / 20)
    assert found.square[0] == pytest.approx((x**2).mean(0))
