"""Intervals, paired differences and rank correlations, by values known beforehand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, spearmanr

from unweave.studies.statistics import (
    bootstrap_interval,
    paired_difference,
    rank_correlation,
    summary_of,
)


def test_a_summary_by_hand():
    found = summary_of(np.array([1.0, 2.0, 6.0]))
    assert (found.count, found.mean, found.median) == (3, 3, 2)
    assert found.sd == pytest.approx(np.sqrt(7))
    assert 1 <= found.low < 3 < found.high <= 6


def test_one_seed_has_no_interval():
    found = summary_of(np.array([0.5]))
    assert found.mean == 0.5
    assert np.isnan([found.sd, found.low, found.high]).all()
    assert found.to_json()["interval"] is None
    assert found.to_json()["sd"] is None


def test_the_interval_is_that_of_another_implementation():
    values = np.random.default_rng(3).normal(size=20)
    peer = bootstrap(
        (values,), np.mean, method="percentile", n_resamples=50_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert bootstrap_interval(values) == pytest.approx([peer.low, peer.high], abs=0.02)


def test_the_interval_covers_a_mean_of_many_seeds():
    generator = np.random.default_rng(0)
    ends = [bootstrap_interval(generator.normal(size=30)) for _ in range(200)]
    covered = np.mean([low <= 0 <= high for low, high in ends])
    assert 0.88 <= covered <= 0.99


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8), st.floats(-50, 50))
def test_the_interval_moves_with_the_values(values, shift):
    low, high = bootstrap_interval(np.array(values))
    moved = bootstrap_interval(np.array(values) + shift)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert moved == pytest.approx((low + shift, high + shift), abs=1e-9)


def test_differences_are_paired_by_seed():
    # Seeds matter by tens, the methods differ by one.
    one = {seed: 10.0 * seed + 1 for seed in range(5)}
    other = {seed: 10.0 * seed for seed in range(3, 8)}
    found = paired_difference(one, other)
    assert found is not None
    assert found.count == 2
    assert (found.mean, found.low, found.high) == (1, 1, 1)
    assert paired_difference({0: 1.0}, {1: 1.0}) is None


def test_rank_correlations():
    generator = np.random.default_rng(0)
    one, other = generator.normal(size=(2, 12))
    assert rank_correlation(one, np.exp(3 * one)) == pytest.approx(1)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert np.isnan(rank_correlation(one[:2], other[:2]))
    assert np.isnan(rank_correlation(one, np.zeros(12)))
