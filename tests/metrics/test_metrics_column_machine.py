"""The machine of one column, held against scikit-learn's and against its own optimum."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from unweave.metrics.column_machine import ColumnMachine


def drawn(classes, count, generator, rounded=False):
    labels = np.concatenate([np.arange(classes), generator.integers(0, classes, count - classes)])
    column = 0.4 * labels + generator.standard_normal(count)
    return (column.round() if rounded else column), 3 * labels + 5


@pytest.mark.parametrize("cost", [0.01, 1.0, 10.0])
@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 16])
def test_it_is_the_machine_of_scikit_learn(classes, rounded, cost):
    column, labels = drawn(classes, 600, np.random.default_rng(classes), rounded)
    found = ColumnMachine(column, labels, cost)
    machine = LinearSVC(
        C=cost, class_weight="balanced", dual=False, tol=1e-10, max_iter=100_000
    ).fit(column[:, None], labels)
    np.testing.assert_allclose(found.slope, machine.coef_[:, 0], atol=1e-6)
    np.testing.assert_allclose(found.offset, machine.intercept_, atol=1e-6)
    others = np.linspace(-9, 17, 200)
    assert (found.predict(others) == machine.predict(others[:, None])).mean() > 0.99


@given(st.integers(2, 5), st.integers(0, 10**6), st.sampled_from([1e-3, 0.1, 1.0, 100.0]))
def test_the_gradient_vanishes_at_what_is_found(classes, seed, cost):
    generator = np.random.default_rng(seed)
    column, labels = drawn(classes, 40, generator, rounded=seed % 2 == 0)
    found = ColumnMachine(column, labels, cost)
    weights = len(column) / (classes * np.bincount((labels - 5) // 3))
    for k, (slope, offset) in enumerate(zip(found.slope, found.offset, strict=True)):
        own = labels == found.names[k if classes > 2 else 1]
        sign = np.where(own, 1.0, -1.0)
        weight = np.where(own, weights[k if classes > 2 else 1], 1 if classes > 2 else weights[0])
        short = 2 * cost * weight * sign * np.maximum(0, 1 - sign * (slope * column + offset))
        size = 1 + np.abs(short).sum()
        assert abs(slope - short @ column) < 1e-4 * size
        assert abs(offset - short.sum()) < 1e-4 * size


def test_a_constant_column_tells_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ColumnMachine(np.zeros(12), np.arange(12) % 3, 1.0)
    assert (found.slope == 0).all()
    assert len(set(found.predict(np.array([-1.0, 0.0, 1.0])))) == 1
