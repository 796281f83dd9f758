"""Rotations of loadings: against a search over all angles, planted patterns, and invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.errors import RequestError
from unweave.interpretation.factor_rotation import oblimin, promax, simplicity, varimax


def kaiser(loadings, lengths):
    squares = (loadings / lengths) ** 2
    return ((squares - squares.mean(0)) ** 2).sum()


def planted_pattern(correlation, factors=5, each=6, seed=0):
    """Return loadings of uncorrelated factors, turned at random, and the oblique pattern."""
    generator = np.random.default_rng(seed)
    pattern = np.zeros((factors * each, factors))
    pattern[np.arange(len(pattern)), np.arange(len(pattern)) // each] = generator.uniform(
        0.5, 1, len(pattern)
    )
    phi = np.full((factors, factors), correlation) + (1 - correlation) * np.eye(factors)
    turn = np.linalg.qr(generator.standard_normal((factors, factors)))[0]
    return pattern @ np.linalg.cholesky(phi) @ turn, pattern


def test_varimax_is_the_best_of_all_angles():
    loadings = np.random.default_rng(0).standard_normal((8, 2))
    lengths = np.linalg.norm(loadings, axis=1, keepdims=True)
    angles = np.linspace(0, np.pi / 2, 20_001)
    cosine, sine = np.cos(angles), np.sin(angles)
    best = max(
        kaiser(loadings @ np.array([[c, -s], [s, c]]), lengths)
        for c, s in zip(cosine, sine, strict=True)
    )
    assert kaiser(varimax(loadings).loadings, lengths) == pytest.approx(best, rel=1e-7)


def test_a_planted_pattern_is_found_by_every_method():
    loadings, pattern = planted_pattern(0.0)
    for method in (varimax, oblimin, promax):
        found = np.abs(method(loadings).loadings)
        order = found.argmax(0).argsort()
        assert found[:, order] == pytest.approx(pattern, abs=1e-3)


def test_oblique_turns_find_the_correlation_of_the_factors():
    loadings, pattern = planted_pattern(0.3)
    found = oblimin(loadings)
    assert np.abs(found.correlations[np.triu_indices(5, 1)]) == pytest.approx(0.3, abs=1e-4)
    assert simplicity(found.loadings) == pytest.approx(1, abs=1e-6)
    assert np.sort(np.abs(found.loadings).max(1)) == pytest.approx(
        np.sort(pattern.max(1)), abs=1e-4
    )
    # Promax comes close, and uncorrelated factors cannot.
    assert np.abs(promax(loadings).correlations[np.triu_indices(5, 1)]).min() > 0.25
    assert simplicity(varimax(loadings).loadings) < 0.95


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 5))
def test_a_turn_keeps_what_the_factors_explain(seed, count):
    loadings = np.random.default_rng(seed).standard_normal((12, count))
    for method in (varimax, oblimin, promax):
        try:
            found = method(loadings)
        except RequestError:  # Random loadings have no structure to turn to obliquely.
            assert method is not varimax
            continue
        explained = found.loadings @ found.correlations @ found.loadings.T
        assert explained == pytest.approx(loadings @ loadings.T, abs=1e-8)
        assert np.diagonal(found.correlations) == pytest.approx(1)
    turned = varimax(loadings).matrix
    assert turned.T @ turned == pytest.approx(np.eye(count), abs=1e-10)


def test_varimax_does_not_depend_on_the_axes_it_starts_from():
    loadings, _ = planted_pattern(0.3)
    other = loadings @ np.linalg.qr(np.random.default_rng(7).standard_normal((5, 5)))[0]
    one, two = (np.sort(np.abs(varimax(each).loadings), axis=1) for each in (loadings, other))
    assert one == pytest.approx(two, abs=1e-4)


def test_features_without_loadings_do_no_harm():
    loadings, _ = planted_pattern(0.0)
    padded = np.concatenate([loadings, np.zeros((3, 5))])
    assert simplicity(varimax(padded).loadings) == pytest.approx(1, abs=1e-6)
    assert np.isfinite(promax(padded).loadings).all()


def test_simplicity_of_known_loadings():
    assert simplicity(np.eye(4)) == pytest.approx(1)
    assert simplicity(np.ones((6, 3))) == pytest.approx(0)
    assert simplicity(np.zeros((6, 3))) == 0
    assert simplicity(np.ones((6, 1))) == 0
    # One feature (1, b): ((1 + b⁴) · 2 − (1 + b²)²) / (1 + b²)² = (1 − b²)² / (1 + b²)².
    assert simplicity(np.array([[1, 0.5]])) == pytest.approx(0.75 / 1.25)


def test_factors_that_become_one_are_refused():
    # Features of one factor alone, told of as two: the pattern has no second direction.
    loadings = np.outer(np.linspace(0.5, 1, 8), [1, 1])
    with pytest.raises(RequestError, match="use method=varimax"):
        promax(loadings)
