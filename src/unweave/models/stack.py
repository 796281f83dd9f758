"""Several models of one architecture as one, their weights stacked along a seed axis."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap
from torch.utils import _pytree as pytree

from unweave.models.output import Batch, Draws, Knobs, LossOutput
from unweave.models.variational import VariationalModel
from unweave.schedules import Schedule


class Stack(nn.Module):
    """R models that take their steps together, one batch of each.

    Names and order of parameters are those of one model; every parameter has a leading axis
    of length R. The total that `forward` returns is the sum of the models' own, each of
    which depends on its own weights alone: its gradient is every model's own gradient.

    Parameters
    ----------
    models : sequence of VariationalModel
        Of one architecture and of equal settings, without buffers; copied.
    """

    wants_labels = False

    def __init__(self, models: Sequence[VariationalModel]) -> None:
        super().__init__()
        pattern = _stacked([_Players(model) for model in models])
        # As children under their own names, so that the state is named as one model's is.
        for name, part in pattern.model.named_children():
            self.add_module(name, part)
        self._players = (pattern,)

    @property
    def adversary(self) -> nn.Module | None:
        """The discriminators, stacked likewise; None for models without one."""
        return self._players[0].adversary

    @property
    def noise_dim(self) -> int:
        """How many normal draws a sample of each model needs in a step."""
        return self._players[0].model.noise_dim

    @property
    def knobs(self) -> dict[str, float | Schedule]:
        """The settings that act within a step; equal for all models."""
        return self._players[0].model.knobs

    def forward(self, batch: Batch, draws: Draws, knobs: Knobs) -> LossOutput:
        """Return the summed loss of all models, and every term as R values.

        Parameters
        ----------
        batch, draws : Batch, Draws
            One model's, with a leading axis of length R throughout.
        knobs : mapping of str to torch.Tensor
            One value for all models.
        """
        players = self._players[0]
        output: LossOutput = _over_models(
            lambda weights, *given: functional_call(players, weights, (*given, knobs)),
            dict(players.named_parameters()),
            batch,
            draws,
        )
        return output._replace(total=output.total.sum(), contest=output.contest or None)

    def adversary_loss(self, _: nn.Module, contest: tuple[torch.Tensor, ...]) -> LossOutput:
        """Return the discriminators' summed loss, and every term as R values.

        Of `self.adversary`: a stack is trained by one process, which wraps nothing.
        """
        model, adversary = self._players[0].model, self._players[0].adversary
        assert adversary is not None

        def loss(weights: dict[str, torch.Tensor], *contest: torch.Tensor) -> LossOutput:
            judge: Any = lambda codes: functional_call(adversary, weights, (codes,))  # noqa: E731
            return model.adversary_loss(judge, contest)._replace(contest=())

        output: LossOutput = _over_models(loss, dict(adversary.named_parameters()), *contest)
        return output._replace(total=output.total.sum(), contest=None)


class _Players(nn.Module):
    """A model and its adversary as one module, for the weights of both to be put in."""

    def __init__(self, model: VariationalModel) -> None:
        super().__init__()
        self.model, self.adversary = model, model.adversary

    def forward(self, batch: Batch, draws: Draws, knobs: Knobs) -> LossOutput:
        output: LossOutput = self.model(batch, draws, knobs)
        # Only tensors may leave `vmap`, so nothing is an empty tuple there.
        return output._replace(contest=output.contest or ())


def _stacked(all_players: Sequence[_Players]) -> _Players:
    """Return the first of equal modules, copied, with the stacked weights of all."""
    pattern = copy.deepcopy(all_players[0])
    weights, _ = stack_module_state(list(all_players))
    for name, value in weights.items():
        owner, _, own = name.rpartition(".")
        setattr(pattern.get_submodule(owner), own, nn.Parameter(value.detach()))
    return pattern


def _over_models(function: Callable[..., Any], *arguments: Any) -> Any:
    """Map over the leading axis of every tensor in the arguments; what is None stays so."""
    axes = pytree.tree_map(lambda part: None if part is None else 0, arguments)
    return vmap(function, in_dims=axes)(*arguments)
