"""Models of the attribute family: autoencoders whose codes begin with a soft target."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from unweave.data import UNKNOWN
from unweave.models.attribute.settings import AttributeSettings
from unweave.models.columns import TableColumns
from unweave.models.objective import Batch, Draws, LossOutput, ObjectiveModel
from unweave.objectives.outputs import AttributeOutputs, Coefficients
from unweave.objectives.targets import Targets
from unweave.objectives.term import Term


class AttributeModel(ObjectiveModel):
    """An encoder to (a, z), a decoder of (ŷ, z), and the objective they are trained by.

    Song, Koyejo and Zhang (arXiv 1912.11675), equations 1 to 15.

    Parameters
    ----------
    encoder : torch.nn.Module
        N x … samples to N x (L + K): logits a of the targets, then latent values z.
    decoder : torch.nn.Module
        N x (L + K) codes to N x …: logits of an image's values in [0, 1], or a row.
    settings : AttributeSettings
    terms : sequence of Term
    targets : Targets
        The labels' names; none for a plain autoencoder.
    images : bool
        Whether the samples are images.
    columns : TableColumns, optional
        The columns of a table, if they are not all numbers without blanks.
    """

    settings: AttributeSettings

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        settings: AttributeSettings,
        terms: Sequence[Term],
        targets: Targets,
        images: bool,
        columns: TableColumns | None = None,
    ) -> None:
        super().__init__(encoder, decoder, settings, terms, columns)
        self.targets, self.images = targets, images
        # It has no scale or shift to learn, so that the decorrelation cannot shrink z.
        self.norm = (
            nn.BatchNorm1d(settings.latent_dim, affine=False) if settings.normalise else None
        )

    @property
    def encoder_outputs(self) -> tuple[int, str]:
        return self.code_dim, f"{len(self.targets)} logits of the labels, then latent_dim values"

    def logits_and_latent(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a, N x L, and z, N x K, float32."""
        output = self.encoder(self.network_input(samples)).float()
        logits, latent = output.split([len(self.targets), self.settings.latent_dim], dim=1)
        return logits, latent if self.norm is None else self.norm(latent)

    def soft_targets(self, samples: torch.Tensor) -> torch.Tensor:
        """Return ŷ, N x L in [0, 1]: the share of each class, or the degree of each attribute."""
        return self.targets.soft(self.logits_and_latent(samples)[0])

    def encode(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the codes that the decoder takes when no label is known, N x (L + K).

        The soft target (made discrete if the decoder was trained with labels), then z.
        """
        logits, latent = self.logits_and_latent(samples)
        soft = self.targets.soft(logits)
        fed = self.targets.discrete(soft) if self.settings.decoder_input == "label" else soft
        return torch.cat([fed, latent], dim=1)

    def decode(self, codes: torch.Tensor, samples: torch.Tensor | None = None) -> torch.Tensor:
        """Return the samples of N x (L + K) codes: images in [0, 1], or rows."""
        output: torch.Tensor = self.decoder(self.decoder_input(codes, samples)).float()
        if self.columns is not None:
            return self.columns.values(output, samples)
        return output.sigmoid() if self.images else output

    def forward(self, batch: Batch, draws: Draws, coefficients: Coefficients) -> LossOutput:
        """Return the loss of one batch.

        Parameters
        ----------
        batch : Batch
            N samples, with labels if the model has targets.
        draws : Draws
            Not used: nothing here is random.
        coefficients : mapping of str to torch.Tensor
            The present value of each of `self.coefficients`.
        """
        logits, latent = self.logits_and_latent(batch.samples)
        soft = self.targets.soft(logits)
        fed = soft.detach() if self.settings.target_gradient == "none" else soft
        known = None
        if batch.labels is not None:
            if self.settings.decoder_input == "label":
                fed = self.targets.known(batch.labels, soft)
            # Divided by the mean number a process, the processes' mean is that of all labels.
            here = (batch.labels != UNKNOWN).sum(dtype=logits.dtype)
            known = self.gather(here[None]).mean()
        samples, decoded = self._compared(batch.samples, torch.cat([fed, latent], dim=1))
        outputs = AttributeOutputs(
            samples,
            decoded,
            logits,
            self.gather(soft) if self.learns_from_labels else soft,
            self.gather(latent) if self.learns_from_labels else latent,
            batch.labels,
            known,
            self.targets,
            self.settings,
            coefficients,
        )
        total, values = self.weighed_terms(self.terms, outputs)
        return LossOutput(total, {"loss": total, **values})

    def _compared(
        self, samples: torch.Tensor, codes: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the samples and their reconstructions, in one form; equal where blank."""
        if self.columns is None:
            return samples, self.decode(codes)
        expected = self.expected(codes, samples)
        observed = self.columns.observed(samples)
        return torch.where(observed.isnan(), expected, observed), expected
