"""Every quantity of evidence on codes whose answer is known: factors, their turns, noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.interpretation.evidence.factorised_support import factorised_support
from unweave.interpretation.evidence.feature_stability import feature_stability
from unweave.interpretation.evidence.independence import independence
from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.orthogonality import jacobian_orthogonality
from unweave.interpretation.evidence.registry import QUANTITIES, evidence_of
from unweave.interpretation.evidence.reliability import reliability
from unweave.interpretation.evidence.seed_agreement import above_chance, seed_agreement
from unweave.interpretation.evidence.shared_variance import shared_variance
from unweave.interpretation.evidence.simplicity import exclusiveness, simplicity_of_loadings
from unweave.interpretation.evidence.simplicity_beyond_chance import (
    MOST,
    beyond_chance,
    simplicity_beyond_chance,
)
from unweave.interpretation.evidence.space_agreement import multiple_correlation, space_agreement
from unweave.interpretation.evidence.turn_stability import turn_stability
from unweave.interpretation.factor_rotation import varimax
from unweave.interpretation.gas import greedy_alignment
from unweave.interpretation.parallel_analysis import parallel_analysis

ROWS = 600
SIMPLE = np.kron(np.eye(3), np.array([[0.9], [0.8], [0.7], [0.6]]))
ANGLE = np.pi / 4
TURN = np.eye(3)
TURN[:2, :2] = [[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]]


def factors_of(law="gaussian", rows=ROWS, count=3):
    generator = np.random.default_rng(4)
    drawn = getattr(generator, {"gaussian": "standard_normal", "uniform": "random"}[law])
    factors = drawn((rows, count))
    factors = (factors - factors.mean(0)) / factors.std(0)
    if law == "uniform":
        return factors
    return np.linalg.qr(factors)[0] * np.sqrt(rows)  # Exactly uncorrelated, with variance 1.


def observed(matrix=None, *, loadings=SIMPLE, law="gaussian", others=None, noise=0.3):
    """Return codes F M of a linear table X = F Λ' + ε, with their own decoder and other runs."""
    matrix = np.eye(3) if matrix is None else matrix
    factors = factors_of(law)
    errors = noise * np.random.default_rng(5).standard_normal((ROWS, len(loadings)))
    features = factors @ loadings.T + errors
    scales = features.std(0)
    codes = factors @ matrix
    weights = np.linalg.inv(matrix) @ loadings.T / scales
    runs = [codes] if others is None else others
    alignments = [greedy_alignment([codes, other], None, 0) for other in runs]
    return Observed(
        (0, 1, 2),
        0,
        codes,
        np.full(3, 0.25),
        tuple(runs),
        np.stack([np.abs(each.correlations[1]) for each in alignments]),
        (features - features.mean(0)) / scales,
        lambda some: some @ weights,
    )


class TestAgreement:
    def test_a_run_agrees_with_itself_in_other_signs_and_order(self):
        again = factors_of()[:, [2, 0, 1]] * [-1, 1, 2]
        assert seed_agreement(observed(others=[again])) == pytest.approx(1)
        assert space_agreement(observed(others=[again])) == pytest.approx(1)

    def test_a_turned_run_has_the_space_and_not_the_dimensions(self):
        found = observed(others=[factors_of() @ TURN])
        assert space_agreement(found) == pytest.approx(1)
        assert seed_agreement(found)[:2] == pytest.approx(np.sqrt(0.5), abs=0.08)
        assert seed_agreement(found)[2] == pytest.approx(1)

    def test_an_unrelated_run_agrees_as_far_as_chance_goes(self):
        other = np.random.default_rng(9).standard_normal((ROWS, 3))
        assert seed_agreement(observed(others=[other])).max() < 0.1
        assert space_agreement(observed(others=[other])).max() < 0.1

    def test_runs_are_averaged(self):
        other = np.random.default_rng(9).standard_normal((ROWS, 3))
        both = seed_agreement(observed(others=[factors_of(), other]))
        assert both == pytest.approx(0.5, abs=0.06)

    def test_chance_is_the_quantile_of_the_null(self):
        null = np.linspace(0, 1, 101)[:, None]
        assert above_chance(np.array([0.95]), null) == pytest.approx(0)
        assert above_chance(np.array([1.0]), null) == pytest.approx(1)

    @given(st.integers(0, 1000))
    @settings(max_examples=20, deadline=None)
    def test_multiple_correlation_is_that_of_least_squares(self, seed):
        generator = np.random.default_rng(seed)
        others = generator.standard_normal((40, 3))
        codes = others @ generator.standard_normal((3, 2)) + generator.standard_normal((40, 2))
        design = np.hstack([np.ones((40, 1)), others])
        fitted = design @ np.linalg.lstsq(design, codes, rcond=None)[0]
        wanted = [np.corrcoef(a, b)[0, 1] for a, b in zip(codes.T, fitted.T, strict=True)]
        assert multiple_correlation(codes, others) == pytest.approx(wanted)


class TestAxes:
    def test_factors_of_simple_structure_are_the_axes(self):
        assert turn_stability(observed()).min() > 0.99
        assert feature_stability(observed()).min() > 0.99

    def test_turned_by_half_a_right_angle_they_are_not(self):
        for quantity in (turn_stability, feature_stability):
            assert quantity(observed(TURN))[:2] == pytest.approx(np.sqrt(0.5), abs=0.03)
            assert quantity(observed(TURN))[2] > 0.99

    def test_without_simple_structure_halves_of_the_features_disagree(self):
        dense = np.random.default_rng(2).standard_normal((12, 3))
        found = observed(loadings=dense)
        matrix = np.linalg.lstsq(factors_of(), found.simple_axes, rcond=None)[0]
        turned = observed(matrix, loadings=dense)
        assert turn_stability(turned).min() > 0.99
        assert (feature_stability(turned) < turn_stability(turned) - 0.01).all()

    def test_simple_loadings_are_simpler_than_random_ones_and_mixtures_are_not(self):
        assert simplicity_beyond_chance(observed()).min() > 3
        assert simplicity_beyond_chance(observed(TURN))[:2].max() < 0

    def test_the_pattern_counts_where_codes_are_correlated(self):
        correlate = np.linalg.cholesky([[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]).T
        assert (
            simplicity_beyond_chance(observed(correlate, loadings=SIMPLE @ correlate.T)).min() > 3
        )

    def test_random_loadings_that_were_turned_are_as_simple_as_chance(self):
        generator = np.random.default_rng(8)
        lengths = generator.uniform(0.3, 0.9, (24, 1))
        found = []
        for _ in range(20):
            random = generator.standard_normal((24, 4))
            random *= lengths / np.linalg.norm(random, axis=1, keepdims=True)
            found.append(beyond_chance(varimax(random, starts=1).loadings))
        assert np.mean(found) == pytest.approx(0, abs=0.35)  # of 80 values: 3 deviations
        assert np.std(found) == pytest.approx(1, abs=0.3)

    @pytest.mark.parametrize(("shape", "wanted"), [((6, 1), [MOST]), ((2, 3), [0.0] * 3)])
    def test_where_nothing_can_be_turned_it_is_said_so_by_a_constant(self, shape, wanted):
        assert beyond_chance(np.ones(shape)).tolist() == wanted

    def test_uniform_factors_are_independent_components_and_mixtures_are_not(self):
        assert independence(observed(law="uniform")).min() > 0.97
        assert independence(observed(TURN, law="uniform"))[:2].max() < 0.8

    def test_a_single_dimension_has_no_turn(self):
        one = Observed(
            (0,), 0, factors_of()[:, :1], np.ones(1), (), np.ones((0, 1)), factors_of(),
            lambda some: some,
        )  # fmt: skip
        for quantity in (turn_stability, feature_stability, independence, factorised_support):
            assert quantity(one) == pytest.approx(1)


class TestDecoder:
    def test_derivatives_of_a_linear_decoder_are_its_loadings(self):
        effects = observed().effects
        codes = np.eye(3)
        wanted = observed().decode(codes).T * factors_of().std(0)
        assert effects == pytest.approx(np.broadcast_to(wanted, effects.shape))

    def test_separate_features_are_orthogonal_and_equal_effects_are_not(self):
        assert jacobian_orthogonality(observed()) == pytest.approx(1)
        twice = np.column_stack([SIMPLE[:, 0], SIMPLE[:, 0], SIMPLE[:, 2]])
        assert jacobian_orthogonality(observed(loadings=twice)) == pytest.approx([0, 0, 1])

    def test_exclusiveness(self):
        squares = np.array([[2.0, 0, 0], [0, 1, 0], [0, 1, 0]])
        assert exclusiveness(squares) == pytest.approx([1, 1, 0])
        assert exclusiveness(np.full((4, 2), 0.3)) == pytest.approx([0.5, 0.5])
        # The first column has 3 of what is done to it alone, and 1 of the 2 done to the second.
        assert exclusiveness(np.array([[3.0, 0], [1, 1]])) == pytest.approx([3.5 / 4, 0.5])

    def test_simplicity_and_index_of_simple_structure_are_one(self):
        assert simplicity_of_loadings(observed()) == pytest.approx(1)
        assert QUANTITIES["lsdi"].function(observed()) == pytest.approx(1, abs=1e-6)

    def test_a_turn_halves_simplicity(self):
        equal = np.kron(np.eye(3), np.full((4, 1), 0.8))
        # A feature of either of the two has half of its squared loadings on each dimension.
        assert simplicity_of_loadings(observed(TURN, loadings=equal))[:2] == pytest.approx(0.5)


class TestSupport:
    def test_independent_dimensions_combine_freely(self):
        assert factorised_support(observed(law="uniform")).min() > 0.75

    def test_a_line_and_a_ring_do_not(self):
        angle = np.random.default_rng(3).uniform(0, 2 * np.pi, ROWS)
        line, third = np.sin(angle), np.random.default_rng(8).random(ROWS)
        for pair in ((line, line), (line, np.cos(angle))):
            codes = np.column_stack([*pair, third])
            found = Observed((0, 1, 2), 0, codes, np.ones(3), (), np.ones((0, 3)), codes, None)
            ratio = factorised_support(found)
            assert ratio[:2].max() < 0.2
            assert ratio[2] > 0.5


class TestVariance:
    def test_reliability_is_the_share_of_the_means(self):
        assert reliability(observed()) == pytest.approx(1 / 1.25)

    def test_a_factor_of_four_features_exceeds_chance(self):
        assert shared_variance(observed()).min() > 0.5

    @given(st.integers(0, 1000))
    @settings(max_examples=20, deadline=None)
    def test_no_linear_code_exceeds_the_largest_eigenvalue(self, seed):
        generator = np.random.default_rng(seed)
        features = generator.standard_normal((80, 6))
        features = (features - features.mean(0)) / features.std(0)
        codes = features @ generator.standard_normal((6, 2))
        found = Observed((0, 1), 0, codes, np.ones(2), (), np.ones((0, 2)), features, None)
        analysis = parallel_analysis(features)
        bound = np.log(analysis.eigenvalues[0] / analysis.random[0])
        assert (shared_variance(found) <= bound + 1e-9).all()


def test_all_quantities_have_a_value_for_every_dimension():
    found = evidence_of(observed(TURN, others=[factors_of(), factors_of() @ TURN]))
    assert list(found) == list(QUANTITIES)
    for values in found.values():
        assert values.shape == (3,)
        assert np.isfinite(values).all()
