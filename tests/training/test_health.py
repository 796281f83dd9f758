"""Health: dead layers, collapse and explosion are told from models that live."""

import logging

import numpy as np
import pytest
import torch
from torch import nn

from support import train_run
from unweave.data import load_data
from unweave.models.families import VARIATIONAL
from unweave.models.variational.model import VariationalModel
from unweave.training.health import Health, HealthWatch, health_of, probe_of

SAMPLES = torch.from_numpy(np.random.default_rng(0).normal(size=(64, 6)).astype(np.float32))


def model_of(encoder, decoder):
    settings = VARIATIONAL.settings(latent_dim=2, likelihood="gaussian")
    return VariationalModel(encoder, decoder, settings, VARIATIONAL.terms, 100)


def living():
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 4))
    decoder = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 6))
    with torch.no_grad():
        decoder[0].bias.fill_(1)  # Every unit fires for some code.
    return model_of(encoder, decoder)


def test_a_living_model_has_nothing_to_say():
    found = health_of(living(), SAMPLES, True)
    assert found.dead == {"encoder.1": 0.0, "decoder.1": 0.0}
    assert not found.collapsed
    assert found.exploded == ()
    assert found.note == ""


def test_units_that_never_fire_are_counted():
    model = living()
    with torch.no_grad():
        model.decoder[0].bias[:6] = -100
    found = health_of(model, SAMPLES, True)
    assert found.dead["decoder.1"] == 0.75
    assert found.dead_layers == {}
    with torch.no_grad():
        model.decoder[0].bias[:] = -100
    found = health_of(model, SAMPLES, True)
    assert found.dead["decoder.1"] == 1
    assert "100% of the units of decoder.1 do not respond" in found.note
    assert found.collapsed


def test_a_channel_lives_if_it_does_at_any_place():
    torch.manual_seed(0)
    images = torch.rand(16, 1, 8, 8)
    encoder = nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Unflatten(1, (1, 8, 8)))
    model = model_of(encoder, decoder)
    with torch.no_grad():
        model.encoder[0].bias[0] = -100
        model.encoder[0].weight[1] = 0
    assert health_of(model, images, True).dead == {"encoder.1": 0.5}


def test_the_variance_is_that_of_reconstructions():
    model = living()
    decoded = model.decode(model.encode(SAMPLES)).detach().numpy()
    wanted = decoded.var(0, ddof=1).sum() / SAMPLES.numpy().var(0, ddof=1).sum()
    assert health_of(model, SAMPLES, True).variance == pytest.approx(wanted, rel=1e-5)


def test_a_posterior_far_from_the_prior_has_exploded():
    model = living()
    with torch.no_grad():
        model.encoder[2].bias[1] = 100
    found = health_of(model, SAMPLES, True)
    assert found.exploded == (1,)
    assert "z1" in found.note


def test_the_mode_is_left_as_it_was():
    model = living()
    for training in (True, False):
        model.train(training)
        health_of(model, SAMPLES, True)
        assert model.training == training


def test_what_is_not_finite_has_collapsed():
    assert Health(float("nan")).collapsed
    assert Health(float("nan")).to_json()["variance"] is None


def test_a_watch_says_it_once(caplog):
    model = living()
    with torch.no_grad():
        model.encoder[0].bias[:] = 1e4
    watch = HealthWatch(model, SAMPLES, True, steps=100)
    with caplog.at_level(logging.WARNING, "unweave"):
        for step in range(1, 101):
            watch.step(step)
    (line,) = caplog.messages
    assert line.startswith("step 5: ")
    assert "encoder.1" in line


def test_collapse_is_said_when_half_of_the_steps_are_taken(caplog):
    model = living()
    with torch.no_grad():
        model.decoder[2].weight.zero_()
    watch = HealthWatch(model, SAMPLES, True, steps=100)
    with caplog.at_level(logging.WARNING, "unweave"):
        for step in range(1, 101):
            watch.step(step)
    (line,) = caplog.messages
    assert line.startswith("step 50: collapsed")


def test_a_run_keeps_its_health(rows, tmp_path):
    alive = train_run("vae", rows, {"steps": 400}, out=tmp_path / "run")
    assert not alive.health["collapsed"]
    assert alive.health["note"] == ""
    assert set(alive.health["dead"]) == {"encoder.1", "encoder.3", "decoder.1", "decoder.3"}
    closed = train_run("beta-vae", rows, {"steps": 100, "beta": 1e4})
    assert closed.health["collapsed"]
    assert "smaller beta" in closed.health["note"]


def test_the_probe_is_of_the_training_split():
    data = load_data("fa15:rows=4000")
    probe = probe_of(data, torch.device("cpu"))
    assert probe.shape == (256, 15)
    kept = {row.tobytes() for row in np.asarray(data.samples[data.rows("train")])}
    assert all(row.numpy().tobytes() in kept for row in probe)
