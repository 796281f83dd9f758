"""Controls: the elements of a code that a slider moves, what they are called, and how far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unweave.data import Dataset
from unweave.editing.aggregate_posterior import AggregatePosterior
from unweave.editing.effects import effects
from unweave.runs.model import Model

# How far attributes can be set to either side of the 0 and 1 they were trained on.
ATTRIBUTE_RANGE = (-1.0, 2.0)
# Sliders of latent values reach at least this far; the prior's standard deviation is 1.
_LEAST_REACH = 3.0
_FARTHEST = 0.999


@dataclass(frozen=True)
class Control:
    """One element of the code that a slider moves.

    Attributes
    ----------
    name : str
        Its name among the model's `code_names`.
    meaning : str
        The name that the run's owner gave it, or else what it moves; may be empty.
    low, high : float
        The ends of the slider.
    kl : float
        KL of a latent dimension in nats; NaN where it is not known, and for attributes.
    folded : bool
        Whether it is folded away, as dimensions that are not informative are.
    """

    name: str
    meaning: str
    low: float
    high: float
    kl: float = float("nan")
    folded: bool = False

    @property
    def label(self) -> str:
        """The text beside the slider: ``z3: N3 + N2 + N1``; of an attribute its name."""
        if not self.name.startswith("z") or not self.name[1:].isdigit():
            return self.meaning or self.name.replace("_", " ")
        return f"{self.name}: {self.meaning}" if self.meaning else self.name


def controls_of(
    model: Model, dataset: Dataset | None, posterior: AggregatePosterior | None
) -> list[Control]:
    """Return the attributes of a model, or its dimensions in order of falling KL.

    Parameters
    ----------
    model : Model
    dataset : Dataset or None
        As the model reads it.
    posterior : AggregatePosterior or None
        The model's, on this dataset; None for models without a posterior.
    """
    given = model.given_names()
    if posterior is None:
        names = model.targets.names
        return [Control(name, given.get(name, ""), *ATTRIBUTE_RANGE) for name in names]
    kl, draws = posterior.kl, np.abs(posterior.draws)
    informative = set(model.summary.get("informative") or range(len(kl)))
    found = effects(model, dataset)
    controls = []
    for k in np.argsort(-np.nan_to_num(kl), kind="stable"):
        reach = max(_LEAST_REACH, float(np.ceil(2 * np.quantile(draws[:, k], _FARTHEST)) / 2))
        name = f"z{k}"
        folded = int(k) not in informative
        meaning = given.get(name) or ("" if folded else found.meaning(name))
        controls.append(Control(name, meaning, -reach, reach, float(kl[k]), folded))
    return controls
