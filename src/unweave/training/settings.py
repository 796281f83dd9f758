"""How a model is trained: steps, batches, optimisers, precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unweave.settings import Scheduled, Settings, setting


@dataclass(frozen=True)
class TrainingSettings(Settings):
    """Settings of the loop; none of them belongs to a model."""

    steps: int = setting(6000, "number of optimiser steps", least=1)
    batch_size: int = setting(
        64, "samples a step, over all processes; shrinks to the training rows there are", least=2
    )
    learning_rate: Scheduled = setting(5e-4, "Adam's learning rate", least=0)
    adam_beta1: float = setting(0.9, "Adam's decay of the mean gradient", least=0, below=1)
    adam_beta2: float = setting(
        0.999, "Adam's decay of the mean squared gradient", least=0, below=1
    )
    adversary_learning_rate: Scheduled = setting(
        1e-4, "Adam's learning rate of the discriminator", least=0
    )
    adversary_adam_beta1: float = setting(0.5, "the same, for the discriminator", least=0, below=1)
    adversary_adam_beta2: float = setting(0.9, "the same, for the discriminator", least=0, below=1)
    log_every: int = setting(50, "steps averaged in one row of history.csv", least=1)
    checkpoint_seconds: float = setting(20.0, "least time between two checkpoints", least=0)
    precision: str = setting(
        "auto",
        "auto: bf16 where the device gains from it, else float32",
        choices=("auto", "32-true", "bf16-mixed"),
    )
    compile: str = setting(
        "auto",
        "compile the step; auto: where the run is long enough to gain from it",
        choices=("auto", "yes", "no"),
    )


def training_defaults(shape: Sequence[int], attribute_form: str = "") -> dict[str, Any]:
    """Return the defaults for samples of one shape.

    `attribute_form` is the form of an attribute model, empty for variational ones.

    So chosen that a default run on two cores ends within 15 minutes; the numbers
    behind them are in `docs/benchmarks.md`.
    """
    if len(shape) == 1:
        return {
            "steps": 6000,
            "batch_size": 256,
            "learning_rate": "cosine(0.003, 0.00001, 1)",
            "adversary_learning_rate": 1e-3,
        }
    small = max(shape[1:]) <= 32
    own: dict[str, Any]
    if attribute_form == "paper":
        own = {"learning_rate": 1e-4, "adam_beta1": 0.5, "batch_size": 100 if small else 128}
        return own | {"steps": 10000 if small else 2000}
    if attribute_form:
        own = {"learning_rate": "cosine(0.002, 0.00002, 1)", "batch_size": 128}
        return own | {"steps": 4000 if small else 2000}
    if small:
        return {"steps": 10000, "batch_size": 64}
    return {"steps": 6000, "batch_size": 64}
