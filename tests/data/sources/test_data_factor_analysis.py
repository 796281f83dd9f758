from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from unweave.data import Dataset, Factors, factor_analysis, load_data
from unweave.data.sources.factor_analysis import BLOCKS, NOISE_SD


def factors_of(dataset: Dataset) -> Factors:
    assert dataset.factors is not None
    return dataset.factors


@pytest.mark.parametrize(
    ("name", "features", "factors"), [("fa15", 15, 3), ("fa24", 24, 4), ("fa100", 100, 10)]
)
def test_sizes(name: str, features: int, factors: int) -> None:
    dataset = load_data(name)
    known = factors_of(dataset)
    assert dataset.samples.shape == (5000, features)
    assert known.values.shape == (5000, factors)
    assert known.sizes == (None,) * factors
    assert known.loadings is not None
    assert known.loadings.shape == (features, factors)
    assert dataset.table is not None
    assert dataset.table.feature_names == tuple(f"x{j}" for j in range(1, features + 1))


@pytest.mark.parametrize("name", BLOCKS)
def test_planted_structure_is_the_true_one(name: str) -> None:
    dataset = load_data(name)
    known = factors_of(dataset)
    loadings = known.loadings
    assert loadings is not None
    assert ((loadings > 0).sum(axis=1) == 1).all()
    assert tuple((loadings > 0).sum(axis=0)) == BLOCKS[name]
    used = loadings[loadings > 0]
    assert (used >= 0.5).all()
    assert (used <= 1.0).all()
    assert dataset.table is not None
    own_units = dataset.table.restore(np.asarray(dataset.samples)).to_numpy()
    noise = own_units - known.values @ loadings.T
    np.testing.assert_allclose(noise.std(axis=0), NOISE_SD, rtol=0.1)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.01)


@pytest.mark.parametrize("law", ["uniform", "gaussian"])
def test_factor_law(law: str) -> None:
    values = factors_of(load_data("fa15", factors=law)).values
    reference = stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)) if law == "uniform" else stats.norm()
    for column in values.T:
        assert stats.kstest(column, reference.cdf).pvalue > 1e-3
    np.testing.assert_allclose(values.var(axis=0), 1, atol=0.08)
    np.testing.assert_allclose(np.corrcoef(values.T), np.eye(3), atol=0.06)


def test_seed_and_rows() -> None:
    assert load_data("fa15").fingerprint == load_data("fa15").fingerprint
    assert load_data("fa15", seed=1).fingerprint != load_data("fa15").fingerprint
    assert len(load_data("fa15:rows=123")) == 123


def test_any_blocks() -> None:
    assert factor_analysis((2, 1)).sample_shape == (3,)


def test_a_schema_of_a_run_is_kept() -> None:
    schema = load_data("fa15").table
    assert load_data("fa15:seed=5", schema=schema).table == schema


def test_refused(refuses: Callable[..., str]) -> None:
    refuses(lambda: factor_analysis((3, 0)), "[3, 0]", "at least one feature")
    refuses(lambda: factor_analysis(()), "at least one feature")
    refuses(lambda: load_data("fa15:rows=3"), "rows=3", "16")
    refuses(lambda: load_data("fa15:seed=-1"), "seed=-1")
    refuses(lambda: load_data("fa15:factors=gausian"), "'gausian'", "'gaussian'")
