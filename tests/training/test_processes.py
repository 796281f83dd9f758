"""Two processes agree with one of the same global batch."""

import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

ALONE = [sys.executable]
TOGETHER = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
OWN_NETWORKS = """
import sys
import torch
from torch import nn
import unweave as uw

torch.manual_seed(0)
# No bias before a batch norm: its gradient is rounding alone, which Adam blows up.
def network(inputs, outputs):
    hidden = nn.Linear(inputs, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU()
    return nn.Sequential(*hidden, nn.Linear(32, outputs))

encoder, decoder = network(15, 8), network(4, 15)
uw.train("bf-vae", "fa15:rows=400", latent_dim=4, steps=50, encoder=encoder, decoder=decoder,
         out=sys.argv[1], device="cpu", progress=False)
"""


def launch(command):
    # No GPU for either, so that both are of one device.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def assert_agree(one, two, free=()):
    """After 50 steps, to 2e-5: sums are taken in another order, and Adam divides by them."""
    first, second = (load_file(folder / "model.safetensors") for folder in (one, two))
    for name in set(first) - set(free):
        torch.testing.assert_close(first[name], second[name], atol=2e-5, rtol=2e-5, msg=name)


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("bf-vae", ["--set", "capacity=5", "--set", "lambda_off_diagonal=1"]),
        ("beta-tcvae", ["--set", "covariance_of=aggregate", "--set", "lambda_diagonal=1"]),
    ],
)
def test_two_processes_agree_with_one(model, more, tmp_path):
    arguments = ["-m", "unweave", "train", model, "--data", "fa15:rows=400", "--steps", "50"]
    for start, name in ((ALONE, "one"), (TOGETHER, "two")):
        launch([*start, *arguments, *more, "--out", str(tmp_path / name)])
    assert_agree(tmp_path / "one", tmp_path / "two")


def test_batch_norm_is_that_of_the_global_batch(tmp_path):
    script = tmp_path / "own_networks.py"
    script.write_text(OWN_NETWORKS)
    for start, name in ((ALONE, "one"), (TOGETHER, "two")):
        launch([*start, str(script), str(tmp_path / name)])
    assert_agree(tmp_path / "one", tmp_path / "two")


def test_an_attribute_model_agrees_too(tmp_path):
    """Targets, codes and statistics are those of the global batch."""
    arguments = ["-m", "unweave", "train", "mdd-ae-dcov", "--data", "digits", "--steps", "10"]
    for setting in ("channels=8", "units=32", "latent_dim=4", "gamma=20", "precision=32-true"):
        arguments += ["--set", setting]
    one, two = tmp_path / "one", tmp_path / "two"
    for start, out in ((ALONE, one), (TOGETHER, two)):
        launch([*start, *arguments, "--out", str(out)])
    # Where the latent values stand is taken away at once: its gradient is rounding alone.
    assert_agree(one, two, free=("encoder.7.bias", "norm.running_mean"))
    logits = [load_file(out / "model.safetensors")["encoder.7.bias"][:10] for out in (one, two)]
    torch.testing.assert_close(*logits, atol=2e-5, rtol=2e-5)
