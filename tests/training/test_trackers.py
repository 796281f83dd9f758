"""Trackers get what history.csv holds, KL and health as computed apart, and pictures."""

import csv

import numpy as np
import pytest
import torch

import unweave as uw
from support import train_run
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.training import trackers
from unweave.training.health import probe_of

FEW = {"steps": 20, "log_every": 10, "latent_dim": 2, "compile": "no"}


class Memory:
    """A logger that keeps what it is told."""

    def __init__(self):
        self.settings, self.rows, self.ended = {}, {}, None

    def log_hyperparams(self, settings):
        self.settings = settings

    def log_metrics(self, values, step):
        self.rows[step] = values

    def finalize(self, status):
        self.ended = status


def test_losses_are_those_of_history_and_kl_is_that_of_the_model(rows):
    memory, seen = Memory(), []
    model = train_run(
        "vae", rows, FEW, loggers=[memory], callbacks=[lambda *told: seen.append(told)]
    )
    for row in model.history.rows:
        told = memory.rows[row["step"]]
        assert all(told[f"loss/{name}"] == row[name] for name in model.history.terms)
    mean, log_variance = model.module.posterior(probe_of(rows, torch.device("cpu")))
    kl = kl_from_standard_normal(mean, log_variance).mean(0).tolist()
    assert [memory.rows[20][f"kl/z{k}"] for k in range(2)] == pytest.approx(kl)
    assert memory.rows[20]["health/variance of reconstructions"] > 0
    assert memory.settings["latent_dim"] == 2
    assert memory.settings["data"] == "fa15"
    assert memory.ended == "success"
    assert [(step, terms["kl"]) for _, step, terms in seen] == [
        (row["step"], row["kl"]) for row in model.history.rows
    ]
    assert seen[0][0] is model


def test_tracking_changes_nothing_in_the_model(pictures):
    plain = train_run("factor-vae", pictures, FEW)
    tracked = train_run("factor-vae", pictures, FEW, loggers=[Memory()])
    for one, other in zip(plain.module.parameters(), tracked.module.parameters(), strict=True):
        assert torch.equal(one, other)


def test_tensorboard_keeps_losses_and_a_picture(pictures, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = train_run("vae", pictures, FEW, loggers="tensorboard", out=tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run/tensorboard"))
    events.Reload()
    told = [(event.step, event.value) for event in events.Scalars("loss/kl")]
    assert told == [(row["step"], pytest.approx(row["kl"])) for row in model.history.rows]
    (picture,) = events.Images(events.Tags()["images"][0])
    assert (picture.step, picture.width, picture.height) == (20, 8 * 16, 2 * 16)
    assert uw.load(tmp_path / "run").name == "vae"


@pytest.mark.parametrize("named", [True, False])
def test_mlflow_keeps_losses(rows, tmp_path, monkeypatch, named):
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    monkeypatch.chdir(tmp_path)
    uri = f"file:{tmp_path}/{'store' if named else 'mlruns'}"
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if named:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "")  # Put back after the test.
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE")
    model = train_run("vae", rows, FEW, loggers="mlflow")
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("unweave")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.metrics["loss/kl"] == pytest.approx(model.history.rows[-1]["kl"])
    assert run.data.params["latent_dim"] == "2"
    assert run.info.status == "FINISHED"


def test_a_tracker_that_does_not_answer_is_one_line(rows, tmp_path, monkeypatch, refuses):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://nowhere")
    refuses(
        lambda: train_run("vae", rows, FEW, loggers="mlflow"), "mlflow cannot be used", "nonsense"
    )


def test_a_logger_of_lightning_is_taken(rows, tmp_path):
    from lightning.fabric.loggers import CSVLogger

    train_run("vae", rows, FEW, loggers=[CSVLogger(tmp_path, name="", version="v")])
    with (tmp_path / "v" / "metrics.csv").open() as stream:
        assert [row["step"] for row in csv.DictReader(stream)] == ["10", "20"]


def test_the_picture_has_originals_over_reconstructions(pictures):
    model = train_run("vae", pictures, FEW)
    probe = probe_of(pictures, torch.device("cpu"))
    sheet = trackers.Tracked(None, model, probe, (), ())._pictures()
    assert sheet.shape == (32, 128, 3)
    np.testing.assert_array_equal(sheet[:16, 16:32, 0], (255 * probe[1, 0]).round().byte())


def test_seeds_are_tracked_one_by_one(rows, tmp_path):
    memory = Memory()
    runs = uw.train_seeds(
        "vae", rows, seeds=2, out=tmp_path, loggers=[memory], progress=False, **FEW
    )
    assert all("trained_together" not in run.summary for run in runs)
    assert memory.settings["seed"] == 1


def test_unknown_and_missing_trackers_are_refused(rows, refuses, refused, monkeypatch, tmp_path):
    refuses(lambda: train_run("vae", rows, loggers="tensorbord"), "tensorbord", "tensorboard")
    refuses(lambda: train_run("vae", rows, loggers=[3]), "loggers=3", "Lightning")
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    arguments = ["train", "vae", "--data", "fa15", "--out", tmp_path / "run", "--log", "wandb"]
    refused(arguments, "wandb is not installed", "pip install 'unweave[wandb]'")
    assert not (tmp_path / "run").exists()
