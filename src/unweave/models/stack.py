"""Several models of one architecture as one model, with weights stacked along a seed axis."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap
from torch.utils import _pytree as pytree

from unweave.models.objective import Batch, Draws, LossOutput, ObjectiveModel
from unweave.objectives.outputs import Coefficients
from unweave.schedules import Schedule


class Stack(nn.Module):
    """R models that take their steps together, each on a batch of its own.

    Names and order of parameters are those of one model; every parameter has a leading axis
    of length R. The total that `forward` returns is the sum of the models' losses. Each of
    these depends on its own weights alone, so the gradient holds every model's own gradient.

    Parameters
    ----------
    models : sequence of ObjectiveModel
        Models of one architecture and of equal settings, for which `can_be_stacked`; copied.
    """

    learns_from_labels = False

    def __init__(self, models: Sequence[ObjectiveModel]) -> None:
        super().__init__()
        pattern = _stacked([_WithAdversary(model) for model in models])
        # As children under their own names, so that the state has the names of one model's.
        for name, part in pattern.model.named_children():
            self.add_module(name, part)
        self._pattern = (pattern,)

    @property
    def adversary(self) -> nn.Module | None:
        """The discriminators, stacked in the same way; None for models without one."""
        return self._pattern[0].adversary

    @property
    def learns_from_pairs(self) -> bool:
        """Whether the rows of each model's batch are pairs."""
        return self._pattern[0].model.learns_from_pairs

    @property
    def noise_dim(self) -> int:
        """The number of normal draws a sample of each model needs in a step."""
        return self._pattern[0].model.noise_dim

    @property
    def turning(self) -> float:
        return 0.0

    @property
    def coefficients(self) -> dict[str, float | Schedule]:
        """The settings that act within a step; equal for all models."""
        return self._pattern[0].model.coefficients

    def forward(self, batch: Batch, draws: Draws, coefficients: Coefficients) -> LossOutput:
        """Return the summed loss of all models, and every term as R values.

        Parameters
        ----------
        batch, draws : Batch, Draws
            As for one model, but every tensor has a leading axis of length R.
        coefficients : mapping of str to torch.Tensor
            One value of each, for all models.
        """
        pattern = self._pattern[0]
        output: LossOutput = _over_models(
            lambda weights, *given: functional_call(pattern, weights, (*given, coefficients)),
            dict(pattern.named_parameters()),
            batch,
            draws,
        )
        inputs = output.adversary_inputs or None
        return output._replace(total=output.total.sum(), adversary_inputs=inputs)

    def adversary_loss(self, _: nn.Module, inputs: tuple[torch.Tensor, ...]) -> LossOutput:
        """Return the discriminators' summed loss, and every term as R values.

        The first argument is ignored: one process trains a stack, and wraps no adversary.
        """
        model, adversary = self._pattern[0].model, self._pattern[0].adversary
        assert adversary is not None

        def loss(weights: dict[str, torch.Tensor], *inputs: torch.Tensor) -> LossOutput:
            def discriminate(codes: torch.Tensor) -> Any:
                return functional_call(adversary, weights, (codes,))

            return model.adversary_loss(cast(nn.Module, discriminate), inputs)._replace(
                adversary_inputs=()
            )

        output: LossOutput = _over_models(loss, dict(adversary.named_parameters()), *inputs)
        return output._replace(total=output.total.sum(), adversary_inputs=None)


def can_be_stacked(model: ObjectiveModel) -> bool:
    """Return whether models like this one can take their steps together.

    They may have no labels, no turns while they train, and no state but parameters: what a step
    changes must have a seed axis.
    """
    stateless = model.state_dict().keys() == dict(model.named_parameters()).keys()
    return not (model.learns_from_labels or model.turning) and stateless


class _WithAdversary(nn.Module):
    """A model and its adversary as one module, so that the weights of both can be replaced."""

    def __init__(self, model: ObjectiveModel) -> None:
        super().__init__()
        self.model, self.adversary = model, model.adversary

    def forward(self, batch: Batch, draws: Draws, coefficients: Coefficients) -> LossOutput:
        output: LossOutput = self.model(batch, draws, coefficients)
        # Only tensors may leave `vmap`, so None becomes an empty tuple there.
        return output._replace(adversary_inputs=output.adversary_inputs or ())


def _stacked(modules: Sequence[_WithAdversary]) -> _WithAdversary:
    """Return a copy of the first of equal modules, with the stacked weights of all."""
    pattern = copy.deepcopy(modules[0])
    weights, _ = stack_module_state(list(modules))
    for name, value in weights.items():
        owner, _, own = name.rpartition(".")
        setattr(pattern.get_submodule(owner), own, nn.Parameter(value.detach()))
    return pattern


def _over_models(function: Callable[..., Any], *arguments: Any) -> Any:
    """Map over the leading axis of every tensor in the arguments; None stays None."""
    axes = pytree.tree_map(lambda part: None if part is None else 0, arguments)
    return vmap(function, in_dims=axes)(*arguments)
