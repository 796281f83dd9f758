"""The shared small mathematics: by hand, beside SciPy and NumPy, and by what must hold."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unweave.statistics import (
    bins_of_equal_count,
    bins_of_equal_width,
    concentration,
    correlations,
    entropy,
    finite_or_none,
    gap_of_the_largest,
    mean_interval,
    percentile_interval,
    random_rows,
    rank_correlation,
    ranks,
)

GENERATOR = np.random.default_rng(0)
VALUES = st.lists(st.integers(-5, 5), min_size=3, max_size=30)
MASSES = st.lists(st.floats(0, 100), min_size=2, max_size=12)

# --- ranks and correlations ---------------------------------------------------------------


def test_ranks_by_hand():
    assert ranks(np.array([3, 1, 3, 7])).tolist() == [2.5, 1, 2.5, 4]
    assert ranks(np.array([[1, 9], [0, 9], [2, 1]])).tolist() == [[2, 2.5], [1, 2.5], [3, 1]]


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_correlations_know_no_scale(scale):
    left, right = np.random.default_rng(0).standard_normal((2, 50, 2))
    assert correlations(scale * left, right) == pytest.approx(correlations(left, right))


def test_correlations_are_those_of_numpy():
    left, right = GENERATOR.normal(size=(50, 3)), GENERATOR.normal(size=(50, 2)) + 100
    right[:, 0] += left[:, 1]
    found = correlations(left, right)
    assert found == pytest.approx(np.corrcoef(left.T, right.T)[:3, 3:])
    assert found.shape == (3, 2)


def test_single_precision_is_correlated_in_double():
    left = GENERATOR.normal(size=(1000, 2)).astype(np.float32) + 1000
    found = correlations(left, left)
    assert found.dtype == np.float64
    assert found == pytest.approx(np.corrcoef(left.T.astype(np.float64)), abs=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.1, 1e9 + 0.1])
def test_constants_correlate_with_nothing(level):
    # The mean of 49 equal values is not always that value.
    table = np.stack([GENERATOR.normal(size=49), np.full(49, level)], axis=1)
    assert correlations(table, table).tolist() == [[pytest.approx(1), 0], [0, 0]]
    unknown = correlations(table, table, constant=np.nan)
    assert unknown[0, 0] == pytest.approx(1)
    assert np.isnan([unknown[0, 1], unknown[1, 0], unknown[1, 1]]).all()


@given(VALUES, st.integers(0, 1000))
def test_correlations_of_ranks_are_spearmans(values, seed):
    one = np.array(values, float)
    other = np.random.default_rng(seed).permutation(one)
    table = correlations(ranks(one[:, None]), ranks(other[:, None]), constant=np.nan)
    assert table[0, 0] == pytest.approx(rank_correlation(one, other), nan_ok=True)


def test_rank_correlations():
    one, other = GENERATOR.normal(size=(2, 12))
    assert rank_correlation(one, np.exp(3 * one)) == pytest.approx(1)
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert np.isnan(rank_correlation(one[:2], other[:2], fewest=3))
    assert abs(rank_correlation(one[:2], other[:2])) == pytest.approx(1)
    assert np.isnan(rank_correlation(one, np.zeros(12)))
    assert np.isnan(rank_correlation(np.zeros(12), one))
    assert np.isnan(rank_correlation(one[:0], other[:0]))


# --- distributions ------------------------------------------------------------------------


@given(MASSES)
def test_entropy_is_scipys(masses):
    masses = np.array(masses) + np.eye(len(masses))[0]
    assert entropy(masses / masses.sum()) == pytest.approx(stats.entropy(masses))


def test_entropy_along_an_axis():
    shares = np.array([[0.5, 0.25], [0.5, 0.75], [0.0, 0.0]])
    quarter = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert entropy(shares, axis=0) == pytest.approx([math.log(2), quarter])
    assert entropy(shares.T) == pytest.approx([math.log(2), quarter])
    assert entropy(np.eye(4)).tolist() == [0, 0, 0, 0]


def test_concentration_by_hand():
    masses = np.array([[1.0, 0, 3, 0], [1, 0, 0, 4], [1, 0, 0, 4], [1, 0, 1, 0]])
    one_and_three = 1 - stats.entropy([3, 1]) / math.log(4)
    assert concentration(masses, axis=0) == pytest.approx([0, 0, one_and_three, 0.5])
    assert concentration(np.eye(3)).tolist() == [1, 1, 1]
    assert concentration(np.ones((3, 1))).tolist() == [0, 0, 0]
    assert concentration(np.zeros((2, 3))).tolist() == [0, 0]


@given(MASSES, st.floats(0.01, 100))
def test_concentration_is_a_share_that_knows_no_scale(masses, scale):
    masses = np.array(masses) + np.eye(len(masses))[0]
    found = concentration(masses)
    assert -1e-12 <= found <= 1 + 1e-12
    assert concentration(scale * masses) == pytest.approx(found, abs=1e-9)


def test_the_gap_of_the_largest_two():
    table = np.array([[0.1, 5.0], [0.9, 5.0], [0.4, -3.0]])
    assert gap_of_the_largest(table) == pytest.approx([0.5, 0])
    assert gap_of_the_largest(table, axis=1) == pytest.approx([4.9, 4.1, 3.4])
    assert table.tolist() == [[0.1, 5.0], [0.9, 5.0], [0.4, -3.0]]


# --- bins and rows ------------------------------------------------------------------------


@given(st.lists(st.integers(-100, 100), min_size=2, max_size=40), st.integers(1, 8))
def test_bins_of_equal_width_are_those_of_a_histogram(values, bins):
    column = np.array(values, float)
    if np.ptp(column) == 0:
        assert not bins_of_equal_width(column, bins).any()
        return
    found = bins_of_equal_width(column, bins)
    assert (found[column == column.min()] == 0).all()
    assert (found[column == column.max()] == bins - 1).all()
    width = np.ptp(column) / bins
    centres = column.min() + (found + 0.5) * width
    assert (np.abs(column - centres) <= width / 2 + 1e-9).all()


def test_columns_are_binned_by_themselves():
    table = np.array([[0.0, 7, 10], [1, 7, 30], [2, 7, 20], [4, 7, 40]])
    assert bins_of_equal_width(table, 2).T.tolist() == [[0, 0, 1, 1], [0] * 4, [0, 1, 0, 1]]
    assert bins_of_equal_count(table, 2).T.tolist() == [[0, 0, 1, 1], [0] * 4, [0, 1, 0, 1]]
    assert bins_of_equal_count(table**3, 4)[:, 0].tolist() == [0, 1, 2, 3]


@given(st.permutations(range(24)), st.sampled_from([1, 2, 3, 4, 6]))
def test_different_values_fill_bins_equally(order, bins):
    found = bins_of_equal_count(np.array(order) ** 2, bins)
    assert np.bincount(found).tolist() == [24 // bins] * bins
    assert (np.diff(found[np.argsort(order)]) >= 0).all()


@given(VALUES, st.integers(1, 6))
def test_equal_values_share_a_bin(values, bins):
    found = bins_of_equal_count(np.array(values), bins)
    assert len(set(zip(values, found.tolist(), strict=True))) == len(set(values))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 99))
def test_random_rows_are_different_and_ascending(count, most, seed):
    found = random_rows(count, most, np.random.default_rng(seed))
    assert len(found) == min(count, most)
    assert (np.diff(found) > 0).all()
    assert set(found) <= set(range(count))


def test_random_rows_are_drawn_evenly():
    generator = np.random.default_rng(1)
    counts = np.bincount(np.concatenate([random_rows(10, 3, generator) for _ in range(4000)]))
    assert counts == pytest.approx(np.full(10, 1200), rel=0.1)


# --- intervals ----------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("shape", ["normal", "gamma"])
def test_the_interval_covers_a_mean_of_few_seeds(seeds, shape):
    generator = np.random.default_rng(seeds)
    true, draws = 0.0, generator.normal(size=(3000, seeds))
    if shape == "gamma":  # Scores that pile up on one side.
        true, draws = 4.0, generator.gamma(4, size=(3000, seeds))
    ends = np.array([mean_interval(each) for each in draws])
    covered = ((ends[:, 0] <= true) & (true <= ends[:, 1])).mean()
    assert 0.93 <= covered <= 0.97


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8), st.floats(-50, 50))
def test_the_interval_moves_with_the_values(values, shift):
    low, high = mean_interval(np.array(values))
    moved = mean_interval(np.array(values) + shift)
    assert low <= np.mean(values) <= high
    assert moved == pytest.approx((low + shift, high + shift), abs=1e-9)


def test_percentiles_hold_all_but_a_twentieth():
    draws = np.stack([np.arange(1001), 1000.0 - np.arange(1001)], axis=1)
    assert percentile_interval(draws) == pytest.approx(np.array([[25, 25], [975, 975]]))


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=12))
def test_students_interval_is_scipys(values):
    low, high = mean_interval(np.array(values))
    peer = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values) or 1e-300)
    assert (low, high) == pytest.approx(peer, abs=1e-9)


def test_one_value_has_no_interval():
    assert np.isnan(mean_interval(np.array([0.5]))).all()


# --- numbers for JSON ---------------------------------------------------------------------


def test_what_json_cannot_hold_becomes_none():
    document = {
        "value": math.nan,
        "ends": (1.5, math.inf),
        "rows": [[np.float64(-np.inf), 2], []],
        "name": "nan",
        "known": True,
        "nothing": None,
    }
    found = finite_or_none(document)
    assert found == {
        "value": None,
        "ends": [1.5, None],
        "rows": [[None, 2], []],
        "name": "nan",
        "known": True,
        "nothing": None,
    }
    json.dumps(found, allow_nan=False)
    assert finite_or_none(0.25) == 0.25
    assert math.isnan(document["value"])


def test_it_costs_no_import_of_scipys_statistics():
    code = "import sys, unweave.statistics; assert 'scipy.stats' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
