"""Where two readings agree, and the reasons that are found where they do not."""

import numpy as np
import pytest

from unweave.interpretation.agreement import agreement_of

GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.standard_normal((2000, 3))
STRAIGHT = np.ones((2, 3))
FEATURES = ("price", "size")


def compared(variance, regression, linearity=STRAIGHT, codes=CODES, informative=(0, 1, 2)):
    return agreement_of(
        np.array(variance), np.array(regression), linearity, codes, FEATURES, informative
    )


def test_equal_tables_agree():
    table = [[0.9, 0.1, 0.0], [0.2, 0.7, 0.05]]
    found = compared(table, table)
    assert (found.share, found.features, found.disagreements) == (1, 2, ())
    assert found.rank_correlation == pytest.approx(1)


def test_features_that_nothing_moves_do_not_count():
    found = compared([[0.9, 0.1, 0], [0.001, 0, 0]], [[0.9, 0.1, 0], [0, 0.01, 0]])
    assert (found.share, found.features) == (1, 1)


def reason(variance, regression, **others):
    found = compared([variance, [1, 0, 0]], [regression, [1, 0, 0]], **others)
    assert found.share == 0.5
    (one,) = found.disagreements
    assert (one.feature, one.fvh_lt, one.dbsr_ls) == ("price", 0, 1)
    return one.reason


def test_a_curve_is_given_as_the_reason():
    linearity = np.array([[0.05, 1, 1], [1, 1, 1]])
    assert reason([0.8, 0.1, 0], [0.1, 0.5, 0], linearity=linearity).startswith("curved: 5%")


def test_two_dimensions_that_matter_alike_are_nearly_tied():
    assert reason([0.5, 0.45, 0], [0.1, 0.5, 0]).startswith("nearly tied")


def test_dimensions_that_correlate_are_given_as_the_reason():
    codes = CODES.copy()
    codes[:, 1] += codes[:, 0]
    assert reason([0.8, 0.1, 0], [0.1, 0.5, 0], codes=codes) == "z0 and z1 correlate (0.71)"


def test_what_is_not_explained_is_said_to_be_so():
    assert reason([0.8, 0.1, 0], [0.1, 0.5, 0]).startswith("unexplained")


def test_no_informative_dimension_is_no_agreement_at_all():
    found = compared(np.zeros((2, 3)), np.zeros((2, 3)), informative=())
    assert np.isnan(found.share)
    assert found.to_json()["share"] is None
