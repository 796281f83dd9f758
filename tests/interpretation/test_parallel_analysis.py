"""Parallel analysis, KMO and Bartlett's test, against closed forms and planted factors."""

import math

import numpy as np
import pytest

import unweave as uw
from unweave.interpretation.parallel_analysis import (
    adequacy,
    leading_count,
    parallel_analysis,
    random_eigenvalues,
)


@pytest.mark.parametrize(("name", "factors"), [("fa15", 3), ("fa24", 4), ("fa100", 10)])
def test_the_known_factors_are_counted(name, factors):
    data = uw.load_data(f"{name}:rows=1000")
    assert parallel_analysis(data.samples, repeats=10).suggested == factors


def test_unrelated_features_suggest_no_factor():
    features = np.random.default_rng(0).standard_normal((400, 12))
    assert parallel_analysis(features).suggested == 0


def test_many_rows_are_compared_with_fewer_in_the_right_units():
    features = np.random.default_rng(1).standard_normal((20_000, 10))
    found = parallel_analysis(features, repeats=20)
    # Marchenko and Pastur: the largest eigenvalue of noise is near (1 + √(J / N))².
    edge = (1 + math.sqrt(10 / 20_000)) ** 2
    assert found.random[0] - 1 == pytest.approx(edge - 1, rel=0.25)
    assert found.eigenvalues[0] < found.random[0] * 1.01


def test_wide_features_are_compared_with_the_edge_of_noise():
    features = np.random.default_rng(2).standard_normal((900, 600))
    features[:, :4] = 1  # Constant ones do not count.
    drawn = parallel_analysis(features, repeats=3).random
    found = random_eigenvalues(features, 5)
    assert found == pytest.approx(drawn[:5], rel=0.06)
    narrow = features[:, 4:12]
    assert random_eigenvalues(narrow, 2) == pytest.approx(parallel_analysis(narrow).random[:2])


def test_counting_stops_at_the_first_that_is_not_above():
    assert leading_count(np.array([3, 1, 2.0]), np.array([1.2, 1.1, 1.0])) == 1
    assert leading_count(np.array([3, 2.0]), np.array([1.2, 1.1, 1.0])) == 2
    assert leading_count(np.array([]), np.array([])) == 0


def test_adequacy_of_equally_correlated_features():
    count, r, rows = 6, 0.4, 200
    matrix = np.full((count, count), r) + (1 - r) * np.eye(count)
    found = adequacy(matrix, rows)
    partial = r / (1 + (count - 2) * r)
    assert found.kmo == pytest.approx(r**2 / (r**2 + partial**2))
    assert found.kmo_per_feature == pytest.approx(found.kmo)
    determinant = (1 - r) ** (count - 1) * (1 + (count - 1) * r)
    chi_square = -(rows - 1 - (2 * count + 5) / 6) * math.log(determinant)
    assert found.bartlett_chi_square == pytest.approx(chi_square)
    assert found.bartlett_degrees_of_freedom == 15
    assert found.bartlett_p < 1e-12


def test_adequacy_is_undefined_where_features_repeat():
    features = np.random.default_rng(0).standard_normal((100, 3))
    twice = np.corrcoef(np.column_stack([features, features[:, 0]]), rowvar=False)
    assert math.isnan(adequacy(twice, 100).kmo)
    assert adequacy(np.eye(3), 100).bartlett_p == 1
