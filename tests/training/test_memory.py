"""Trainings that cannot fit: refused from sizes alone, before memory is asked for."""

import gc
import json
import os
import subprocess
import sys

import pytest
import torch

from unweave.errors import RequestError
from unweave.memory import free_memory
from unweave.models.families import MODELS, build_model, family_of, model_settings
from unweave.objectives.targets import Targets
from unweave.training import memory
from unweave.training.memory import kept_by_a_step

GIB = 2**30
PROGRAM = """
import json, resource, sys
import unweave as uw
from unweave.training import memory
memory.free_memory = lambda: 8 * 2**30
uw.train("vae", "fa15", steps=1, latent_dim=2, progress=False)  # All that is imported late is.
for call in json.loads(sys.argv[1]):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        train, changes = eval(call)
        train(data="fa15", progress=False, **changes)
    except uw.RequestError as error:
        said = str(error)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([said, (after - before) // 1024]))
"""
TOO_LARGE = {
    "uw.train, dict(model='vae', latent_dim=10**7)": "this model needs",
    # Weights, gradients and moments alone would fit; of seeds, those of each.
    "uw.train, dict(model='beta-tcvae', latent_dim=10**6)": "this model needs",
    "uw.train, dict(model='dip-vae-i', latent_dim=10**5)": "this model needs",
    "uw.train, dict(model='bf-vae', latent_dim=10**6)": "this model needs",
    "uw.train_seeds, dict(model='vae', latent_dim=4 * 10**5, seeds=9, out='none')": (
        "9 such models at once need"
    ),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Return what is said of each model that is too large, and the megabytes that it took."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(list(TOO_LARGE))],
        capture_output=True,
        text=True,
        cwd=tmp_path_factory.mktemp("refused"),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(TOO_LARGE), done.stderr
    return dict(zip(TOO_LARGE, lines, strict=True))


@pytest.mark.skipif(sys.platform == "win32", reason="no such measure of memory")
@pytest.mark.parametrize("call", TOO_LARGE)
def test_what_cannot_fit_takes_no_memory(call, refused):
    line, megabytes = refused[call]
    assert TOO_LARGE[call] in line
    assert "8.0 GiB are free" in line
    assert megabytes < 100


def on_meta(name, shape=(1, 16, 16), **changes):
    """Return the named model on the device ``meta``."""
    settings = model_settings(name, shape, changes)
    targets = Targets(("a", "b"))
    with torch.device("meta"):
        return build_model(name, settings, shape, 100, targets=targets)


@pytest.mark.parametrize("name", MODELS)
def test_a_step_of_every_model_can_be_measured(name):
    has_likelihood = "likelihood" in family_of(name).settings.names()
    model = on_meta(name, **({"likelihood": "bernoulli"} if has_likelihood else {}))
    with torch.device("meta"):
        kept = [kept_by_a_step(model, (1, 16, 16), size) for size in (32, 64)]
    # Samples and outputs of layers are at least what grows with the batch.
    assert kept[1] - kept[0] >= 32 * 16 * 16 * 4


@pytest.mark.parametrize("name", MODELS)
def test_nothing_stays_of_a_measured_step(name):
    """Neither the model nor the graph of the step that was measured outlives it."""
    has_likelihood = "likelihood" in family_of(name).settings.names()
    changes = {"likelihood": "bernoulli"} if has_likelihood else {}
    gc.freeze()  # What was there before is not looked at, which takes long.
    try:
        with torch.device("meta"):
            kept_by_a_step(on_meta(name, **changes), (1, 16, 16), 8)
        gc.collect()
        assert not tensors_on_meta()
    finally:
        gc.unfreeze()


def tensors_on_meta():
    """Return how many tensors on ``meta`` are alive."""
    return sum(issubclass(type(each), torch.Tensor) and each.is_meta for each in gc.get_objects())


def test_what_a_perceptron_keeps_is_counted():
    """By hand: of a linear layer its input, of tanh its output, of ε σ both, and so on."""
    sizes = []
    for dims in (1000, 2000):
        model = on_meta("vae", (3,), hidden=(4,), latent_dim=dims, likelihood="gaussian")
        with torch.device("meta"):
            sizes.append(kept_by_a_step(model, (3,), 8))
    # For each latent value: z, ε, σ, μ and the log-variance at least, 4 bytes each.
    assert 5 * 1000 * 8 * 4 <= sizes[1] - sizes[0] <= 12 * 1000 * 8 * 4


def test_networks_of_ones_own_are_let_be():
    model = on_meta("vae", (3,), likelihood="gaussian")
    model.encoder = torch.nn.Linear(3, 20)
    assert kept_by_a_step(model, (3,), 8) == 0


def test_a_container_has_less_than_its_machine(tmp_path, monkeypatch):
    monkeypatch.setattr("unweave.memory._CONTAINER", tmp_path)
    machine = free_memory()
    for name, text in {
        "memory.max": "3000000",
        "memory.current": "2000000",
        "memory.stat": "anon 1500000\ninactive_file 500000\n",
    }.items():
        (tmp_path / name).write_text(text)
    assert free_memory() == 1_500_000
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory() == pytest.approx(machine, rel=0.2)


def test_a_gpu_refuses_by_itself(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: GIB)
    with pytest.raises(RequestError, match="GiB are free"):
        memory.require_memory(lambda: on_meta("vae", (3,), likelihood="gaussian"), (3,), 10**8)
    memory.require_memory(
        lambda: on_meta("vae", (3,), likelihood="gaussian"), (3,), 10**8, step=False
    )
