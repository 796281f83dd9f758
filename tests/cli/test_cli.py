"""The command line's contract: files, JSON on standard output, exit codes, one-line errors."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unweave.cli import run_command
from unweave.models.families import MODELS

QUICK = ["--steps", "20", "--set", "log_every=10", "--set", "compile=no"]


@pytest.fixture(scope="module")
def table_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table") / "run"
    assert (
        run_command(["train", "bf-vae", "--data", "fa15:rows=200", "--out", str(folder), *QUICK])
        == 0
    )
    return folder


@pytest.fixture(scope="module")
def image_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image") / "run"
    assert run_command(["train", "vae", "--data", "digits", "--out", str(folder), *QUICK]) == 0
    return folder


def refused(capsys, arguments, *said, status=2):
    """Run a command that must fail with one line on standard error."""
    assert run_command([str(part) for part in arguments]) == status
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert captured.out == ""
    for words in said:
        assert words in lines[0], lines[0]


def test_json_stands_alone_on_standard_output(tmp_path, capsys):
    out = tmp_path / "run"
    arguments = ["train", "vae", "--data", "fa15:rows=200", "--out", str(out), "--json", *QUICK]
    assert run_command(arguments) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == json.loads((out / "summary.json").read_text())
    assert "nats" in captured.err


def test_seeds_make_run_folders(tmp_path, capsys):
    out = tmp_path / "runs"
    arguments = ["train", "vae", "--data", "fa15:rows=200", "--seed", "4", "--seeds", "2", *QUICK]
    assert run_command([*arguments, "--out", str(out), "--json"]) == 0
    summaries = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in out.iterdir()) == ["seed-4", "seed-5"]
    stored = [json.loads((out / f"seed-{seed}/summary.json").read_text()) for seed in (4, 5)]
    assert summaries == stored
    assert json.loads((out / "seed-5/config.json").read_text())["seed"] == 5
    refused(capsys, [*arguments, "--out", out], "already holds a run", "seed-4")
    assert run_command([*arguments, "--out", str(out), "--resume"]) == 0


def test_the_short_table_is_shown_before_training(tmp_path, capsys):
    table = tmp_path / "t.csv"
    rows = [f"{i},{i % 7}.5,€{i}.5M,x,{'' if i == 3 else i * 2}" for i in range(30)]
    table.write_text("\n".join(["id,a,price,same,b", *rows]))
    assert (
        run_command(["train", "vae", "--data", str(table), "--out", str(tmp_path / "r"), *QUICK])
        == 0
    )
    said = capsys.readouterr().err
    for words in ("price", "constant", "left out", "blank cells: 1"):
        assert words in said


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_encode_writes_named_columns_in_order(suffix, table_run, tmp_path):
    import unweave as uw

    out = tmp_path / f"codes.{suffix}"
    assert run_command(["encode", str(table_run), "--out", str(out)]) == 0
    expected = uw.load(table_run).encode("fa15:rows=200")
    if suffix == "npz":
        with np.load(out, allow_pickle=False) as stored:
            codes, names = stored["codes"], stored["names"].tolist()
    else:
        stored = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
        codes, names = stored.to_numpy(), stored.columns.tolist()
    assert names == [f"z{k}" for k in range(10)]
    np.testing.assert_allclose(codes, expected, rtol=1e-5, atol=1e-6)


def test_encode_other_data(table_run, tmp_path):
    frame = pd.DataFrame(np.zeros((3, 15)), columns=[f"x{k}" for k in range(1, 16)])
    frame.to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "codes.csv"
    arguments = ["encode", table_run, "--data", tmp_path / "new.csv", "--out", out]
    assert run_command(list(map(str, arguments))) == 0
    assert len(pd.read_csv(out)) == 3


def test_sample_rows_and_images(table_run, image_run, tmp_path):
    out = tmp_path / "rows.csv"
    assert run_command(["sample", str(table_run), "--count", "7", "--out", str(out)]) == 0
    assert pd.read_csv(out).shape == (7, 15)
    for name in ("sheet.png", "images.npz", "folder"):
        out = tmp_path / name
        assert run_command(["sample", str(image_run), "--count", "12", "--out", str(out)]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (4 * 9 - 1, 3 * 9 - 1)
    with np.load(tmp_path / "images.npz") as stored:
        assert stored["images"].shape == (12, 1, 8, 8)
    names = sorted(path.name for path in (tmp_path / "folder").iterdir())
    assert names == [f"{number:02d}.png" for number in range(12)]


@pytest.mark.parametrize("kind", ["table", "image"])
@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_traverse(kind, suffix, table_run, image_run, tmp_path):
    run = table_run if kind == "table" else image_run
    out = tmp_path / f"traversal.{suffix}"
    assert run_command(["traverse", str(run), "--out", str(out), "--dimensions", "0,2"]) == 0
    with Image.open(out) as picture:
        assert picture.format == suffix.upper()
        assert getattr(picture, "n_frames", 1) > (1 if suffix == "gif" else 0)


def test_report(table_run, tmp_path):
    out = tmp_path / "page.html"
    assert run_command(["report", str(table_run.parent), "--out", str(out)]) == 0
    page = out.read_text()
    assert "data:image/png;base64," in page
    assert "bf-vae" in page


def test_settings_that_are_arguments_too_are_read_as_numbers(tmp_path):
    arguments = ["train", "vae", "--data", "fa15:rows=100", "--set", "steps=2", "--set", "hidden=8"]
    for seeds in ([], ["--seeds", "2"]):
        assert run_command([*arguments, *seeds, "--out", str(tmp_path / f"run{len(seeds)}")]) == 0
    stored = json.loads((tmp_path / "run0" / "config.json").read_text())
    assert (stored["training"]["steps"], stored["settings"]["hidden"]) == (2, [8])


def test_help_lists_the_settings_of_the_model(capsys):
    assert run_command(["train", "factor-vae", "--help"]) == 0
    said = capsys.readouterr().out
    assert "Settings of factor-vae" in said
    for name in (*MODELS, "latent_dim", "gamma", "learning_rate", "checkpoint_seconds"):
        assert name in said


def test_data_list_and_show(capsys):
    assert run_command(["data", "list"]) == 0
    listed = capsys.readouterr().out
    for name in ("fa15", "sprites", "digits", "mnist", "dsprites", "white-wine"):
        assert name in listed
    assert run_command(["data", "show", "digits"]) == 0
    assert "1797 images of 1 x 8 x 8" in capsys.readouterr().out


TRAIN = ["train", "vae", "--data", "fa15:rows=100", "--out"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "bfvea", "--data", "fa15", "--out", "OUT"], ["unknown model", "'bf-vae'"]),
        (["train", "vae", "--data", "fa51", "--out", "OUT"], ["'fa51'", "did you mean 'fa15'"]),
        (["train", "vae", "--data", "gone.csv", "--out", "OUT"], ["gone.csv"]),
        ([*TRAIN, "OUT", "--sed", "1"], ["--sed", "--seed"]),
        ([*TRAIN, "OUT", "--steps", "many"], ["--steps", "integer"]),
        ([*TRAIN, "OUT", "--steps", "0"], ["--steps 0: must be at least 1"]),
        ([*TRAIN, "OUT", "--seeds", "0"], ["--seeds 0"]),
        ([*TRAIN, "OUT", "--set", "betta=2"], ["unknown setting 'betta'", "'beta'"]),
        ([*TRAIN, "OUT", "--set", "beta"], ["KEY=VALUE"]),
        ([*TRAIN, "OUT", "--set", "beta=x"], ["beta=x", "a number"]),
        ([*TRAIN, "OUT", "--set", "out=elsewhere"], ["unknown setting 'out'"]),
        ([*TRAIN, "OUT", "--set", "adam_beta1=1.5"], ["adam_beta1=1.5: must be below 1"]),
        ([*TRAIN, "OUT", "--seed", "-1"], ["--seed"]),
        ([*TRAIN, "OUT", "--device", "tpu"], ["unknown device 'tpu'"]),
        (["train", "vae", "--data", "fa15:rows=10", "--out", "OUT"], ["16"]),
        (["train", "vae", "--data", "fa15:row=100", "--out", "OUT"], ["'rows'"]),
        (["train", "vae", "--out", "OUT"], ["--data"]),
        (["train", "vae", "--data", "fa15", "--out", "/dev/null/run"], ["/dev/null", "--out"]),
        (["trian"], ["unknown command 'trian'", "'train'"]),
        (
            ["encode", "NOTHING", "--out", "codes.csv"],
            ["NOTHING: this folder does not exist", "name the folder of a run"],
        ),
        (["encode", ".", "--out", "codes.csv"], ["not a run"]),
        (["report", ".", "--out", "OUT.html"], ["run"]),
        (["data", "show", "mnits"], ["mnits", "mnist"]),
    ],
)
def test_bad_requests_exit_2_with_one_line(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    refused(capsys, arguments, *said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["encode", "RUN", "--out", "codes.xls"], [".csv, .parquet, .npz"]),
        (["sample", "RUN", "--count", "3", "--out", "rows.png"], [".csv, .parquet"]),
        (["sample", "RUN", "--count", "0", "--out", "rows.csv"], ["--count 0"]),
        (["sample", "RUN", "--count", "2", "--seed", "-1", "--out", "rows.csv"], ["--seed"]),
        (["traverse", "RUN", "--out", "picture.jpg"], [".png", ".gif"]),
        (["traverse", "RUN", "--out", "picture.png", "--dimensions", "12"], ["12"]),
        (["traverse", "RUN", "--out", "picture.png", "--dimensions", "one"], ["--dimensions one"]),
        (["traverse", "RUN", "--out", "picture.png", "--row", "999"], ["999"]),
        (["encode", "RUN", "--data", "digits", "--out", "codes.csv"], ["digits"]),
        (["train", "vae", "--data", "fa15:rows=100", "--out", "RUN"], ["already holds a run"]),
    ],
)
def test_bad_requests_of_a_run(arguments, said, table_run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(table_run, tmp_path / "RUN")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    refused(capsys, arguments, *said)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert before == after


def test_an_interrupt_exits_1_and_says_how_to_go_on(tmp_path, capsys, monkeypatch):
    from unweave.training.loop import Loop

    def interrupted(loop):
        raise KeyboardInterrupt

    monkeypatch.setattr(Loop, "_take_step", interrupted)
    assert run_command([*TRAIN, str(tmp_path / "run"), *QUICK]) == 1
    assert "--resume" in capsys.readouterr().err.splitlines()[-1]


def test_version(capsys):
    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out == "0.1.0\n"


def test_divergence_exits_1_with_one_line(tmp_path, capsys):
    arguments = [*TRAIN, tmp_path / "run", "--set", "likelihood_variance=1e-38", "--steps", "5"]
    assert run_command(list(map(str, arguments))) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "step 1: loss term 'reconstruction' is inf" in last


def test_the_module_runs_as_a_program_without_loading_torch():
    script = (
        "import sys; sys.argv = ['unweave', '--help'];\n"
        "try:\n    import unweave.cli; unweave.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_columns_are_given_kinds_and_roles(tmp_path, capsys):
    import unweave as uw

    table = tmp_path / "t.csv"
    rows = [f"{i},{i * i % 17 / 4},{i % 7},{'-9' if i == 3 else i % 5}" for i in range(30)]
    table.write_text("\n".join(["pid,a,b=c,d", *rows]))
    asked = ["--column", "b=c=real", "--drop", "d", "--missing", "-9"]
    assert run_command(["data", "show", str(table), "--json", *asked]) == 0
    columns = json.loads(capsys.readouterr().out)["columns"]
    assert [(each["name"], each["kind"], each["used"], each["blank"]) for each in columns] == [
        ("pid", "id", False, 0),
        ("a", "positive", True, 0),
        ("b=c", "real", True, 0),
        ("d", "ordinal", False, 1),
    ]
    assert all(each["reason"] for each in columns)
    run = tmp_path / "run"
    train = ["train", "vae", "--data", str(table), "--out", str(run), *QUICK, *asked]
    assert run_command(train) == 0
    # The run's schema decides when the data is loaded anew.
    assert uw.load(run).dataset().table.feature_names == ("a", "b=c")
    capsys.readouterr()
    refused(capsys, ["data", "show", table, "--drop", "e"], "--drop e", "no such column")
    refused(capsys, ["data", "show", table, "--column", "a"], "--column a", "NAME=KIND")
    refused(capsys, ["data", "show", table, "--column", "a=count"], "'a', row 2", "kind count")
