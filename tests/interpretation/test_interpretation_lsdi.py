"""LSDI on tables whose index is known, its invariances, and its fall under rotation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unweave.interpretation.dbsr_ls import block_sparse_regression
from unweave.interpretation.fvh_lt import feature_variance
from unweave.interpretation.lsdi import disentanglement_index, disentanglement_indices

# Near the smallest float digits are lost, and with them what an entry is beside another.
ENTRIES = st.just(0.0) | st.floats(1e-200, 10)
TABLES = arrays(float, (5, 3), elements=ENTRIES)


def blocks(*sizes):
    return np.repeat(np.eye(len(sizes)), sizes, axis=0)


def test_one_to_one_of_equal_masses_is_one():
    assert disentanglement_index(np.eye(4)) == pytest.approx((1, 1))
    assert disentanglement_index(blocks(5, 5, 5)) == pytest.approx((1, 1))


def test_a_perfect_table_of_unequal_masses_attains_its_largest_value():
    value, attainable = disentanglement_index(blocks(7, 5, 3))
    shares = np.array([7, 5, 3]) / 15
    assert value == pytest.approx(-(shares * np.log(shares)).sum() / np.log(3))
    assert value == pytest.approx(0.950, abs=5e-4)
    assert attainable == pytest.approx(value)


def test_no_informative_dimension_one_alone_and_an_empty_table_are_zero():
    table = blocks(7, 5, 3)
    assert disentanglement_index(table, []) == (0, 0)
    assert disentanglement_index(table, [1]) == (0, 0)
    assert disentanglement_index(np.zeros((4, 3))) == (0, 0)


def test_one_dominating_dimension_is_zero():
    table = np.zeros((6, 3))
    table[:, 1] = 1
    assert disentanglement_index(table).value == pytest.approx(0)


def test_equal_profiles_are_zero():
    table = np.outer([1, 2, 3], [0.2, 0.5, 0.3])
    assert disentanglement_index(table).value == pytest.approx(0, abs=1e-12)


def test_two_by_two_by_hand():
    # P = [[0.4, 0.1], [0.1, 0.4]]: log 2 + 0.8 log 0.8 + 0.2 log 0.2, over log 2.
    value = 1 + (0.8 * np.log(0.8) + 0.2 * np.log(0.2)) / np.log(2)
    assert disentanglement_index([[4, 1], [1, 4]]).value == pytest.approx(value)


@given(TABLES, st.permutations(range(3)), st.permutations(range(5)), st.floats(0.01, 100))
def test_order_and_unit_do_not_matter(table, columns, rows, unit):
    value = disentanglement_index(table)
    assert disentanglement_index(unit * table[rows][:, columns]) == pytest.approx(value, abs=1e-9)
    assert 0 <= value.value <= value.attainable + 1e-9 <= 1 + 2e-9


@given(arrays(float, (3, 4, 3), elements=st.floats(0, 5)))
def test_many_tables_are_each_of_them(tables):
    values, attainable = disentanglement_indices(tables, [0, 2])
    each = [disentanglement_index(table, [0, 2]) for table in tables]
    assert values == pytest.approx([one.value for one in each])
    assert attainable == pytest.approx([one.attainable for one in each])


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_no_association_is_negative_or_not_finite(bad):
    with pytest.raises(ValueError, match="finite entries"):
        disentanglement_index([[1.0, bad], [0.0, 1.0]])


def readings(angle, sizes, factors, scale):
    """Return LSDI by both readings of a perfect code, two of its dimensions turned."""
    turn = np.eye(len(sizes))
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    loadings = blocks(*sizes)
    features = factors @ loadings.T
    codes = factors @ turn * scale
    tables = [
        feature_variance(
            lambda z: (z / scale) @ turn.T @ loadings.T, codes[:100], codes, features.var(0)
        ).table,
        block_sparse_regression(codes, features).table,
    ]
    return np.array([disentanglement_index(table).value for table in tables])


@settings(max_examples=8, deadline=None)
@given(
    st.tuples(*[st.integers(2, 6)] * 3),
    st.integers(0, 1000),
    st.lists(st.sampled_from([-2.0, 0.3, 1.0, 50.0]), min_size=3, max_size=3),
)
def test_a_perfect_code_loses_steadily_as_it_is_turned(sizes, seed, scale):
    factors = np.random.default_rng(seed).uniform(-1.7, 1.7, (400, 3))
    angles = np.radians([0, 12, 24, 36, 45])
    values = np.array([readings(angle, sizes, factors, np.array(scale)) for angle in angles])
    assert (np.diff(values, axis=0) < 0).all()
