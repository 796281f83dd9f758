"""The outputs of one forward pass, from which terms take their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

Coefficients = Mapping[str, torch.Tensor]
"""The present values of an objective's scheduled settings, by name."""


class VariationalOutputs(NamedTuple):
    """The outputs from which the terms of the variational family are computed.

    Attributes
    ----------
    samples : torch.Tensor
        N x …: this process's part of the batch.
    decoded : torch.Tensor
        N x …: the decoder's outputs, logits (Bernoulli), means (Gaussian), or the parameters
        of a table's columns.
    mean, log_variance, codes : torch.Tensor
        M x K, of the global batch: the parameters of q(z|x), and samples z from it.
    settings : Settings
    coefficients : mapping of str to torch.Tensor
        The present values of the scheduled settings.
    population : int
        Number of training samples.
    discriminate : callable or None
        From M x K codes to the discriminator's M x 2 outputs, its weights held constant.
    log_probability : callable or None
        For tables whose columns have a likelihood each: from samples, the decoder's outputs
        and the variance of Gaussian columns to log p(cell|z), N x L, 0 where blank.
    """

    samples: torch.Tensor
    decoded: torch.Tensor
    mean: torch.Tensor
    log_variance: torch.Tensor
    codes: torch.Tensor
    settings: Any
    coefficients: Coefficients
    population: int
    discriminate: Callable[[torch.Tensor], torch.Tensor] | None = None
    log_probability: Callable[..., torch.Tensor] | None = None


class AdversaryOutputs(NamedTuple):
    """The outputs from which the discriminator's own loss is computed.

    Attributes
    ----------
    joint, permuted : torch.Tensor
        M x 2: its outputs on codes, and on codes whose dimensions were permuted.
    """

    joint: torch.Tensor
    permuted: torch.Tensor


class AttributeOutputs(NamedTuple):
    """The outputs from which the terms of the attribute family are computed.

    Attributes
    ----------
    samples, decoded : torch.Tensor
        N x …: this process's part of the batch, and its reconstruction in the same units.
    logits : torch.Tensor
        N x L, of the soft target.
    soft, latent : torch.Tensor
        M x L and M x K, of the global batch: the soft target ŷ and the latent values z.
    labels : torch.Tensor or None
        N classes, or N x L attributes; −1 where unknown.
    known : torch.Tensor or None
        The number of known labels, averaged over the processes.
    targets : Targets
    settings : Settings
    coefficients : mapping of str to torch.Tensor
        The present values of the scheduled settings.
    """

    samples: torch.Tensor
    decoded: torch.Tensor
    logits: torch.Tensor
    soft: torch.Tensor
    latent: torch.Tensor
    labels: torch.Tensor | None
    known: torch.Tensor | None
    targets: Any
    settings: Any
    coefficients: Coefficients
