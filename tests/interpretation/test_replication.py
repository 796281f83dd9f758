"""Dimensions that are found again: counted where it is known how many there are."""

import numpy as np
import pytest

from unweave.interpretation.replication import replicated_dimensions

ALL = [range(4), range(4)]


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(0).standard_normal((4000, 4))


def test_order_sign_and_scale_do_not_matter(codes):
    other = codes[:, [2, 0, 3, 1]] * [-1, 2, -3, 1]
    assert replicated_dimensions([codes, other], ALL) == pytest.approx(4)


def test_monotone_curves_do_not_matter(codes):
    assert replicated_dimensions([codes, np.exp(codes)], ALL) == pytest.approx(4)


def test_of_a_turned_pair_half_is_found_again(codes):
    turned = codes.copy()
    turned[:, 0], turned[:, 1] = codes[:, 0] + codes[:, 1], codes[:, 0] - codes[:, 1]
    # Pearson's r² is 1/2 each; Spearman's ρ of Gaussians is 6/π asin(r/2).
    share = (6 / np.pi * np.arcsin(np.sqrt(0.5) / 2)) ** 2
    assert replicated_dimensions([codes, turned], ALL) == pytest.approx(2 + 2 * share, abs=0.05)


def test_noise_and_collapsed_runs_are_not_found_again(codes):
    noise = np.random.default_rng(1).standard_normal(codes.shape)
    assert replicated_dimensions([codes, noise], ALL) == pytest.approx(0, abs=0.01)
    assert replicated_dimensions([codes, codes], [range(4), []]) == 0


def test_one_more_dimension_counts_one_more(codes):
    found = [replicated_dimensions([codes, codes], [range(k)] * 2) for k in (2, 3)]
    assert found == pytest.approx([2, 3])


def test_one_run_is_refused(codes, refuses):
    refuses(lambda: replicated_dimensions([codes], [range(4)]), "several runs")
