"""A model that failed to learn is said to have failed before anything else is said of it."""

import json

import pytest

from support import train_run
from unweave.cli import run_command
from unweave.data import load_data

NOTE = "reconstructions have"


@pytest.fixture(scope="module")
def collapsed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collapsed") / "run"
    train_run("beta-vae", load_data("fa15:rows=400"), {"steps": 60, "beta": 1e4}, out=folder)
    return folder


def test_training_says_it_first(tmp_path, capsys):
    arguments = ["train", "beta-vae", "--data", "fa15:rows=400", "--steps", "60"]
    assert run_command([*arguments, "--set", "beta=1e4", "--out", str(tmp_path / "run")]) == 0
    lines = capsys.readouterr().err.splitlines()
    told = next(place for place, line in enumerate(lines) if "not to be trusted" in line)
    assert NOTE in lines[told]
    assert told < next(place for place, line in enumerate(lines) if "informative" in line)


@pytest.mark.parametrize("command", ["evaluate", "interpret"])
def test_results_begin_with_it(command, collapsed, tmp_path, capsys):
    more = ["--out", str(tmp_path / "out")] if command == "interpret" else ["--metrics", "rmse"]
    assert run_command([command, str(collapsed), *more]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert "not to be trusted" in first
    assert NOTE in first


def test_the_page_says_it_before_the_facts(collapsed, tmp_path):
    out = tmp_path / "page.html"
    assert run_command(["report", str(collapsed), "--out", str(out)]) == 0
    page = out.read_text()
    assert page.index("not to be trusted") < page.index("All settings")


def test_json_carries_it(collapsed, capsys):
    assert run_command(["evaluate", str(collapsed), "--metrics", "rmse", "--json"]) == 0
    health = json.loads(capsys.readouterr().out)["health"]
    assert health["collapsed"] is True
    assert NOTE in health["note"]
    summary = json.loads((collapsed / "summary.json").read_text())
    assert summary["health"] == health


def test_json_of_readings_carries_it_before_any_figure(collapsed, tmp_path, capsys):
    out = tmp_path / "out"
    assert run_command(["interpret", str(collapsed), "--out", str(out), "--json"]) == 0
    for text in (capsys.readouterr().out, (out / "interpretation.json").read_text()):
        document = json.loads(text)
        assert list(document)[:2] == ["runs", "health"]
        assert NOTE in document["health"][0]["note"]


def test_a_healthy_model_is_not_warned_of(tmp_path, capsys):
    arguments = ["train", "vae", "--data", "fa15:rows=400", "--steps", "300"]
    assert run_command([*arguments, "--out", str(tmp_path / "run")]) == 0
    assert "not to be trusted" not in capsys.readouterr().err


def test_the_demo_fails_where_a_model_has_learned_nothing(tmp_path, monkeypatch, capsys):
    from unweave.cli import demo

    few = {"one": ("beta-vae", "fa15:rows=400", {"steps": 30, "beta": 1e4})}
    monkeypatch.setattr(demo, "DEMO_RUNS", few)
    assert run_command(["demo", "--out", str(tmp_path / "demo")]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the demo has failed" in captured.err.splitlines()[-1]
    assert not (tmp_path / "demo" / "report.html").exists()
