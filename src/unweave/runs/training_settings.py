"""Settings of training: steps, batches, optimisers, precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unweave.models.families import family_of
from unweave.settings import Scheduled, Settings, setting


@dataclass(frozen=True)
class TrainingSettings(Settings):
    """Settings of the training loop; none of them belongs to a model."""

    steps: int = setting(6000, "number of optimiser steps", least=1)
    batch_size: int = setting(
        64, "samples in a step, over all processes; at most the number of training rows", least=2
    )
    changed_factors: int = setting(
        1,
        "pairs drawn from data with factors: in how many they differ; 0: a random number each",
        least=0,
    )
    learning_rate: Scheduled = setting(5e-4, "Adam's learning rate", least=0)
    adam_beta1: float = setting(0.9, "Adam's decay of the mean gradient", least=0, below=1)
    adam_beta2: float = setting(
        0.999, "Adam's decay of the mean squared gradient", least=0, below=1
    )
    adversary_learning_rate: Scheduled = setting(
        1e-4, "Adam's learning rate for the discriminator", least=0
    )
    adversary_adam_beta1: float = setting(0.5, "adam_beta1 for the discriminator", least=0, below=1)
    adversary_adam_beta2: float = setting(0.9, "adam_beta2 for the discriminator", least=0, below=1)
    log_every: int = setting(50, "steps that are averaged in one row of history.csv", least=1)
    checkpoint_seconds: float = setting(
        20.0, "least number of seconds between two checkpoints", least=0
    )
    precision: str = setting(
        "auto",
        "auto: bf16 for images if the device gains from it, else float32",
        choices=("auto", "32-true", "bf16-mixed"),
    )
    compile: str = setting(
        "auto",
        "compile the step; auto: for images if the run is long enough to gain from it",
        choices=("auto", "yes", "no"),
    )


def training_settings(
    name: str, shape: Sequence[int], changes: Mapping[str, Any], form: str = ""
) -> TrainingSettings:
    """Return a named model's training settings for samples of one shape, with the user's `changes`.

    Parameters
    ----------
    name : str
    shape : sequence of int
        (C, H, W) of an image or (J,) of a row.
    changes : mapping of str to Any
        Settings of the training; texts are converted.
    form : str
        The form whose defaults are taken, in a family with forms.
    """
    values = family_of(name).default_values(name, shape, form)
    own = {key: value for key, value in values.items() if key in TrainingSettings.names()}
    return TrainingSettings(**TrainingSettings.read({**own, **changes}))
