"""Requests that cannot be met: one line that names what is wrong, exit 2, and nothing written."""

import json

import numpy as np
import pandas as pd
import pytest

import unweave as uw
from unweave.cli import run_command

FA = "fa15:rows=200"


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Return a function that has a command refused in the test's folder, and gives its line."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        before = sorted(tmp_path.rglob("*"))
        assert run_command(list(map(str, arguments))) == 2
        lines = capsys.readouterr().err.splitlines()
        said = [line for line in lines if line.startswith("unweave: ")]
        assert len(said) == 1
        assert len(said[0]) < 500
        assert sorted(tmp_path.rglob("*")) == before
        return said[0]

    return command


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return a folder with a run on a table and one on images."""
    folder = tmp_path_factory.mktemp("runs")
    few = {"steps": 2, "progress": False}
    uw.train("vae", frame(), out=folder / "table", hidden=(4,), **few)
    uw.train("vae", "digits", out=folder / "images", channels=(4,), **few)
    return folder


def frame():
    draw = np.random.default_rng(0)
    values = draw.normal(size=(60, 2))
    values[::9, 0] = np.nan
    return pd.DataFrame(values, columns=["a", "b"]).assign(town=draw.choice(["x", "y"], 60))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seeds", 10**11), "--seeds 100000000000: too many"),
        (("--seeds", 0), "ask for at least 1"),
    ],
)
def test_numbers_of_seeds(refused, arguments, said):
    assert said in refused("train", "vae", "--data", FA, "--out", "o", *arguments)
    assert said in refused("choose", "vae", "--data", FA, "--out", "o", *arguments)


@pytest.mark.parametrize("name", ["fa15", "fa-mixed", "questionnaire"])
def test_rows_beyond_the_memory(refused, name):
    assert "ask for fewer" in refused("data", "show", f"{name}:rows={10**11}")


@pytest.mark.parametrize(
    ("run", "count", "out"),
    [
        ("images", 10**11, "o.npz"),
        ("table", 10**12, "o.csv"),
        ("images", 2 * 10**6, "o.png"),
    ],
)
def test_samples_beyond_the_memory_or_a_sheet(refused, runs, run, count, out):
    said = refused("sample", runs / run, "--count", count, "--out", out)
    assert f"--count {count}: " in said
    assert "ask for fewer" in said


def test_filled_cells_where_they_cannot_be_written(refused, runs, tmp_path):
    (tmp_path / "a file").write_text("")
    frame().to_csv(tmp_path / "t.csv", index=False)
    asked = "impute", runs / "table", "--data", "t.csv", "--out", "o.csv", "--cells"
    assert "name another" in refused(*asked, "o.csv")
    assert "cannot be written" in refused(*asked, "a file/cells.csv")


def test_columns_that_are_asked_for_twice(refused, tmp_path):
    frame().to_csv(tmp_path / "t.csv", index=False)
    given = [word for name in ("a", "b", "town") for word in ("--given", name)]
    assert "every column is given" in refused("data", "show", "t.csv", *given)
    assert "is in drop, too" in refused("data", "show", "t.csv", "--given", "a", "--drop", "a,b")


def test_an_option_given_twice_counts_twice(tmp_path, capsys):
    frame().to_csv(tmp_path / "t.csv", index=False)
    shown = "data", "show", str(tmp_path / "t.csv"), "--json"
    assert run_command([*shown, "--drop", "a,b"]) == 0
    at_once = json.loads(capsys.readouterr().out)
    assert run_command([*shown, "--drop", "a", "--drop", "b"]) == 0
    assert json.loads(capsys.readouterr().out)["columns"] == at_once["columns"]
    assert [column["used"] for column in at_once["columns"]] == [False, False, True]


def test_codes_beyond_all_bounds(refused, tmp_path):
    draw = np.random.default_rng(0)
    pd.DataFrame({"f": draw.integers(0, 3, 60)}).to_csv(tmp_path / "f.csv", index=False)
    codes = draw.normal(size=(60, 2))
    np.savez(tmp_path / "huge.npz", codes=codes * 1e300)
    assert "larger unit" in refused("score", "huge.npz", "f.csv")
    np.savez(tmp_path / "named.npz", codes=codes, names=np.array([b"\xff", b"b"]))
    assert "names are no texts" in refused("score", "named.npz", "f.csv")


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", '{"steps_of_the_last_rung": "x"}', '{"steps_of_the_last_rung": 0}']
)
def test_the_request_of_a_choice_edited_by_hand(refused, tmp_path, document):
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "request.json").write_text(document)
    said = refused("choose", "vae", "--data", FA, "--out", "o", "--try", "beta=1,2")
    assert "o/request.json: " in said


def test_a_study_that_cannot_start_leaves_nothing(refused, tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed")
    (tmp_path / "plan.toml").write_text(f'data = "{FA}"\nmodels = ["vae"]\nseeds = 1\n')
    said = refused("study", "plan.toml", "--out", "o", "--ray", "127.0.0.1:1")
    assert "no cluster answers there" in said


def test_an_attribute_of_a_long_name(refused, runs, tmp_path):
    said = refused(
        "edit", runs / "images", "--rows", 0, "--out", "o.png", "--set", "x" * 5000 + "=1"
    )
    assert "xxx" in said
