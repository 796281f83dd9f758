"""Training: resuming bit for bit, kills, non-finite losses, schedules, batches."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from support import train_run
from unweave.errors import DivergedError, RequestError
from unweave.models.families import VARIATIONAL
from unweave.runs.history import History
from unweave.runs.model import Model

QUIET = {"progress": False}
SHORT = {"steps": 30, "log_every": 10, "checkpoint_seconds": 0, "compile": "no"}


def weights(folder):
    return load_file(folder / "model.safetensors")


def assert_equal(left, right):
    assert left.keys() == right.keys()
    for name in left:
        assert torch.equal(left[name], right[name]), name


@pytest.mark.parametrize("name", VARIATIONAL.corners)
def test_every_model_trains_on_rows_and_falls(name, rows):
    run = train_run(name, rows, changes={"steps": 200, "learning_rate": 3e-3}, **QUIET)
    losses = run.history.column("reconstruction")
    assert losses[-1] < losses[0]
    assert run.summary["steps"] == 200
    assert len(run.summary["kl"]) == run.latent_dim
    assert run.history.column("step")[-1] == 200


@pytest.mark.parametrize("name", ["vae", "factor-vae"])
def test_every_kind_of_model_trains_on_images(name, pictures):
    changes = {"steps": 40, "discriminator_hidden": "32", "log_every": 10, "compile": "no"}
    run = train_run(name, pictures, changes=changes, **QUIET)
    losses = run.history.column("reconstruction")
    assert losses[-1] < losses[0]
    assert run.settings.likelihood == "bernoulli"
    assert run.encode(pictures).shape == (96, 10)


def interrupted(monkeypatch, after):
    """Make the loop stop as a kill would, when it has taken `after` steps."""
    from unweave.training.loop import Loop

    plain = Loop._take_step

    def take_step(loop):
        if loop.step == after:
            raise KeyboardInterrupt
        return plain(loop)

    monkeypatch.setattr(Loop, "_take_step", take_step)


@pytest.mark.parametrize("name", ["beta-vae", "bf-vae"])
@pytest.mark.parametrize("after", [0, 7, 10, 23])
def test_resume_is_bit_for_bit(name, after, rows, tmp_path, monkeypatch):
    changes = {**SHORT, "beta": "linear(0, 2, 1)"}
    train_run(name, rows, changes=changes, seed=3, out=tmp_path / "whole", **QUIET)
    with monkeypatch.context() as patch:
        interrupted(patch, after)
        with pytest.raises(KeyboardInterrupt):
            train_run(name, rows, changes=changes, seed=3, out=tmp_path / "parts", **QUIET)
    # What is not named again stays as it was begun.
    train_run(name, rows, out=tmp_path / "parts", resume=True, **QUIET)
    assert_equal(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    whole, parts = ((tmp_path / kind / "history.csv").read_text() for kind in ("whole", "parts"))
    assert whole == parts


def test_resume_is_bit_for_bit_on_images_in_the_default_precision(pictures, tmp_path, monkeypatch):
    changes = {**SHORT, "discriminator_hidden": "32", "latent_dim": 4}
    train_run("factor-vae", pictures, changes=changes, out=tmp_path / "whole", **QUIET)
    with monkeypatch.context() as patch:
        interrupted(patch, 17)
        with pytest.raises(KeyboardInterrupt):
            train_run("factor-vae", pictures, changes=changes, out=tmp_path / "parts", **QUIET)
    left_by_a_kill = tmp_path / "parts" / "checkpoint" / ".writing-x.safetensors"
    left_by_a_kill.write_bytes(b"half")
    train_run("factor-vae", pictures, out=tmp_path / "parts", resume=True, **QUIET)
    assert_equal(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert not left_by_a_kill.exists()


def test_resume_after_kill_at_any_moment(rows, tmp_path):
    """Kill a real process again and again; what is left must always be taken up."""
    script = (
        "import sys; from unweave.cli import run_command; import torch; torch.set_num_threads(1);"
        "sys.exit(run_command(sys.argv[1:]))"
    )
    arguments = ["train", "bf-vae", "--data", "fa15:rows=400", "--steps", "120", "--seed", "5"]
    arguments += ["--set", "log_every=2", "--set", "checkpoint_seconds=0"]
    command = [sys.executable, "-c", script, *arguments, "--out"]
    settings = {"steps": 120, "log_every": 2, "checkpoint_seconds": 0}
    train_run("bf-vae", rows, seed=5, changes=settings, out=tmp_path / "whole", **QUIET)
    parts = tmp_path / "parts"
    kills = 0
    for attempt in range(12):
        process = subprocess.Popen(
            [*command, str(parts), "--resume"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        # Wait until it writes, then kill it at a moment that differs from time to time.
        while not (parts / "history.csv").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        before = (parts / "history.csv").stat().st_mtime_ns
        while (
            process.poll() is None
            and (parts / "history.csv").stat().st_mtime_ns == before
            and time.monotonic() < deadline
        ):
            time.sleep(0.002)
        time.sleep(0.003 * attempt)
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        if kills == 2:
            break
    subprocess.run([*command, str(parts), "--resume"], check=True, capture_output=True)
    assert kills, "the run ended before it could be killed"
    assert_equal(weights(tmp_path / "whole"), weights(parts))


def test_resume_of_a_finished_run_changes_nothing(rows, tmp_path):
    train_run("vae", rows, changes=SHORT, out=tmp_path / "run", **QUIET)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    again = train_run("vae", rows, out=tmp_path / "run", resume=True, **QUIET)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")} == before
    assert again.summary["steps"] == 30


def test_resume_of_a_run_written_when_fingerprints_were_others(pictures, tmp_path):
    older = dataclasses.replace(pictures, fingerprint="of old")
    first = train_run("vae", older, changes=SHORT, out=tmp_path / "run", **QUIET)
    before = weights(tmp_path / "run")
    (tmp_path / "run" / "summary.json").unlink()
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["data"].pop("crop") == "central-square"
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    with pytest.raises(RequestError, match="fingerprint = of old"):
        train_run("vae", pictures, out=tmp_path / "run", resume=True, **QUIET)
    known = dataclasses.replace(pictures, former=lambda: "of old")
    again = train_run("vae", known, out=tmp_path / "run", resume=True, **QUIET)
    assert again.summary == first.summary
    assert_equal(before, weights(tmp_path / "run"))
    # From here on the run holds what is said today.
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["data"]["fingerprint"] == pictures.fingerprint
    assert config["data"]["crop"] == "central-square"


def test_resume_of_a_run_killed_before_its_summary_sums_up(rows, tmp_path):
    first = train_run("vae", rows, changes=SHORT, out=tmp_path / "run", **QUIET)
    before = weights(tmp_path / "run")
    for name in ("summary.json", "model.safetensors"):
        (tmp_path / "run" / name).unlink()
    again = train_run("vae", rows, out=tmp_path / "run", resume=True, **QUIET)
    assert again.summary == first.summary
    assert_equal(before, weights(tmp_path / "run"))


def test_resume_without_a_checkpoint_starts(rows, tmp_path):
    run = train_run("vae", rows, changes=SHORT, out=tmp_path / "new", resume=True, **QUIET)
    assert run.summary["steps"] == 30


@pytest.mark.parametrize(
    ("change", "said"),
    [({"beta": 9}, "beta = 1.0, not 9.0"), ({"steps": 31}, "steps = 30, not 31")],
)
def test_resume_of_another_request_is_refused(change, said, rows, tmp_path):
    train_run("vae", rows, changes=SHORT, out=tmp_path / "run", **QUIET)
    with pytest.raises(RequestError, match=said):
        train_run("vae", rows, changes=change, out=tmp_path / "run", resume=True, **QUIET)


def test_a_folder_with_a_run_is_not_written_to(rows, tmp_path):
    train_run("vae", rows, changes=SHORT, out=tmp_path / "run", **QUIET)
    before = weights(tmp_path / "run")
    with pytest.raises(RequestError, match="already holds a run"):
        train_run("vae", rows, seed=1, changes=SHORT, out=tmp_path / "run", **QUIET)
    assert_equal(before, weights(tmp_path / "run"))


def test_non_finite_loss_names_step_and_term(rows, tmp_path):
    changes = {**SHORT, "likelihood_variance": "step(0.1, 1e-38, 15)"}
    with pytest.raises(DivergedError, match="step 16: loss term 'reconstruction' is inf"):
        train_run("vae", rows, changes=changes, out=tmp_path / "run", **QUIET)
    kept = load_file(tmp_path / "run" / "checkpoint" / "latest.safetensors")
    assert all(value.isfinite().all() for value in kept.values() if value.is_floating_point())
    assert not (tmp_path / "run" / "summary.json").exists()
    assert History.read(tmp_path / "run" / "history.csv").column("step") == [10]


def test_same_seed_same_weights_other_seed_others(rows):
    first, again, other = (
        train_run("bf-vae", rows, changes=SHORT, seed=seed, **QUIET) for seed in (0, 0, 1)
    )
    assert_equal(first.module.state_dict(), again.module.state_dict())
    assert not torch.equal(first.module.encoder[0].weight, other.module.encoder[0].weight)


def test_training_leaves_the_global_generator_alone(rows):
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    train_run("bf-vae", rows, changes=SHORT, **QUIET)
    assert torch.equal(torch.rand(3), expected)


def test_tables_take_one_thread_and_give_the_others_back(rows):
    from unweave.training.devices import fitting_threads

    torch.set_num_threads(2)
    try:
        with fitting_threads(torch.device("cpu"), images=False):
            assert torch.get_num_threads() == 1
        with fitting_threads(torch.device("cpu"), images=True):
            assert torch.get_num_threads() == 2
        train_run("vae", rows, changes=SHORT, **QUIET)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_the_batch_shrinks_to_the_rows_there_are(tmp_path):
    from unweave.data import load_data

    small = load_data("fa15:rows=16")
    run = train_run("bf-vae", small, changes=SHORT, **QUIET)
    assert run.training.batch_size == len(small.rows("train")) < 16


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(15, 20), nn.BatchNorm1d(20), nn.Linear(20, 6))

    def forward(self, rows):
        return self.layers(rows)


def test_own_networks(rows, tmp_path):
    torch.manual_seed(0)
    changes = {**SHORT, "latent_dim": 3}
    run = train_run(
        "bf-vae",
        rows,
        changes=changes,
        out=tmp_path / "run",
        encoder=Encoder(),
        decoder=nn.Linear(3, 15),
        **QUIET,
    )
    with pytest.raises(RequestError, match=r"networks of its own.*Encoder"):
        Model.load(tmp_path / "run")
    with pytest.raises(RequestError, match=r"decoder=… \(a torch.nn.modules.linear.Linear\)"):
        Model.load(tmp_path / "run", Encoder())
    loaded = Model.load(tmp_path / "run", Encoder(), nn.Linear(3, 15))
    assert (loaded.encode(rows) == run.encode(rows)).all()
    with pytest.raises(RequestError, match=r"the encoder gives \(2, 6\).*wanted \(2, 20\)"):
        train_run("vae", rows, encoder=Encoder(), decoder=nn.Linear(10, 15), **QUIET)


def test_missing_compiler_is_said_and_survived(pictures, monkeypatch, caplog):
    from unweave.training import devices

    monkeypatch.setattr(devices, "_has_compiler", lambda: False)
    run = train_run("vae", pictures, changes={**SHORT, "compile": "yes"}, **QUIET)
    assert "no C++ compiler" in caplog.text
    assert run.summary["compiled"] is False
