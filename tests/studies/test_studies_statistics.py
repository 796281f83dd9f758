"""Summaries and paired differences, by values known beforehand."""

import numpy as np
import pytest

from unweave.studies.statistics import paired_difference, summary_of


def test_a_summary_by_hand():
    found = summary_of(np.array([1.0, 2.0, 6.0]))
    assert (found.count, found.mean, found.median) == (3, 3, 2)
    assert found.sd == pytest.approx(np.sqrt(7))
    # Student's quantile of two degrees of freedom is 4.303.
    assert (found.low, found.high) == pytest.approx(
        (3 - 4.303 * np.sqrt(7 / 3), 3 + 4.303 * np.sqrt(7 / 3)), abs=1e-2
    )


def test_one_seed_has_no_interval():
    found = summary_of(np.array([0.5]))
    assert found.mean == 0.5
    assert np.isnan([found.sd, found.low, found.high]).all()
    assert found.to_json()["interval"] is None
    assert found.to_json()["sd"] is None


def test_differences_are_paired_by_seed():
    # Seeds matter by tens, the methods differ by one.
    one = {seed: 10.0 * seed + 1 for seed in range(5)}
    other = {seed: 10.0 * seed for seed in range(3, 8)}
    found = paired_difference(one, other)
    assert found is not None
    assert found.count == 2
    assert (found.mean, found.low, found.high) == (1, 1, 1)
    assert paired_difference({0: 1.0}, {1: 1.0}) is None


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_equal_methods_differ_in_a_twentieth(seeds):
    generator = np.random.default_rng(seeds)
    false = 0
    for _ in range(1000):
        of_seed = generator.normal(size=seeds)
        one, other = (dict(enumerate(of_seed + generator.normal(size=seeds))) for _ in range(2))
        found = paired_difference(one, other)
        false += not found.low <= 0 <= found.high
    assert 0.03 <= false / 1000 <= 0.07
