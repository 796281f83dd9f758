"""GAS and UDR on runs whose correspondence is planted."""

import numpy as np
import pytest

from unweave.errors import RequestError
from unweave.interpretation.gas import UNMATCHED, greedy_alignment, greedy_matches
from unweave.interpretation.mutual_information import mutual_information
from unweave.interpretation.udr import unsupervised_disentanglement_ranking

GENERATOR = np.random.default_rng(0)


def planted_run(factors, order, signs, noise, generator):
    """Return codes in which factor k stands in dimension order[k], turned by signs[k]."""
    codes = generator.standard_normal(factors.shape)
    codes[:, order] = factors * signs + noise * generator.standard_normal(factors.shape)
    return codes


def test_planted_permutations_and_signs_are_found_in_a_hundred_of_a_hundred():
    # Two runs on FA15 or FA24 correlate at 0.99 and more; here it is 0.95.
    for trial in range(100):
        generator = np.random.default_rng(trial)
        factors = generator.uniform(-1.7, 1.7, (1000, 6))
        orders = [generator.permutation(6) for _ in range(3)]
        signs = [generator.choice([-1, 1], 6) for _ in range(3)]
        runs = [
            planted_run(factors, order, sign, 0.22, generator)
            for order, sign in zip(orders, signs, strict=True)
        ]
        found = greedy_alignment(runs)
        reference = found.reference
        places = np.argsort(orders[reference])  # the factor in each of the reference's dimensions
        for run in range(3):
            assert np.array_equal(found.permutations[run], orders[run][places])
            wanted = (signs[run] * signs[reference])[places]
            assert np.array_equal(found.signs[run], wanted)


def test_aligned_tables_stand_in_the_references_order():
    factors = GENERATOR.standard_normal((500, 4))
    orders = [np.array([0, 1, 2, 3]), np.array([2, 0, 3, 1])]
    runs = [planted_run(factors, order, 1, 0.01, GENERATOR) for order in orders]
    found = greedy_alignment(runs, reference=0)
    table = np.arange(8.0).reshape(2, 4)
    shuffled = np.zeros((2, 4))
    shuffled[:, orders[1]] = table
    assert np.array_equal(found.aligned(1, shuffled), table)
    assert np.array_equal(found.aligned(0, table), table)


def test_only_informative_dimensions_are_matched():
    factors = GENERATOR.standard_normal((500, 4))
    runs = [factors, factors[:, ::-1].copy(), factors]
    found = greedy_alignment(runs, [[0, 1], [1, 2, 3], [0, 1]], reference=0)
    assert found.permutations[0].tolist() == [0, 1, UNMATCHED, UNMATCHED]
    assert found.permutations[1].tolist() == [3, 2, UNMATCHED, UNMATCHED]
    assert found.unmatched == ((), (1,), ())
    assert not found.strengths[:, 2:].any()
    assert not found.aligned(1, np.ones((3, 4)))[:, 2:].any()


def test_the_reference_is_the_run_that_is_closest_to_all_others():
    factors = GENERATOR.uniform(-1, 1, (2000, 3))
    noisy = [factors + 0.5 * GENERATOR.standard_normal(factors.shape) for _ in range(3)]
    assert greedy_alignment([noisy[0], noisy[1], factors, noisy[2]]).reference == 2


def test_the_largest_entry_goes_first():
    information = np.array([[5.0, 4.0], [4.5, 0.1]])
    # A sum-maximal assignment would pair off the diagonal; the greedy one does not.
    assert greedy_matches(information, [0, 1], [0, 1]) == [(0, 0), (1, 1)]
    assert greedy_matches(information, [1], [0, 1]) == [(1, 0)]


def test_what_cannot_be_aligned_is_refused():
    codes = GENERATOR.standard_normal((50, 3))
    with pytest.raises(RequestError, match="give at least two"):
        greedy_alignment([codes])
    with pytest.raises(RequestError, match="one latent_dim"):
        greedy_alignment([codes, codes[:, :2]])
    with pytest.raises(RequestError, match="not finite"):
        greedy_alignment([codes, np.where(codes > 2, np.nan, codes) * np.nan])
    with pytest.raises(RequestError, match="give at least two"):
        unsupervised_disentanglement_ranking([codes], [[0]])


class TestMutualInformation:
    def test_of_correlated_normal_values(self):
        for correlation in (0.5, 0.8, 0.9):
            one = GENERATOR.standard_normal((10_000, 1))
            other = correlation * one + np.sqrt(1 - correlation**2) * GENERATOR.standard_normal(
                (10_000, 1)
            )
            wanted = -0.5 * np.log(1 - correlation**2)
            # Twenty bins lose some of what a strong dependence has: at 0.9 about a fifteenth.
            assert mutual_information(one, other)[0, 0] == pytest.approx(wanted, rel=0.08)

    def test_of_independent_values_is_nearly_none(self):
        left, right = GENERATOR.standard_normal((2, 2000, 4))
        assert mutual_information(left, right).mean() < 0.01

    def test_monotone_changes_do_not_matter(self):
        left, right = GENERATOR.standard_normal((2, 1000, 2))
        right[:, 0] += left[:, 1]
        changed = mutual_information(-np.exp(left), right**3)
        assert changed == pytest.approx(mutual_information(left, right), abs=0.01)

    def test_it_is_symmetric_and_a_constant_has_none(self):
        left, right = GENERATOR.standard_normal((2, 500, 2))
        left[:, 0] = 3
        found = mutual_information(left, right)
        assert not found[0].any()
        assert mutual_information(right, left) == pytest.approx(found.T)

    def test_rows_must_be_paired(self):
        with pytest.raises(ValueError, match="paired"):
            mutual_information(np.zeros((3, 1)), np.zeros((4, 1)))


class TestRanking:
    def test_equal_runs_are_alike_however_ordered_and_turned(self):
        codes = GENERATOR.standard_normal((3000, 3))
        runs = [codes, -codes[:, [2, 0, 1]], codes**3]
        found = unsupervised_disentanglement_ranking(runs, [range(3)] * 3)
        # Chance correlations of 3,000 rows take a little off.
        assert found == pytest.approx(np.ones(3), abs=0.08)

    def test_a_rotated_run_is_less_alike_and_an_empty_one_not_at_all(self):
        codes = GENERATOR.uniform(-1, 1, (3000, 2))
        turned = codes @ np.array([[1, -1], [1, 1]]) / np.sqrt(2)
        alike, rotated, _, _ = unsupervised_disentanglement_ranking(
            [codes, turned, codes, codes], [[0, 1]] * 4
        )
        assert alike > 0.95
        assert rotated < 0.6
        assert unsupervised_disentanglement_ranking([codes, codes], [[0, 1], []])[0] == 0

    def test_by_hand(self):
        # Spearman's correlations of these ranks: 0.8 and 0.4 (from 4 rows each).
        left = np.array([[1.0], [2], [3], [4]])
        right = np.array([[2.0, 3], [1, 1], [4, 2], [3, 4]])
        rho = np.array([0.6, 0.4])
        wanted = ((rho**2 / rho).sum() + rho.max() ** 2 / rho.sum()) / 3
        found = unsupervised_disentanglement_ranking([left, right], [[0], [0, 1]])
        assert found == pytest.approx([wanted, wanted])
