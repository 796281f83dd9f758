"""A column is one feature of the readings, whatever its coding."""

import numpy as np
import pandas as pd
import pytest

import unweave as uw
from support import train_run
from unweave.data import load_data
from unweave.interpretation.columns import FeatureValues
from unweave.interpretation.fvh_lt import feature_variance

ROWS = 400


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(0)
    one, two = generator.uniform(-1.7, 1.7, (2, ROWS))
    colours = np.array(["red", "green", "blue"])[((one + 1.7) / 3.4 * 2.99).astype(int)]
    frame = pd.DataFrame(
        {
            "size": one + 0.1 * generator.standard_normal(ROWS),
            "colour": colours,
            "rating": np.clip(np.round(3 + 1.2 * two), 1, 5).astype(int),
            "price": two + 0.1 * generator.standard_normal(ROWS),
        }
    )
    frame.loc[generator.uniform(size=ROWS) < 0.3, "price"] = np.nan
    return frame


@pytest.fixture(scope="module")
def model(frame):
    return train_run("vae", load_data(frame), {"latent_dim": 3, "steps": 300, "batch_size": 64})


@pytest.fixture(scope="module")
def values(model, frame):
    return FeatureValues(model, model.dataset(frame), np.arange(ROWS), model.encode(frame))


def test_a_categorys_variance_is_ginis_impurity(values, frame):
    shares = frame["colour"].value_counts(normalize=True)
    assert values.variances[1:4].sum() == pytest.approx((shares * (1 - shares)).sum(), rel=1e-4)


def test_blank_cells_do_not_count(values, frame):
    assert values.present == pytest.approx([1, 1, 1, 1, 1, frame["price"].notna().mean()])
    assert values.variances[5] == pytest.approx(1, abs=0.1)
    filled = values.filled(np.arange(ROWS))
    assert np.ptp(filled[frame["price"].isna().to_numpy(), 5]) == 0


def test_the_share_of_variance_of_a_category(model, values, frame):
    """Σ_l Var(p_l) along the traversal over Σ_l p_l (1 − p_l) in the data, by hand."""
    draws = np.repeat(model.encode(frame), 10, axis=0)
    np.random.default_rng(0).shuffle(draws)
    codes = draws[:40]  # Its mean effect is that of these codes.
    reading = values.of_variance(
        feature_variance(values.decode, codes, draws, values.variances, values=256)
    )
    k = reading.table[1].argmax()
    line = model.encode(frame)[:, k]
    moved = np.repeat(codes, len(line), axis=0)
    moved[:, k] = np.tile(line, 40)
    shares = model.expected(moved)[:, 1:4].reshape(40, len(line), 3)
    frequency = frame["colour"].value_counts(normalize=True)
    expected = shares.var(1).mean(0).sum() / (frequency * (1 - frequency)).sum()
    assert reading.table.shape == (4, 3)
    assert reading.table[1, k] == pytest.approx(expected, rel=0.05)
    mean = np.tensordot(reading.sizes / reading.sizes.sum(), reading.parts, 1)
    np.testing.assert_allclose(mean / reading.squares.mean(0)[:, None], reading.table, rtol=1e-4)


def test_coefficients_are_roots_of_shares_of_variance(values):
    """A category whose indicators all have the coefficient c has c."""
    found = values.of_coefficients(np.full((6, 3), 0.5))
    np.testing.assert_allclose(found[:3], 0.5)


def test_blanks_do_not_shrink_a_coefficient(values, model, frame):
    """Of one column on one code it is their correlation where the column is not blank."""
    codes, price = model.encode(frame), frame["price"].to_numpy()
    filled = values.filled(np.arange(ROWS))[:, 5]
    shrunk = np.abs(np.corrcoef(filled, codes.T)[0, 1:])
    found = values.of_coefficients(np.vstack([np.zeros((5, 3)), shrunk]))[3]
    known = ~np.isnan(price)
    expected = np.abs(np.corrcoef(price[known], codes[known].T)[0, 1:])
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert found.max() > shrunk.max() + 0.01


def test_readings_have_a_row_for_every_column(model, frame):
    reading = uw.interpret(model, frame)
    assert reading.features == ("size", "colour", "rating", "price")
    assert all(table.shape == (4, 3) for table in reading.tables.values())
    leading = reading.tables["fvh_lt"].argmax(1)
    assert leading[0] == leading[1] != leading[2] == leading[3]
    low, high = reading.readings[0].bounds["dbsr_ls"]
    assert (low <= reading.tables["dbsr_ls"] + 0.05).all()
    assert (high >= reading.tables["dbsr_ls"] - 0.05).all()


def test_plain_tables_are_read_as_they_were():
    data = load_data("fa15:rows=100")
    model = train_run("vae", data, {"steps": 2})
    values = FeatureValues(model, data, np.arange(100), model.encode(data))
    table = np.random.default_rng(0).random((15, 10))
    assert values.of_coefficients(table) is table
    np.testing.assert_allclose(values.variances, data.samples.var(0), rtol=1e-4)
