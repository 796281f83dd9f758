"""Two processes agree with one of the same global batch, and would not by the half of it.

They take sums in another order. In single precision that is enough, on one processor and not on
another, for a unit within 1e-6 of the kink of its ReLU to fall on the other side: a fifth of a
bias's gradient went with one such unit, and Adam's step with the gradient. So what has learnt is
compared in double precision, and single precision where nothing learns and no unit is near.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from unweave.runs.folder import checkpoint_file
from unweave.runs.history import History

TRAIN_CASES = str(Path(__file__).with_name("train_cases.py"))
ALONE = [sys.executable]
TOGETHER = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
DOUBLE, SINGLE = 1e-7, 1e-4
MARGIN = 100  # A wrong statistic must show this many times as much.

CASE = {"untold": 0, "own_networks": False, "double": True, "forgotten": []}
SHORT = {"steps": 20, "log_every": 1}
TABLE = CASE | {
    "data": "fa15:rows=400",
    "gathers": ["means", "log-variances", "codes"],
    "changes": SHORT,
}
SMALL = {"channels": [8], "units": [32], "latent_dim": 4, "gamma": 20, "precision": "32-true"}
DIGITS = CASE | {
    "model": "mdd-ae-dcov",
    "data": "digits",
    "gathers": ["known labels", "soft target", "latent values"],
    "changes": SMALL | {"steps": 10, "log_every": 1},
}
# Adam's means are those of gradients at the weights that training begins with. In 16 images of
# the default seed no unit is nearer than 2e-4 to its kink; what rounding moves it by is near 1e-6.
AT_REST = SMALL | {"steps": 2, "log_every": 1, "batch_size": 16, "learning_rate": 0}

CASES = {
    # It rises past the divergence: of two halves one may still be below it, and one above.
    "capacity": TABLE
    | {"model": "annealed-vae", "changes": SHORT | {"capacity": "linear(0, 1, 1)"}},
    "covariance": TABLE | {"model": "dip-vae-i"},
    "aggregate covariance": TABLE | {"model": "dip-vae-ii"},
    "total correlation": TABLE | {"model": "beta-tcvae"},
    "discriminator": TABLE
    | {
        "model": "bf-vae",
        "gathers": [*TABLE["gathers"], "permuted codes"],
        "changes": SHORT | {"capacity": 5, "lambda_off_diagonal": 1},
    },
    "own networks": TABLE
    | {"model": "vae", "own_networks": True, "changes": SHORT | {"latent_dim": 4}},
    "labels": DIGITS,
    "some labels": DIGITS | {"untold": 3},
    "at rest": DIGITS | {"double": False, "changes": AT_REST},
}
# No mutants are those of terms that are means over rows: the mean of both halves is the whole's.
FORGOTTEN = {
    "capacity": [["means", "log-variances"]],
    "covariance": [["means"]],
    "aggregate covariance": [["means"], ["log-variances"]],
    "total correlation": [["means"], ["log-variances"]],
    "discriminator": [["means"], ["permuted codes"]],
    "own networks": [["batch norm of 32"]],
    "labels": [["soft target"], ["latent values"], ["batch norm of 4"], ["batch norm of 32"]],
    "some labels": [["known labels"]],
    "at rest": [["soft target"], ["latent values"], ["batch norm of 4"], ["batch norm of 32"]],
}
MUTANTS = {
    f"{name} without {' and '.join(statistics)}": (name, statistics)
    for name, several in FORGOTTEN.items()
    for statistics in several
}


def launch(command):
    # No GPU for either, so that both are of one device.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    # For `train_cases.py` to find what these tests share.
    places = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(places)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Return where one process has trained every case."""
    folder = tmp_path_factory.mktemp("one")
    launch([*ALONE, TRAIN_CASES, json.dumps(CASES), str(folder)])
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Return where two processes have trained every case and mutant: to start them takes long."""
    folder = tmp_path_factory.mktemp("two")
    mutants = {key: CASES[name] | {"forgotten": gone} for key, (name, gone) in MUTANTS.items()}
    launch([*TOGETHER, TRAIN_CASES, json.dumps(CASES | mutants), str(folder)])
    return folder


def distances(one, two):
    """Return how far apart two runs are in all that training changes, and in all it logs.

    Every tensor of the checkpoint (weights, running statistics, Adam's means of gradients) and
    every column of the history, in units of its own largest value.
    """
    first, second = (load_file(checkpoint_file(folder)) for folder in (one, two))
    logs = [History.read(folder / "history.csv") for folder in (one, two)]
    for tensors, log in ((first, logs[0]), (second, logs[1])):
        tensors |= {name: torch.tensor(log.column(name)) for name in log.terms}
    assert first.keys() == second.keys()
    found = {}
    for name, wanted in first.items():
        apart = (second[name].double() - wanted.double()).abs().max()
        found[name] = (apart / wanted.double().abs().max().clamp_min(1e-30)).item()
    return found


def limit(case):
    return DOUBLE if case["double"] else SINGLE


@pytest.mark.parametrize("name", CASES)
def test_two_processes_agree_with_one(name, one, two):
    found = distances(one / name, two / name)
    assert len(found) > 20
    assert {key: value for key, value in found.items() if not value <= limit(CASES[name])} == {}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_statistics_of_one_process_alone_would_show(mutant, one, two):
    name, _ = MUTANTS[mutant]
    found = distances(one / name, two / mutant)
    assert max(found.values()) > MARGIN * limit(CASES[name])


def test_the_command_line_in_two_processes_agrees_with_one(one, tmp_path):
    arguments = ["-m", "unweave", "train", "mdd-ae-dcov", "--data", "digits"]
    for name, value in (AT_REST | {"channels": 8, "units": 32}).items():
        arguments += ["--set", f"{name}={value}"]
    launch([*TOGETHER, *arguments, "--out", str(tmp_path / "two")])
    found = distances(one / "at rest", tmp_path / "two")
    assert {key: value for key, value in found.items() if not value <= SINGLE} == {}
