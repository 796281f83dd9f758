"""False discoveries and power on codes whose right answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unweave.interpretation.recovery import factor_recovery

GENERATOR = np.random.default_rng(0)
FACTORS = GENERATOR.uniform(-1, 1, (2000, 3))
NOISE = GENERATOR.standard_normal((2000, 4))


def test_the_factors_themselves():
    recovery = factor_recovery(FACTORS, FACTORS, [0, 1, 2])
    assert recovery.dimensions == (0, 1, 2)
    assert (recovery.fdr, recovery.power) == (0, 1)
    assert recovery.correlations == pytest.approx((1, 1, 1))


@given(st.permutations(range(7)), st.lists(st.sampled_from([-3.0, 0.5, 2.0]), min_size=7))
def test_order_sign_and_scale_do_not_matter(order, scales):
    codes = np.concatenate([FACTORS, NOISE], 1)[:, order] * np.array(scales[:7])
    flagged = [order.index(factor) for factor in range(3)]
    recovery = factor_recovery(codes, FACTORS, flagged)
    assert recovery.dimensions == tuple(flagged)
    assert (recovery.fdr, recovery.power) == (0, 1)


def test_flagged_noise_is_a_false_discovery():
    codes = np.concatenate([FACTORS, NOISE[:, :1]], 1)
    assert factor_recovery(codes, FACTORS, [0, 1, 2, 3]).fdr == 0.25


def test_a_factor_that_is_not_flagged_is_not_found():
    recovery = factor_recovery(FACTORS, FACTORS, [0, 2])
    assert recovery.power == pytest.approx(2 / 3)
    assert recovery.fdr == 0


def test_each_factor_twice_is_half_false():
    codes = np.concatenate([FACTORS, FACTORS], 1)
    recovery = factor_recovery(codes, FACTORS, range(6))
    assert (recovery.fdr, recovery.power) == (0.5, 1)


def test_rotated_codes_find_nothing():
    turn = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    codes = FACTORS[:, :2] @ turn
    recovery = factor_recovery(codes, FACTORS[:, :2], [0, 1])
    assert (recovery.fdr, recovery.power) == (1, 0)
    assert recovery.correlations == pytest.approx((0.707, 0.707), abs=0.03)


def test_nothing_flagged_and_constant_codes():
    assert factor_recovery(FACTORS, FACTORS, []).fdr == 0
    assert factor_recovery(FACTORS, FACTORS, []).power == 0
    constant = factor_recovery(np.zeros((2000, 1)), FACTORS, [0])
    assert (constant.fdr, constant.power) == (1, 0)
