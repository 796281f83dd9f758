"""An objective as a sum of terms; batches, draws and losses that model and loop exchange."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from unweave.models.columns import TableColumns
from unweave.objectives.outputs import Coefficients
from unweave.objectives.targets import Targets
from unweave.objectives.term import Term
from unweave.schedules import Schedule


class LossOutput(NamedTuple):
    """The loss of one step.

    Attributes
    ----------
    total : torch.Tensor
        The scalar to minimise.
    terms : dict of str to torch.Tensor
        ``loss`` (the total) and the unweighted value of every term, all scalars.
    adversary_inputs : tuple of torch.Tensor, or None
        Detached codes for the adversary's own step, if the model has an adversary.
    """

    total: torch.Tensor
    terms: dict[str, torch.Tensor]
    adversary_inputs: tuple[torch.Tensor, ...] | None = None


class Batch(NamedTuple):
    """The data of one step.

    Attributes
    ----------
    samples : torch.Tensor
        N x …, float; for models that learn from pairs, each with its partner after it.
    second : torch.Tensor or None
        A second, independent batch, for models with an adversary.
    labels : torch.Tensor or None
        int64, for models that learn from labels: N classes, or N x L attributes; −1 where
        unknown.
    """

    samples: torch.Tensor
    second: torch.Tensor | None = None
    labels: torch.Tensor | None = None


class Draws(NamedTuple):
    """The random numbers of one step, drawn outside the model so that they can be repeated.

    Every tensor's first axis is this process's part of the global batch, except
    `orders`, which permutes the whole of it.

    Attributes
    ----------
    noise : torch.Tensor
        N x K standard normal.
    second_noise, orders : torch.Tensor or None
        For models with an adversary: N x K noise of the second batch, and M x K
        permutations of 0 … M − 1 (M the global batch).
    """

    noise: torch.Tensor
    second_noise: torch.Tensor | None = None
    orders: torch.Tensor | None = None


def alone(rows: torch.Tensor) -> torch.Tensor:
    """Return the rows unchanged: `gather` for a single process."""
    return rows


class ObjectiveModel(nn.Module):
    """An encoder, a decoder, and the terms whose weighted sum they minimise.

    Parameters
    ----------
    encoder, decoder : torch.nn.Module
    settings : Settings
        Settings of the model's family.
    terms : sequence of Term
        The family's terms; the model uses those that its settings call for.
    columns : TableColumns, optional
        The columns of a table, if they are not all numbers without blanks.

    Attributes
    ----------
    terms : tuple of Term
        The terms in use, without those of the adversary.
    targets : Targets
        The labels the model learns from; empty for most models.
    kept : int or None
        How many of the first latent dimensions may be informative; None for all.
    gather : callable
        Joins this process's rows with those of the others, differentiably. The training
        loop sets it if there are several processes; batch statistics are taken over it.
    """

    targets = Targets()
    kept: int | None = None

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        settings: Any,
        terms: Sequence[Term],
        columns: TableColumns | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.settings = encoder, decoder, settings
        self.columns = columns
        used = [term for term in terms if term.is_used(settings)]
        self.terms = tuple(term for term in used if not term.adversary)
        self.adversary_terms = tuple(term for term in used if term.adversary)
        self.gather: Callable[[torch.Tensor], torch.Tensor] = alone

    @property
    def adversary(self) -> nn.Module | None:
        """The network with an optimiser and a step of its own; None for most models."""
        return None

    @property
    def turning(self) -> float:
        """The share of the steps in which the codes are turned to independent directions."""
        return 0.0

    @property
    def noise_dim(self) -> int:
        """The number of normal draws a sample needs in a step."""
        return 0

    @property
    def learns_from_labels(self) -> bool:
        """Whether batches must come with labels."""
        return len(self.targets) > 0

    @property
    def learns_from_pairs(self) -> bool:
        """Whether the rows of a batch are pairs: the first two, the next two, and so on."""
        return False

    def network_input(self, samples: torch.Tensor) -> torch.Tensor:
        """Return what the encoder takes of samples: these themselves, or their columns' inputs."""
        return samples if self.columns is None else self.columns.inputs(samples)

    def decoder_input(
        self, codes: torch.Tensor, samples: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return what the decoder takes: the codes, and the given columns of the samples.

        Without samples the given columns are blank.
        """
        if self.columns is None or not self.columns.given.width:
            return codes
        if samples is None:
            count = len(self.columns.layout.columns)
            samples = codes.new_full((len(codes), count), torch.nan)
        return torch.cat([codes, self.columns.given(samples).to(codes.dtype)], 1)

    def observed(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the values of samples that `expected` predicts; NaN where blank."""
        return samples if self.columns is None else self.columns.observed(samples)

    def expected(self, codes: torch.Tensor, samples: torch.Tensor | None = None) -> torch.Tensor:
        """Return E x of p(x|code): of a table's columns in the form of `observed`.

        The given columns are those of `samples`; without these they are blank.
        """
        if self.columns is None:
            return self.decode(codes)
        return self.columns.expected(self.decoder(self.decoder_input(codes, samples)).float())

    @property
    def code_dim(self) -> int:
        """Length of a code."""
        return len(self.targets) + int(self.settings.latent_dim)

    @property
    def encoder_outputs(self) -> tuple[int, str]:
        """The number of outputs of the encoder, and their meaning in words."""
        raise NotImplementedError

    @property
    def coefficients(self) -> dict[str, float | Schedule]:
        """The settings that act within a step; `forward` takes their present values as tensors."""
        values = {name: getattr(self.settings, name) for name in self.settings.schedulable()}
        return {name: value for name, value in values.items() if value is not None}

    def encode(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the codes of N samples, N x `code_dim`, float32."""
        raise NotImplementedError

    def posterior(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log-variance of q(z|x), in families whose codes are distributions."""
        raise NotImplementedError

    def soft_targets(self, samples: torch.Tensor) -> torch.Tensor:
        """Return ŷ, N x L in [0, 1], in families that learn from labels."""
        raise NotImplementedError

    def prior(self, noise: torch.Tensor) -> torch.Tensor:
        """Return codes that follow the prior, made of N x K standard normal noise."""
        return noise

    def decode(self, codes: torch.Tensor, samples: torch.Tensor | None = None) -> torch.Tensor:
        """Return the samples of N codes: images in [0, 1], or rows.

        The given columns of a table are those of `samples`; without these they are blank.
        """
        raise NotImplementedError

    def weighed_terms(
        self, terms: Sequence[Term], outputs: Any
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the weighted sum of some terms, and the value of each."""
        values: dict[str, torch.Tensor] = {}
        total: torch.Tensor | None = None
        for term in terms:
            if term.watched:
                with torch.no_grad():
                    values[term.name] = term.value(outputs)
                continue
            values[term.name] = term.value(outputs)
            share = term.share(outputs, values[term.name])
            total = share if total is None else total + share
        assert total is not None
        return total, values

    def forward(self, batch: Batch, draws: Draws, coefficients: Coefficients) -> LossOutput:
        """Return the loss of one batch."""
        raise NotImplementedError

    def adversary_loss(self, adversary: nn.Module, inputs: tuple[torch.Tensor, ...]) -> LossOutput:
        """Return the adversary's own loss on the inputs that `forward` returned."""
        raise NotImplementedError
