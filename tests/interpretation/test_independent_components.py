"""Independent components: found where they exist, and known to be unidentified where not."""

import numpy as np
import pytest

from unweave.errors import RequestError
from unweave.independent_components import (
    halves_agreement,
    independent_directions,
    non_gaussianity,
    whitening,
)
from unweave.statistics import correlations

UNIFORM = np.sqrt(3)


def uniform(seed, rows=1000, count=3):
    return np.random.default_rng(seed).uniform(-UNIFORM, UNIFORM, (rows, count))


@pytest.mark.parametrize("contrast", ["logcosh", "cube"])
def test_a_mixture_of_uniform_factors_is_unmixed(contrast):
    factors = uniform(0)
    mixed = factors @ np.array([[1.0, 0.5, 0], [-0.5, 2, 1], [0, 0.3, 1]])
    white = (mixed - mixed.mean(0)) @ whitening(mixed - mixed.mean(0))
    matrix, converged = independent_directions(white, contrast=contrast)
    assert converged
    assert matrix.T @ matrix == pytest.approx(np.eye(3), abs=1e-9)
    assert np.abs(correlations(white @ matrix, factors)).max(0).min() > 0.99


def test_uniform_factors_are_identified_in_every_table_of_some():
    # Halves that were not whitened anew came to rest at mixtures in 7 of 40 such tables.
    assert min(halves_agreement(uniform(seed)).min() for seed in range(20)) > 0.98


def test_gaussian_factors_are_not():
    agreements = [
        halves_agreement(np.random.default_rng(seed).standard_normal((1000, 3))).min()
        for seed in range(5)
    ]
    assert np.median(agreements) < 0.9


def test_some_components_may_be_found_where_others_are_not():
    normal = np.random.default_rng(1).standard_normal((4000, 2))
    agreements = halves_agreement(np.column_stack([uniform(0, 4000, 2), normal]))
    assert agreements[1] > 0.98
    assert (np.diff(agreements) <= 0).all()
    assert agreements[-1] < agreements[1]


def test_distance_from_normal_columns_is_that_of_their_laws():
    # E log cosh u of u uniform in ±√3, by quadrature, less that of a standard normal value.
    grid = np.linspace(-UNIFORM, UNIFORM, 100_001)
    exact = np.trapezoid(np.log(np.cosh(grid)), grid) / (2 * UNIFORM) - 0.3745672075
    assert non_gaussianity(grid[:, None]) == pytest.approx(abs(exact), abs=1e-5)
    normal = np.random.default_rng(0).standard_normal((400_000, 1))
    assert non_gaussianity(normal) < 0.002


def test_codes_that_depend_on_each_other_are_refused():
    codes = uniform(0)
    with pytest.raises(RequestError, match="depend on each other"):
        halves_agreement(np.column_stack([codes, codes[:, 0] + codes[:, 1]]))
