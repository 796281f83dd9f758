"""Studies done: every run once, whatever happens on the way."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import unweave as uw
from unweave.cli import run_command
from unweave.locks import alone
from unweave.studies.job import SCORES_FILE, Job, do_job
from unweave.studies.local import TRIES, do_locally, usable_processors
from unweave.studies.plan import Method, read_plan
from unweave.studies.results import collect
from unweave.studies.study import study

METHODS = ["vae", "beta-vae-beta=2.0", "beta-vae-beta=8.0"]


def test_runs_are_what_they_are_alone(finished):
    found = collect(read_plan(finished / "study.toml"), finished)
    assert found.methods == METHODS
    assert len(found.results) == 6
    assert not found.missing
    assert not found.broken
    alone = uw.train("beta-vae", "fa15:rows=400", seed=1, steps=30, beta=8.0, progress=False)
    expected = uw.evaluate(alone, metrics="rmse,mig")["scores"]
    for name in ("rmse", "mig"):
        found_value = found.by_seed("beta-vae-beta=8.0", name)[1]
        assert found_value == pytest.approx(expected[name]["value"], rel=1e-3)


def test_results_are_written(finished):
    document = json.loads((finished / "results.json").read_text())
    assert list(document["methods"]) == METHODS
    assert document["methods"]["vae"]["rmse"]["count"] == 2
    low, high = document["methods"]["vae"]["rmse"]["interval"]
    assert low <= document["methods"]["vae"]["rmse"]["mean"] <= high
    assert len(document["differences"]) == 3 * 3
    lines = (finished / "results.csv").read_text().splitlines()
    assert lines[0] == "method,seed,steps,seconds,informative,rmse,mig,total-correlation"
    assert len(lines) == 7


def test_differences_are_of_equal_seeds(finished):
    found = collect(read_plan(finished / "study.toml"), finished)
    one, other = found.by_seed("vae", "rmse"), found.by_seed("beta-vae-beta=8.0", "rmse")
    expected = np.mean([one[seed] - other[seed] for seed in (0, 1)])
    assert found.difference("vae", "beta-vae-beta=8.0", "rmse").mean == pytest.approx(expected)


def test_a_finished_study_does_nothing_and_says_so(study_copy, caplog):
    folder = study_copy()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("seed-*/*")}
    with caplog.at_level(logging.INFO, "unweave"):
        study(folder / "study.toml", folder)
    assert "6 runs, all of them finished: there is nothing to do" in caplog.text
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("seed-*/*")} == before


def test_more_seeds_are_added_to_what_is_there(study_copy):
    folder = study_copy()
    plan = folder / "more.toml"
    plan.write_text((folder / "study.toml").read_text().replace("seeds = 2", "seeds = [1, 2]"))
    before = (folder / "vae" / "seed-1" / SCORES_FILE).stat().st_mtime_ns
    found = study(plan, folder)
    assert sorted(found.by_seed("vae", "mig")) == [1, 2]
    assert (folder / "vae" / "seed-1" / SCORES_FILE).stat().st_mtime_ns == before


def test_a_score_more_needs_no_training(study_copy):
    folder = study_copy()
    plan = folder / "more.toml"
    plan.write_text((folder / "study.toml").read_text().replace('"mig"', '"mig", "modularity"'))
    before = (folder / "vae" / "seed-0" / "model.safetensors").stat().st_mtime_ns
    found = study(plan, folder)
    assert found.summary("vae", "modularity").count == 2
    assert (folder / "vae" / "seed-0" / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (SCORES_FILE, "{", "damaged"),
        (
            SCORES_FILE,
            '{"request": {}, "asked": null, "scores": 3}',
            "split: is missing; remove it",
        ),
        ("summary.json", "[]", "a table of keys is wanted"),
        ("summary.json", None, "summary.json is gone"),
        ("model.safetensors", None, "model.safetensors is gone"),
    ],
)
def test_a_broken_run_is_told_left_out_and_counted(study_copy, name, content, words, caplog):
    folder = study_copy()
    broken = folder / "vae" / "seed-1" / name
    broken.unlink() if content is None else broken.write_text(content)
    status = run_command(["study", str(folder / "study.toml"), "--out", str(folder)])
    assert status == 1
    found = json.loads((folder / "results.json").read_text())
    assert found["runs"] == 5
    (line,) = found["broken"]
    assert words in line
    assert str(folder / "vae" / "seed-1") in line
    assert found["methods"]["vae"]["mig"]["count"] == 1
    assert "left out" in caplog.text


def test_runs_of_other_settings_are_not_taken_for_these(study_copy, refuses):
    folder = study_copy()
    plan = folder / "other.toml"
    plan.write_text((folder / "study.toml").read_text().replace("steps = 30", "steps = 31"))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    refuses(
        lambda: study(plan, folder), "holds a run with changes = {'steps': 30}", "another folder"
    )
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_study_works_in_a_folder(finished, refuses):
    pytest.importorskip("fcntl")
    with alone(finished, "another study"):
        refuses(lambda: study(finished / "study.toml", finished), "another study", "is at work")


def test_what_cannot_be_done_is_refused_before_anything(tmp_path, refuses):
    plan = tmp_path / "plan.toml"

    def refused(text, *words, **options):
        plan.write_text(text)
        refuses(lambda: study(plan, tmp_path / "out", **options), *words)
        assert not list((tmp_path / "out").glob("*/seed-*"))

    base = 'data = "fa15:rows=400"\nmodels = ["vae"]\nseeds = 2\n'
    refused(base.replace("seeds = 2", "seeds = 201"), "201 runs", "yes=True")
    refused(base.replace("fa15", "fa16"), "fa15")
    refused(base + 'scores = ["ssim"]\n', "ssim needs images")
    refused(base, "processes=0: ", "at least 1", processes=0)
    digits = 'data = "digits"\nmodels = ["vae"]\nseeds = 1\nscores = ["mig"]\n'
    refused(digits, "mig needs known factors")
    (tmp_path / "file").write_text("")
    refuses(lambda: study(plan, tmp_path / "file"), "is a file")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no way to limit processors here")
def test_processors_that_may_not_be_used_are_not_counted():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_processors() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert usable_processors() == len(allowed)


def test_a_job_that_fails_leaves_the_others_alone(tmp_path):
    good = Method("vae", "vae", {"steps": 5})
    (tmp_path / "vae" / "seed-0").mkdir(parents=True)
    (tmp_path / "vae" / "seed-0" / "config.json").write_text("{")
    (tmp_path / "vae" / "seed-0" / "checkpoint").mkdir()
    (tmp_path / "vae" / "seed-0" / "checkpoint" / "latest.safetensors").write_text("")
    wrong = do_job(Job(tmp_path, "fa15:rows=400", good, (0, 1), ("rmse",), "test"))
    assert len(wrong) == 1
    assert "seed-0" in wrong[0]
    assert (tmp_path / "vae" / "seed-1" / SCORES_FILE).is_file()


def test_a_process_that_dies_is_begun_anew_and_then_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "dies"))
    counted = tmp_path / "count"
    (tmp_path / "dies").write_text(f"#!/bin/sh\necho x >> {counted}\necho no memory >&2\nexit 7\n")
    (tmp_path / "dies").chmod(0o755)
    job = Job(tmp_path, "fa15", Method("vae", "vae", {}), (0,), None, "test")
    ((ended, wrong),) = do_locally([job], 1, 1)
    assert ended == job
    assert len(counted.read_text().splitlines()) == TRIES
    assert "ended with 7, 3 times: no memory" in wrong[0]


# --- killed ---------------------------------------------------------------------------------

# An entry of the environment that tells the processes of this test from other studies'.
MARK = "UNWEAVE_TEST_STUDY"
KILLED = """\
data = "fa15:rows=400"
models = ["vae", "factor-vae"]
seeds = 1
scores = ["rmse", "mig"]
[settings]
steps = 600
"""


def begin(plan, out):
    command = [sys.executable, "-m", "unweave", "study", str(plan), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--processes", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1", MARK: str(out)},
    )


def wait_for(there, process, seconds=120.0):
    end = time.monotonic() + seconds
    while not there() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)


def test_a_killed_study_goes_on_to_the_same_results(tmp_path):
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(KILLED)
    moments = [
        lambda: any(out.rglob("config.json")),
        lambda: any(out.rglob("summary.json")),
        lambda: any(out.rglob(SCORES_FILE)),
    ]
    for moment in moments:
        process = begin(plan, out)
        wait_for(moment, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    # Its workers end with it, as soon as they are done with what cannot be interrupted.
    end = time.monotonic() + 60
    while _workers(out) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _workers(out)
    found = study(plan, out)
    assert [each.method for each in found.results] == ["vae", "factor-vae"]
    for one in found.results:
        undisturbed = uw.train(one.method, "fa15:rows=400", seed=0, steps=600, progress=False)
        scores = uw.evaluate(undisturbed, metrics="rmse,mig")["scores"]
        assert one.values["rmse"] == pytest.approx(scores["rmse"]["value"], rel=1e-3)
        assert one.values["mig"] == pytest.approx(scores["mig"]["value"], rel=1e-3)


def _workers(out):
    """Return the numbers of the processes that a study left behind, where /proc tells."""
    mark, found = f"{MARK}={out}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
    return found
