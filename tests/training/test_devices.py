"""The precision that `auto` stands for."""

import os
import subprocess
import sys

import pytest
import torch

from unweave.training import devices

CPU = torch.device("cpu")


def precision_here(**environment):
    code = (
        "import torch; from unweave.training.devices import pick_precision;"
        "print(pick_precision('auto', torch.device('cpu'), images=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_float32_where_onednn_may_not_use_the_units_of_bf16():
    assert precision_here(ONEDNN_MAX_CPU_ISA="SSE41") == "32-true"


@pytest.mark.parametrize("multiplies", [False, True])
def test_bf16_for_images_alone_and_where_it_is_multiplied(monkeypatch, multiplies):
    monkeypatch.setattr(devices, "_cpu_multiplies_bf16", lambda: multiplies)
    images = "bf16-mixed" if multiplies else "32-true"
    assert devices.pick_precision("auto", CPU, images=True) == images
    assert devices.pick_precision("auto", CPU, images=False) == "32-true"
    assert devices.pick_precision("bf16-mixed", CPU, images=False) == "bf16-mixed"
