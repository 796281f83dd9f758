"""Two processes agree with one of the same global batch."""

import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file


@pytest.mark.parametrize("model", ["bf-vae", "dip-vae-ii", "beta-tcvae", "annealed-vae"])
def test_two_processes_agree_with_one(model, tmp_path):
    """After 50 steps, to 2e-5: gradients are summed in another order, and Adam divides by them."""
    arguments = ["train", model, "--data", "fa15:rows=400", "--steps", "50", "--device", "cpu"]
    arguments += ["--set", "lambda_off_diagonal=1", "--out"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    two = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    launched = subprocess.run(
        [*two, "-m", "unweave", *arguments, str(tmp_path / "two")],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert launched.returncode == 0, launched.stderr
    one = [sys.executable, "-m", "unweave", *arguments, str(tmp_path / "one")]
    subprocess.run(one, env=environment, check=True, capture_output=True)
    first, second = (
        load_file(tmp_path / name / "model.safetensors") for name in ("one", "two")
    )
    for name in first:
        torch.testing.assert_close(first[name], second[name], atol=2e-5, rtol=0)
