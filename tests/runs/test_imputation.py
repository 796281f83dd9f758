"""Blanks filled and rows that stand out, by a model whose decoder and posterior are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import unweave as uw
from support import train_run
from unweave.cli import run_command
from unweave.data import load_data

ROWS = 400
SLOPES, NOISE = (1.0, 0.8), 0.3


class Encoder(nn.Module):
    """q(z|x) of a linear Gaussian model, which is p(z|x), for rows whose cells may be blank."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, inputs):
        # Two numbers, then whether each is blank.
        slopes = torch.tensor(SLOPES).to(inputs)
        seen = 1 - inputs[:, -2:]
        precision = 1 + (seen * slopes**2).sum(1) / NOISE**2
        mean = (inputs[:, :2] * seen * slopes).sum(1) / NOISE**2 / precision
        return torch.stack([mean, -precision.log()], 1) + 0 * self.weight


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, codes):
        return codes[:, :1] * torch.tensor(SLOPES).to(codes) + 0 * self.weight


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(0)
    code = generator.standard_normal(ROWS)
    cells = code[:, None] * SLOPES + NOISE * generator.standard_normal((ROWS, 2))
    frame = pd.DataFrame(cells, columns=["a", "b"], index=[f"r{k}" for k in range(ROWS)])
    frame.loc[["r1", "r2"], "a"] = np.nan
    frame.loc[["r3", "r4"], "b"] = np.nan
    return frame.assign(note=[f"text {k}" for k in range(ROWS)])


@pytest.fixture(scope="module")
def model(frame):
    """Return a run on this table whose networks are exact, in standardised units of 1."""
    changes = {"latent_dim": 1, "steps": 1, "likelihood_variance": NOISE**2}
    run = train_run("vae", load_data(frame), changes, encoder=Encoder(), decoder=Decoder())
    columns = tuple(
        type(each)(**{**vars(each), "mean": 0.0, "sd": 1.0}) if each.used else each
        for each in run.table.columns
    )
    run.table = type(run.table)(columns, run.table.rows, run.table.duplicates, "columns")
    run.summary["columns"] = {"residual_variance": [NOISE**2] * 2, "nats": [0.0, 0.0]}
    return run


def conditional(known, slope, other):
    """Return mean and deviation of a cell given the row's other cell."""
    precision = 1 + slope**2 / NOISE**2
    mean = slope * known / NOISE**2 / precision
    return other * mean, np.sqrt(other**2 / precision + NOISE**2)


def test_a_blank_is_filled_by_its_conditional_expectation(model, frame):
    found = model.impute(frame, draws=4000)
    for row, column, slopes in (("r1", "a", (0.8, 1.0)), ("r3", "b", (1.0, 0.8))):
        known = frame.loc[row, "b" if column == "a" else "a"]
        mean, sd = conditional(known, *slopes)
        cell = found.cells.query("row == @row and column == @column").iloc[0]
        assert found.table.loc[row, column] == cell["value"] == pytest.approx(mean, abs=0.03)
        # The 5 % and 95 % quantiles of a normal distribution.
        assert cell["low"] == pytest.approx(mean - 1.645 * sd, abs=0.06)
        assert cell["high"] == pytest.approx(mean + 1.645 * sd, abs=0.06)


def test_what_is_never_negative_is_filled_by_no_number_below_0(model, frame, monkeypatch):
    """Expectations, intervals and draws end at 0, in the units of the table."""
    told = model.table
    columns = tuple(replace(c, kind="positive") if c.name == "a" else c for c in told.columns)
    monkeypatch.setattr(model, "table", replace(told, columns=columns))
    rows = pd.DataFrame({"a": [np.nan] * 2, "b": [-2.0, 2.0]})
    found = model.impute(rows, draws=4000)
    (low, sd), (high, _) = (conditional(b, 0.8, 1.0) for b in rows["b"])
    assert low + 1.645 * sd < 0 < high - 1.645 * sd
    assert found.table["a"].tolist() == [0, pytest.approx(high, abs=0.03)]
    assert found.cells[["low", "high"]].iloc[0].tolist() == [0, 0]
    assert all(each["a"].min() >= 0 for each in found.completed)


def test_everything_else_stays_as_it_was(model, frame):
    found = model.impute(frame)
    assert found.table.index.equals(frame.index)
    assert found.table.columns.equals(frame.columns)
    known = frame.notna()
    pd.testing.assert_frame_equal(found.table.where(known), frame.where(known))
    assert not found.table.isna().any(axis=None)
    assert len(found.cells) == 4
    assert frame["a"].isna().sum() == 2


def test_completed_tables_are_draws(model, frame):
    found = model.impute(frame, draws=300, completed=300)
    drawn = np.array([each.loc["r1", "a"] for each in found.completed])
    mean, sd = conditional(frame.loc["r1", "b"], 0.8, 1.0)
    assert drawn.mean() == pytest.approx(mean, abs=5 * sd / np.sqrt(300))
    assert drawn.std() == pytest.approx(sd, rel=0.2)


def test_the_log_likelihood_is_that_of_the_linear_model(model, frame):
    found = model.surprise(frame, draws=5000)
    slopes = np.array(SLOPES)
    covariance = np.outer(slopes, slopes) + NOISE**2 * np.eye(2)
    from scipy.stats import multivariate_normal, norm

    whole = frame[["a", "b"]].dropna()
    expected = multivariate_normal(np.zeros(2), covariance).logpdf(whole)
    np.testing.assert_allclose(found.log_likelihood[whole.index], expected, atol=5e-3)
    alone = norm(0, np.sqrt(covariance[1, 1])).logpdf(frame.loc["r1", "b"])
    assert found.log_likelihood["r1"] == pytest.approx(alone, abs=5e-3)
    assert np.isnan(found.cells.loc["r1", "a"])


def test_a_cell_that_does_not_fit_is_named(model, frame):
    odd = frame.copy()
    odd.loc["r10", ["a", "b"]] = [2.0, -2.5]
    table = model.surprise(odd).table()
    assert table["surprise"].idxmax() == table["log_likelihood"].idxmin() == "r10"
    assert table.loc["r10", "cells"].startswith("b")


def test_no_blank_nothing_filled(model, frame):
    whole = frame.dropna()
    found = model.impute(whole)
    assert found.cells.empty
    pd.testing.assert_frame_equal(found.table, whole)


def test_levels_are_filled_by_the_most_likely_one(tmp_path):
    """Of a column that another determines, the blank cells are found, and known to be."""
    generator = np.random.default_rng(1)
    side = generator.choice([-1.0, 1.0], ROWS)
    numbers = side[:, None] + 0.1 * generator.standard_normal((ROWS, 2))
    frame = pd.DataFrame(numbers, columns=["x", "y"])
    colour = np.where(side > 0, "red", "blue").astype(object)
    frame["colour"] = colour
    frame.loc[:9, "colour"] = None
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    run = tmp_path / "run"
    train_run("vae", str(path), {"latent_dim": 1, "steps": 300, "batch_size": 64}, out=run)
    found = uw.load(run).impute()
    assert found.table["colour"].tolist() == colour.tolist()
    assert (found.cells["share"] > 0.8).all()
    filled, cells, odd = (tmp_path / name for name in ("f.csv", "cells.parquet", "odd.csv"))
    assert run_command(["impute", str(run), "--out", str(filled), "--cells", str(cells)]) == 0
    assert run_command(["anomalies", str(run), "--data", str(filled), "--out", str(odd)]) == 0
    assert pd.read_csv(filled)["colour"].tolist() == colour.tolist()
    assert len(pd.read_parquet(cells)) == 10
    assert pd.read_csv(odd).columns.tolist() == [
        "row", "log_likelihood", "surprise", "cells", "dimensions",
    ]  # fmt: skip


def test_a_model_of_numbers_without_blanks_fills_those_of_new_rows():
    data = load_data("fa15:rows=200")
    model = train_run("vae", data, {"steps": 300, "batch_size": 64})
    frame = data.table.restore(data.samples)
    frame.loc[:, "x1"] = np.nan
    filled = model.impute(frame).table["x1"]
    assert np.corrcoef(filled, data.samples[:, 0])[0, 1] > 0.9
    assert np.isfinite(model.encode(frame)).all()


def test_a_column_that_is_missing_is_filled_too(model, frame):
    found = model.impute(frame[["b"]].iloc[5:8])
    assert found.table["a"].notna().all()


@pytest.mark.parametrize("draws", [0, 1])
def test_too_few_draws(model, frame, refuses, draws):
    refuses(lambda: model.impute(frame, draws=draws), f"draws={draws}", "at least 2")


def test_models_without_a_likelihood_of_columns_are_refused(frame, refuses):
    plain = frame[["a", "b"]]
    former = train_run("vae", plain, {"steps": 1, "likelihood": "gaussian"})
    refuses(lambda: former.impute(plain), "likelihood=columns")
    attribute = train_run("ae", plain, {"steps": 1})
    refuses(lambda: attribute.surprise(plain), "ae has no posterior")
