"""`unweave evaluate`: JSON alone on standard output, a table to read, one-line errors."""

import json

import numpy as np
import pytest

import unweave as uw
from unweave.cli import run_command
from unweave.metrics.registry import SCORES

QUICK = ["--steps", "2", "--set", "compile=no"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return a folder with runs on a table, on small and on larger images."""
    folder = tmp_path_factory.mktemp("evaluate")
    faces = np.random.default_rng(0).integers(0, 256, (30, 16, 16), dtype=np.uint8)
    np.savez(folder / "faces.npz", imgs=faces, latents_classes=np.arange(30)[:, None])
    sources = {"table": "fa15:rows=200", "digits": "digits", "faces": str(folder / "faces.npz")}
    for name, source in sources.items():
        out = str(folder / name)
        assert run_command(["train", "vae", "--data", source, "--out", out, *QUICK]) == 0
    return folder


def test_json_stands_alone(runs, capsys):
    arguments = ["evaluate", str(runs / "table"), "--json"]
    capsys.readouterr()
    assert run_command(arguments) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert captured.err == ""
    assert document == uw.evaluate(uw.load(runs / "table"))
    assert document["run"] == str(runs / "table")


def test_json_of_several_runs_is_a_list(runs, capsys):
    folders = [str(runs / name) for name in ("faces", "digits")]
    capsys.readouterr()
    assert run_command(["evaluate", *folders, "--metrics", "psnr,rmse", "--json"]) == 0
    documents = json.loads(capsys.readouterr().out)
    assert [document["run"] for document in documents] == folders
    assert all(list(document["scores"]) == ["psnr", "rmse"] for document in documents)


def test_other_data_counts_whole(runs, tmp_path, capsys):
    images = np.zeros((25, 16, 16), np.uint8)
    np.savez(tmp_path / "new.npz", imgs=images, latents_classes=np.arange(25)[:, None])
    arguments = ["evaluate", str(runs / "faces"), "--data", str(tmp_path / "new.npz"), "--json"]
    capsys.readouterr()
    assert run_command(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["data"], document["split"], document["count"]) == ("new", "all", 25)


def test_the_table_shows_runs_side_by_side(runs, capsys):
    folders = [str(runs / name) for name in ("faces", "digits", "table")]
    capsys.readouterr()
    assert run_command(["evaluate", *folders]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = captured.out.splitlines()
    # Runs of two steps have learned nothing, and that is said first.
    heads = [line for line in lines if "not to be trusted" in line]
    assert lines[: len(heads)] == heads
    lines = lines[len(heads) :]
    assert all(folder in lines[0] for folder in folders)
    row = {line.split()[0]: line for line in lines}
    documents = uw.evaluate([uw.load(folder) for folder in folders])
    for document in documents:
        for name, score in document["scores"].items():
            written = f"{score['value']:.4g}"
            assert any(written in line for line in lines if line.startswith(name))
    assert row["ssim"].count("–") == 2
    assert "rmse (training standard deviations)" in captured.out
    assert "left out: psnr (needs images)" in captured.out
    assert "left out: ssim (needs images of at least 11 x 11 pixels" in captured.out
    assert "standard deviation over the samples" in captured.out


def test_help_lists_the_scores(capsys):
    assert run_command(["evaluate", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for name, row in SCORES.items():
        assert f"{name} {row.summary}" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["TABLE", "--metrics", "rsme"], ["unknown metric 'rsme'", "'rmse'", "ssim"]),
        (["TABLE", "--metrics", "rmse,psnr"], ["--metrics", "psnr needs images"]),
        (["DIGITS", "--metrics", "ssim"], ["11 x 11", "8 x 8"]),
        (["DIGITS", "TABLE", "--metrics", "psnr"], ["fa15", "psnr needs images"]),
        (["TABLE", "--data", "digits"], ["digits", "1 x 8 x 8"]),
        (["TABLE", "--data", "nowhere.csv"], ["nowhere.csv"]),
        (["TABLE", "--split", "tests"], ["unknown split 'tests'", "'test'"]),
        (["NOWHERE"], ["NOWHERE", "this folder does not exist"]),
        ([], ["RUN"]),
    ],
)
def test_bad_requests_exit_2_with_one_line(arguments, said, runs, capsys):
    places = {"TABLE": str(runs / "table"), "DIGITS": str(runs / "digits")}
    capsys.readouterr()
    assert run_command(["evaluate", *(places.get(word, word) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1, captured.err
    for words in said:
        assert words in captured.err
