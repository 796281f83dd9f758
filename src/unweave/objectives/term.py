"""Terms: the named parts whose weighted sum is an objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from unweave.schedules import Schedule, is_used

Value = Callable[[Any], torch.Tensor]
"""From the outputs of one forward pass (`unweave.objectives.outputs`) to a scalar."""


@dataclass(frozen=True)
class Weight:
    """A setting that weighs terms in the loss.

    Every weight becomes a field of the settings of each family that has a term with it, and
    may be scheduled.

    Attributes
    ----------
    name : str
        The setting's name.
    symbol : str
        Its symbol in the papers.
    help : str
        One line for the command line and the documentation.
    default : float or Schedule
        Its value in models that do not set it.
    """

    name: str
    symbol: str
    help: str
    default: float | Schedule = 0.0

    def is_used(self, settings: Any) -> bool:
        """Tell whether the settings give this weight any value but 0."""
        return is_used(getattr(settings, self.name))


@dataclass(frozen=True)
class Term:
    """One term of an objective.

    Attributes
    ----------
    name : str
        Its name in ``history.csv``, ``summary.json`` and figures.
    symbol : str
        Its symbol in the papers.
    unit : str
        The unit of its value, such as ``nats``; ``""`` for a pure number.
    source : str
        The paper, with its equation.
    value : callable
        From the outputs of a forward pass to the value that is logged: a scalar tensor.
    weight : Weight, optional
        The setting that weighs it in the loss; a term without a weight is added as it is.
    weighed : callable, optional
        From the outputs and the value to what the weight multiplies; by default the value
        itself. For example, the capacity turns the KL divergence into |KL − c|.
    used : callable, optional
        From the settings to whether the term belongs to the objective; by default it does
        where its weight is not 0.
    watched : bool
        Whether it is only logged: it is no part of the loss and has no gradient.
    adversary : bool
        Whether it is the loss of the adversary, which takes a step of its own.
    """

    name: str
    symbol: str
    unit: str
    source: str
    value: Value
    weight: Weight | None = None
    weighed: Callable[[Any, torch.Tensor], torch.Tensor] | None = None
    used: Callable[[Any], bool] | None = None
    watched: bool = False
    adversary: bool = False

    def is_used(self, settings: Any) -> bool:
        """Tell whether a model with these settings has this term."""
        if self.used is not None:
            return self.used(settings)
        return self.weight is None or self.weight.is_used(settings)

    def share(self, outputs: Any, value: torch.Tensor) -> torch.Tensor:
        """Return what the term adds to the loss."""
        part = value if self.weighed is None else self.weighed(outputs, value)
        return part if self.weight is None else outputs.coefficients[self.weight.name] * part

    @property
    def formula(self) -> str:
        """The term as it is written in the objective, such as ``β·KL(q(z|x) ‖ p(z))``."""
        return self.symbol if self.weight is None else f"{self.weight.symbol}·{self.symbol}"


def objective_formula(terms: tuple[Term, ...]) -> str:
    """Return the objective as a sum of its terms, without those that are only logged."""
    return " + ".join(term.formula for term in terms if not term.watched and not term.adversary)
