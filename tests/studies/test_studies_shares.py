"""Shares of a study: which runs they hold, that together they are the study, what is refused."""

import json
import os
import sys
import threading
from pathlib import Path

import pytest

import unweave as uw
from unweave.cli import run_command
from unweave.locks import lock
from unweave.studies.on_slurm import _Task, read_slurm
from unweave.studies.plan import read_plan
from unweave.studies.share import Share, gather, read_share


@pytest.mark.parametrize(("runs", "count"), [(1, 1), (7, 3), (12, 5), (3, 8)])
def test_shares_are_apart_and_together_all(runs, count):
    parts = [Share(number, count).of(range(runs)) for number in range(1, count + 1)]
    assert sorted(run for part in parts for run in part) == list(range(runs))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_share_as_it_is_written():
    assert read_share(" 2 / 10 ") == Share(2, 10)
    assert str(Share(2, 10)) == "2/10"


BAD = [
    ("5/3", "the shares are 1/3 to 3/3"),
    ("0/3", "number the array's tasks from 1 to 3"),
    ("0/0", "write I/N, I from 1 to N"),
    ("x", "write I/N"),
    ("", "write I/N"),
    ("1/-3", "write I/N"),
    ("²/3", "write I/N"),
    ("1/99999999999", "write I/N"),
]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_other_shares_are_refused(text, words, refuses):
    refuses(lambda: read_share(text), "array=", words)


def test_the_command_line_names_its_option(tmp_path, finished, capsys):
    plan = str(finished / "study.toml")
    out = str(tmp_path / "out")
    for text, words in BAD:
        assert run_command(["study", plan, "--out", out, f"--array={text}"]) == 2
        said = capsys.readouterr().err
        assert "--array" in said
        assert words in said
        assert said.count("\n") == 1
    both = ["study", plan, "--out", out, "--array", "1/2", "--ray", "auto"]
    assert run_command(both) == 2
    assert "give one of them" in capsys.readouterr().err
    assert not Path(out).exists()


def test_shares_fill_one_folder_and_the_last_has_all_results(study_copy):
    out = study_copy()
    before = (out / "results.csv").read_text()
    for run in ("vae/seed-0", "vae/seed-1"):
        (out / run / "scores.json").unlink()
    plan = read_plan(out / "study.toml")
    # Runs in the order seed 0 of each method, then seed 1: the first of three shares holds both
    # seeds of the first method. Another study in the folder does not keep it from working.
    held = lock(out / ".lock")
    assert held is not None
    other = uw.study(plan, out, array="2/3")
    assert other.missing == ()  # Its own runs are finished; those of others do not count.
    assert len(other.results) == 4
    assert len(json.loads((out / "results.json").read_text())["missing"]) == 2
    last = uw.study(plan, out, array="1/3", processes=1)
    os.close(held)
    assert last.missing == ()
    assert (out / "results.csv").read_text() == before
    assert uw.study(plan, out, array="9/9").missing == ()  # There are fewer runs than shares.
    assert not (out / ".results.lock").exists()


def test_results_are_gathered_by_one_process_at_a_time(study_copy):
    out = study_copy()
    plan = read_plan(out / "study.toml")
    held = lock(out / ".results.lock")
    assert held is not None
    ended = threading.Event()

    def work():
        gather(plan, out)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not ended.wait(0.3)
    os.close(held)
    assert ended.wait(20)
    thread.join()


class TestSlurm:
    def test_what_is_asked(self):
        read = read_slurm("shares=3, partition=gpu,time=1:00:00")
        assert read == {"shares": 3, "partition": "gpu", "time": "1:00:00"}

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("gpu", "slurm=gpu: write KEY=VALUE"),
            ("shares=0", "shares=0: give a whole number from 1 on"),
            ("shares=many", "shares=many: give a whole number"),
        ],
    )
    def test_other_texts_are_refused(self, text, words, refuses):
        refuses(lambda: read_slurm(text), words)

    def test_without_submitit(self, study_copy, monkeypatch, refuses):
        monkeypatch.setitem(sys.modules, "submitit", None)
        out = study_copy()
        (out / "vae/seed-0/scores.json").unlink()
        plan = read_plan(out / "study.toml")
        refuses(lambda: uw.study(plan, out, slurm="shares=1"), 'pip install "unweave[slurm]"')

    def test_without_slurm_and_with_unknown_parameters(self, study_copy, monkeypatch, refuses):
        pytest.importorskip("submitit", reason="submitit is not installed")
        monkeypatch.setenv("PATH", "")  # There is no srun.
        out = study_copy()
        (out / "vae/seed-0/scores.json").unlink()
        plan = read_plan(out / "study.toml")
        refuses(lambda: uw.study(plan, out, slurm="partition=gpu"), "slurm:", "srun")
        wrong = "cluster=debug,colour=red"
        refuses(lambda: uw.study(plan, out, slurm=wrong), "slurm:", "colour")
        refuses(lambda: uw.study(plan, out, slurm="cluster=mars"), "slurm:", "mars")

    def test_shares_with_open_runs_are_submitted(self, study_copy, monkeypatch, caplog):
        submitit = pytest.importorskip("submitit", reason="submitit is not installed")
        out = study_copy()
        before = (out / "results.csv").read_text()
        scores = out / "vae/seed-1/scores.json"
        raw = scores.read_bytes()
        scores.unlink()
        cluster = Cluster(lambda: scores.write_bytes(raw))
        monkeypatch.setattr(submitit, "AutoExecutor", cluster)
        caplog.set_level("INFO", "unweave")
        asked = "shares=3,partition=gpu,timeout_min=5"
        found = uw.study(read_plan(out / "study.toml"), out, slurm=asked, processes=1)
        assert cluster.place == (out / "slurm", "slurm")
        assert cluster.parameters == {"name": "unweave", "slurm_partition": "gpu", "timeout_min": 5}
        assert cluster.shares == ["1/3"]  # vae's seed 1 is the fourth of six runs.
        assert found.missing == found.broken == ()
        assert (out / "results.csv").read_text() == before
        assert "1 of 3 shares are in the queue" in caplog.text
        assert "share 1/3 ended: COMPLETED" in caplog.text

    def test_a_task_is_its_share_and_goes_on_when_time_is_up(self, finished):
        pytest.importorskip("submitit", reason="submitit is not installed")
        task = _Task(finished, 1, "cpu")
        task("2/3")  # All is done: nothing is to be trained.
        again = task.checkpoint("2/3")
        assert (again.function, again.args) == (task, ("2/3",))


class Cluster:
    """Stands for submitit's executor: a node does its work the moment it is asked for."""

    def __init__(self, work):
        self.work, self.parameters = work, {}

    def __call__(self, folder, cluster):
        self.place = (folder, cluster)
        return self

    def update_parameters(self, **parameters):
        self.parameters |= parameters

    def map_array(self, task, shares):
        self.shares = shares
        self.work()
        return [Ended() for _ in shares]


class Ended:
    state = "COMPLETED"

    def done(self):
        return True
