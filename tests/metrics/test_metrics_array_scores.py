"""Scores of plain arrays: files, frames, bad input, and other names of scores and models."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

import unweave as uw
from unweave.cli import run_command
from unweave.metrics.aliases import ALIASES, score_names
from unweave.metrics.registry import SCORES
from unweave.models.aliases import ALIASES as MODEL_ALIASES
from unweave.models.aliases import model_name
from unweave.models.families import MODELS

GENERATOR = np.random.default_rng(0)
FACTORS = GENERATOR.integers(0, 4, (300, 3))
CODES = FACTORS + 0.1 * GENERATOR.standard_normal(FACTORS.shape)
MIG = uw.score(CODES, FACTORS, "mig")["scores"]["mig"]["value"]


def mig(codes, factors):
    return uw.score(codes, factors, "MIG")["scores"]["mig"]["value"]


def test_files_frames_and_tensors_say_the_same(tmp_path, capsys):
    codes = pd.DataFrame(CODES, columns=["z0", "z1", "z2"])
    labelled = codes.assign(split="train", id=[f"row {place}" for place in range(300)])
    labelled.to_csv(tmp_path / "codes.csv", index=False)
    pd.DataFrame(FACTORS, columns=list("abc")).to_parquet(tmp_path / "factors.parquet")
    np.savez(tmp_path / "both.npz", codes=CODES, factors=FACTORS, names=np.array(list("pqr")))
    np.savez(tmp_path / "one.npz", table=FACTORS)
    texts = np.array(list("stuv"))[FACTORS]
    for given in (CODES, codes, torch.tensor(CODES), tmp_path / "codes.csv", tmp_path / "both.npz"):
        assert mig(given, FACTORS) == MIG
    for known in (texts, torch.tensor(FACTORS), tmp_path / "factors.parquet", tmp_path / "one.npz"):
        assert mig(CODES, known) == MIG
    paths = [str(tmp_path / "codes.csv"), str(tmp_path / "factors.parquet")]
    assert run_command(["score", *paths, "--metrics", "MIG", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["mig"]["value"] == MIG
    assert found["row_labels"] == ["split", "id"]
    assert run_command(["score", *paths, "--metrics", "mig,mcc"]) == 0
    assert "mcc" in capsys.readouterr().out


def test_one_factor_constant_columns_and_few_rows_have_a_value():
    names = "mig,infomec,mcc,mig-sup,jemmig,dcimig,dci-explicitness"
    constant = np.hstack([FACTORS, np.ones((300, 1))])
    found = uw.score(np.hstack([CODES, np.ones((300, 1))]), constant, names)
    assert found["left_out"] == ["factor 4"]
    few = np.random.default_rng(1).standard_normal((5, 8))
    cases = [(CODES, FACTORS[:, 0]), (CODES[:5], few), (CODES[:2], few[:2])]
    for each in (found, *(uw.score(codes, known, names) for codes, known in cases)):
        assert all(-1 <= score["value"] <= 1 for score in each["scores"].values())


@pytest.mark.parametrize(
    ("codes", "factors", "said"),
    [
        (CODES[1:], FACTORS, "codes (299 rows) and factors (300 rows) differ in length"),
        (
            np.where(CODES[4, 1] == CODES, np.nan, CODES),
            FACTORS,
            "'z1' is blank or not finite in row 5",
        ),
        (CODES, np.full((300, 1), np.inf), "not finite in row 1"),
        (CODES, np.ones((300, 2)), "no factor varies"),
        (CODES[None], FACTORS, "N x K"),
        ([[1], [2, 3]], FACTORS, "different lengths"),
        (CODES[:0], FACTORS[:0], "at least one row"),
        (pd.DataFrame({"a": ["x"] * 300}), FACTORS, "codes are numbers"),
        (CODES, np.array([f"row {n}" for n in range(300)]), "names rows"),
        ("nowhere.csv", FACTORS, "cannot read nowhere.csv"),
        ("nowhere.npz", FACTORS, "no such file"),
        ("page.html", FACTORS, ".csv, .parquet or .npz"),
    ],
)
def test_what_is_refused(codes, factors, said, refuses):
    refuses(lambda: uw.score(codes, factors), said)


def test_scores_of_a_model_are_refused(refuses):
    refuses(lambda: uw.score(CODES, FACTORS, seed=-1), "seed=-1: must be at least 0")
    refuses(lambda: uw.score(CODES, FACTORS, "rmse"), "needs a model")
    refuses(lambda: uw.score(CODES, FACTORS, "mogg"), "did you mean 'mig'")


def test_other_names():
    assert {each for names in ALIASES.values() for each in names} <= set(SCORES)
    assert {each for names in MODEL_ALIASES.values() for each in names} <= set(MODELS)
    assert score_names("DCI")[0] == "dci-disentanglement"
    assert score_names("factor_vae_metric") == ("factor-vae-score",)
    assert [model_name(name) for name in ("bfvae", "BF-VAE", "beta_vae")] == [
        "bf-vae", "bf-vae", "beta-vae",
    ]  # fmt: skip
