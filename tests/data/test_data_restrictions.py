"""Restricted training rows: correlated factors, and combinations that are left out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import unweave as uw
from support import train_run
from unweave.data import load_data

GRID = "sprites:scales=6,orientations=4,positions=6"


def test_two_factors_are_correlated_as_the_density_says() -> None:
    strength = 0.4
    whole, kept = load_data(GRID), load_data(f"{GRID},correlated=scale/x@{strength}")
    scale, x = (whole.factors.values[:, whole.factors.names.index(n)] for n in ("scale", "x"))
    rows = kept.rows("train")
    counts = np.histogram2d(scale[rows], x[rows], bins=6)[0]
    before = np.histogram2d(scale[whole.rows("train")], x[whole.rows("train")], bins=6)[0]
    grid = np.arange(6) / 5
    chance = np.exp(-((grid[:, None] - grid) ** 2) / (2 * strength**2))
    deviation = np.sqrt(before * chance * (1 - chance)) + 1e-9
    assert (np.abs(counts - before * chance) <= 4 * deviation).all()
    assert np.corrcoef(scale[rows], x[rows])[0, 1] > 0.4
    np.testing.assert_array_equal(kept.rows("test"), whole.rows("test"))
    assert set(rows) <= set(whole.rows("train"))
    assert kept.fingerprint == whole.fingerprint


def test_a_weak_correlation_keeps_nearly_all() -> None:
    whole, kept = load_data(GRID), load_data(GRID, correlated="scale/x@100")
    assert len(kept.rows("train")) == len(whole.rows("train"))


def test_combinations_left_out_are_the_test_rows() -> None:
    dataset = load_data(f"{GRID},left_out=shape=0/x=3..+shape=2/y=..1/x=0")
    shape, x, y = (
        dataset.factors.values[:, dataset.factors.names.index(n)] for n in ("shape", "x", "y")
    )
    out = ((shape == 0) & (x >= 3)) | ((shape == 2) & (y <= 1) & (x == 0))
    np.testing.assert_array_equal(dataset.rows("test"), np.flatnonzero(out))
    rest = np.concatenate([dataset.rows("train"), dataset.rows("validation")])
    np.testing.assert_array_equal(np.sort(rest), np.flatnonzero(~out))


def test_continuous_factors_are_restricted_by_their_values() -> None:
    text = "fa15:rows=400,left_out=factor 1=0.5..,correlated=factor 1/factor 2@0.3"
    dataset = load_data(text)
    values = dataset.factors.values[:, 0]
    assert values[dataset.rows("train")].max() < 0.5
    assert values[dataset.rows("test")].min() >= 0.5
    assert load_data(dataset.source).source == dataset.source


def test_a_run_finds_its_restricted_data_again(tmp_path: Path, refuses: Callable[..., str]) -> None:
    text = "fa15:rows=200,left_out=factor 1=0.."
    run = train_run("vae", load_data(text), {"steps": 2}, out=tmp_path / "run")
    assert run.data["source"] == text
    loaded = uw.load(tmp_path / "run").dataset()
    np.testing.assert_array_equal(loaded.rows("train"), load_data(text).rows("train"))
    scores = uw.evaluate(run, split="all", metrics="rmse")
    assert scores["count"] == 200
    refuses(lambda: uw.train("vae", "fa15:rows=200", out=tmp_path / "run", steps=2, resume=True))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("correlated=0.2", ["correlated=0.2", "shape/scale@0.2"]),
        ("correlated=shape@0.2", ["write two factors"]),
        ("correlated=shape/sale@0.2", ["'sale'", "did you mean 'scale'", "orientation"]),
        ("correlated=x/x@0.2", ["one factor twice"]),
        ("correlated=shape/x@much", ["σ is 'much'", "a number"]),
        ("correlated=shape/x@0", ["σ must be above 0"]),
        ("correlated=shape/x@nan", ["σ must be above 0"]),
        ("left_out=shape", ["shape=0/x=16..31"]),
        ("left_out=form=1", ["unknown factor 'form'"]),
        ("left_out=shape=heart", ["a value of shape is 'heart'", "a number"]),
        ("left_out=shape=", ["a value of shape is ''"]),
        ("left_out=shape=3", ["no sample has shape=3"]),
        ("left_out=shape=0..2", ["leaves 0 train rows"]),
    ],
)
def test_refused(asked: str, words: list[str], refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(f"{GRID},{asked}"), *words)


def test_data_without_factors(refuses: Callable[..., str], tmp_path: Path) -> None:
    refuses(lambda: load_data("digits:left_out=a=1"), "left_out=a=1", "digits has no factors")
    pd.DataFrame(np.eye(20)).to_csv(tmp_path / "eye.csv", index=False)
    refuses(lambda: load_data(tmp_path / "eye.csv", correlated="a/b@1"), "eye", "no factors")
    refuses(lambda: load_data(np.eye(20), correlated="a/b@1"), "no factors")
