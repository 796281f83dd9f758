"""`unweave interpret`: JSON alone on standard output, words to read, one-line errors."""

import json

import pytest

from unweave.cli import run_command


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return a folder with two runs on one table, and one of an attribute model."""
    folder = tmp_path_factory.mktemp("interpret")
    table = ["train", "vae", "--data", "fa15:rows=300", "--steps", "300", "--set", "compile=no"]
    assert run_command([*table, "--seeds", "2", "--out", str(folder / "table")]) == 0
    digits = ["train", "dis-ae", "--data", "digits", "--steps", "2", "--set", "compile=no"]
    assert run_command([*digits, "--out", str(folder / "attributes")]) == 0
    return folder


def test_json_stands_alone(runs, tmp_path, capsys):
    folders = [str(runs / "table" / f"seed-{seed}") for seed in (0, 1)]
    capsys.readouterr()
    assert run_command(["interpret", *folders, "--out", str(tmp_path), "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document == json.loads((tmp_path / "interpretation.json").read_text())
    assert document["runs"] == folders
    assert len(document["alignment"]["permutations"]) == 2
    assert captured.err == f"wrote {tmp_path}\n"


def test_words_name_features_and_indices(runs, tmp_path, capsys):
    run = str(runs / "table" / "seed-0")
    capsys.readouterr()
    assert run_command(["interpret", run, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "LSDI, FVH-LT: " in said
    assert "same leading dimension for" in said
    assert "FDR " in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["attributes"], "variational family"),
        (["table/seed-0", "attributes"], "variational family"),
        (["table/seed-0", "--threshold", "1000"], None),
        (["nothing"], "nothing"),
    ],
)
def test_bad_requests_are_one_line(runs, tmp_path, capsys, arguments, words):
    given = [str(runs / part) if (runs / part).exists() else part for part in arguments]
    capsys.readouterr()
    status = run_command(["interpret", *given, "--out", str(tmp_path / "out")])
    captured = capsys.readouterr()
    if words is None:
        # No dimension exceeds a thousand nats: a reading of nothing, and it says so.
        assert status == 0
        assert "no dimension is informative" in captured.out
        return
    assert status == 2
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
