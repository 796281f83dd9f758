"""Commands for tables: blanks filled, rows that stand out, and what is asked of columns."""

import json

import numpy as np
import pandas as pd
import pytest

import unweave as uw
from unweave.cli import run_command

ROWS = 120


def frame_of(rows=ROWS):
    """Return rows in which all columns follow one number, but for a site that shifts it."""
    generator = np.random.default_rng(5)
    side = generator.choice([-1.0, 1.0], rows)
    site = generator.choice(["north", "south"], rows)
    number = side + 0.1 * generator.standard_normal(rows)
    return pd.DataFrame(
        {
            "pid": np.arange(1000, 1000 + rows),
            "site": site,
            "a": number.round(3),
            "b": (2 * number + 5 * (site == "south")).round(3),
            "colour": np.where(side > 0, "red", np.where(number < -1, "blue", "green")),
            "answer": np.where(side > 0, 5, 1 + (number < -1)),
            "day": np.where(side > 0, "2021-03-04", np.where(site == "north", "2020-01-02", "")),
            "note": [f"said {row}" for row in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    frame = frame_of().astype({"a": object})
    frame.loc[[3, 4], "a"] = "-99"
    frame.loc[[5, 6, 7], "colour"] = ""
    path = tmp_path_factory.mktemp("table") / "t.csv"
    frame.to_csv(path, index=False)
    return path


ASKED = [
    "--given",
    "site",
    "--missing",
    "-99",
    "--drop",
    "note",
    "--id",
    "pid",
    "--column",
    "day=date",
]


@pytest.fixture(scope="module")
def run(table):
    folder = table.parent / "run"
    quick = ["--steps", "300", "--set", "latent_dim=2", "--set", "batch_size=32"]
    arguments = ["train", "vae", "--data", str(table), "--out", str(folder), *quick, *ASKED]
    assert run_command(arguments) == 0
    return folder


def test_the_run_keeps_what_was_asked_of_its_columns(table, run, capsys):
    assert run_command(["data", "show", str(table), "--json", *ASKED]) == 0
    shown = json.loads(capsys.readouterr().out)["columns"]
    assert shown == uw.load(run).table.report()
    assert {each["name"]: (each["kind"], each["role"], each["blank"]) for each in shown} == {
        "pid": ("id", "left out", 0),
        "site": ("binary", "given", 0),
        "a": ("real", "feature", 2),
        "b": ("real", "feature", 0),
        "colour": ("category", "feature", 3),
        "answer": ("ordinal", "feature", 0),
        "day": ("date", "feature", int((frame_of()["day"] == "").sum())),
        "note": ("id", "left out", 0),
    }


def test_impute_fills_the_blanks_and_nothing_else(table, run, tmp_path, capsys):
    out, cells = tmp_path / "filled.csv", tmp_path / "cells.csv"
    arguments = ["impute", run, "--out", out, "--cells", cells, "--draws", "50"]
    assert run_command(list(map(str, arguments))) == 0
    assert capsys.readouterr().err.split("\n")[:2] == [f"wrote {out}", f"wrote {cells}"]
    given = pd.read_csv(table, dtype=str, keep_default_na=False)
    filled = pd.read_csv(out, dtype=str, keep_default_na=False)
    blank = (given == "") | (given == "-99")
    assert filled.columns.tolist() == given.columns.tolist()
    assert (filled == given)[~blank].where(~blank, True).all(axis=None)
    assert not filled.isin(["", "-99"]).any(axis=None)
    # Two sides are far apart, so that the other columns tell which it is.
    truth = frame_of()
    numbers = filled.loc[[3, 4], "a"].astype(float)
    assert (np.sign(numbers) == np.sign(truth.loc[[3, 4], "a"])).all()
    red = truth.loc[[5, 6, 7], "colour"] == "red"
    assert ((filled.loc[[5, 6, 7], "colour"] == "red") == red).all()
    listed = pd.read_csv(cells)
    assert len(listed) == blank.to_numpy().sum()
    numeric = listed[listed["column"] == "a"]
    assert (numeric["low"].astype(float) <= numeric["value"].astype(float)).all()
    assert (numeric["value"].astype(float) <= numeric["high"].astype(float)).all()
    assert listed["share"].dropna().between(0, 1).all()


def test_anomalies_names_the_cell_that_does_not_fit(run, tmp_path):
    odd = frame_of(40)
    odd.loc[7, "b"] = 30.0
    odd.loc[8, "answer"] = 5 if odd.loc[8, "a"] < 0 else 1
    data, out = tmp_path / "odd.csv", tmp_path / "anomalies.csv"
    odd.to_csv(data, index=False)
    assert run_command(["anomalies", str(run), "--data", str(data), "--out", str(out)]) == 0
    found = pd.read_csv(out)
    assert found["row"].tolist() == list(range(40))
    first, second = found.sort_values("surprise", ascending=False)["row"][:2]
    assert (first, second) == (7, 8)
    assert found.loc[7, "cells"].startswith("b (")
    assert "answer (" in found.loc[8, "cells"]


def test_new_rows_with_what_training_did_not_see(run, tmp_path, caplog):
    """Unseen levels and missing columns are blanks, and told of; they are filled, too."""
    new = frame_of(20).drop(columns=["b", "note", "pid"])
    new.loc[2, "colour"] = "violet"
    data, out = tmp_path / "new.csv", tmp_path / "filled.csv"
    new.to_csv(data, index=False)
    assert run_command(["impute", str(run), "--data", str(data), "--out", str(out)]) == 0
    said = caplog.text
    assert "column 'b' is missing: taken as blank" in said
    assert "1 cell holds no level that was trained on, first 'violet' in row 3" in said
    filled = pd.read_csv(out)
    assert filled.columns.tolist() == [*new.columns, "b"]
    assert filled["b"].notna().all()
    assert filled.loc[2, "colour"] in ("red", "green", "blue")


def test_rows_of_blanks_are_filled_with_what_is_expected_of_any_row(run):
    model = uw.load(run)
    names = frame_of(1).columns
    blank = pd.DataFrame({name: [None] * 3 for name in names}, dtype=object)
    filled = model.impute(blank).table
    assert filled[["a", "b", "colour", "answer", "day"]].notna().all(axis=None)
    found = model.surprise(blank)
    # Nothing is seen, so that nothing is unlikely.
    np.testing.assert_allclose(found.log_likelihood, 0, atol=0.15)
    assert found.cells.isna().all(axis=None)


def test_requests_that_cannot_be_met(table, run, tmp_path, refused):
    out = tmp_path / "x.csv"
    for command in ("impute", "anomalies"):
        start = [command, run, "--out"]
        refused([*start, tmp_path / "x.xlsx"], "x.xlsx", ".csv")
        refused([*start, out, "--draws", "0"], "--draws 0", "ask for at least")
        other = tmp_path / "other.csv"
        pd.DataFrame({"x": range(20)}).to_csv(other, index=False)
        refused([*start, out, "--data", other], "no column 'site'")
    refused(["impute", run, "--out", out, "--cells", tmp_path / "c.txt"], "c.txt", ".csv")
    assert not out.exists()
