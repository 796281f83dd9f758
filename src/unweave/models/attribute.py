"""The attribute family: autoencoders whose code begins with a soft target of the labels.

L = w·L_mse + α·(1 − MS-SSIM)/2 + β·L_dis(y, ŷ) + γ·L_dec(ŷ, z)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from unweave.data import UNKNOWN
from unweave.models.attribute_settings import AttributeSettings
from unweave.models.output import Batch, Draws, Knobs, LossOutput, alone
from unweave.models.targets import Targets
from unweave.objectives.cross_covariance import cross_covariance_penalty
from unweave.objectives.distance_covariance import (
    bias_corrected_distance_correlation,
    squared_distance_covariance,
    unbiased_squared_distance_covariance,
)
from unweave.objectives.structural_similarity import structural_dissimilarity
from unweave.schedules import Schedule, is_used

_FEWEST_ROWS = 4  # of an unbiased distance covariance
_LEAST_DEVIATION = 0.05  # of a soft target's element: an attribute hardly ever present stays small


class AttributeModel(nn.Module):
    """An encoder to (a, z), a decoder of (ŷ, z), and the objective they are trained by.

    Song, Koyejo and Zhang (arXiv 1912.11675), equations 1 to 15.

    Parameters
    ----------
    encoder : torch.nn.Module
        N x … samples to N x (L + K): logits a of the targets, then latent values z.
    decoder : torch.nn.Module
        N x (L + K) codes to N x …: logits of an image's values in [0, 1], or a row.
    settings : AttributeSettings
    targets : Targets
        Their names; none for a plain autoencoder.
    images : bool
        Whether the samples are images.

    Attributes
    ----------
    gather : callable
        Joins this process's rows with those of the others, differentiably.
    """

    noise_dim = 0
    adversary = None

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        settings: AttributeSettings,
        targets: Targets,
        images: bool,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.settings, self.targets, self.images = settings, targets, images
        # Without scale or shift of its own: whatever the decorrelation wants, variances stay 1.
        self.norm = (
            nn.BatchNorm1d(settings.latent_dim, affine=False) if settings.normalise else None
        )
        self.gather: Callable[[torch.Tensor], torch.Tensor] = alone
        self._sees_structure = images and is_used(settings.alpha)

    @property
    def wants_labels(self) -> bool:
        """Whether batches must come with labels."""
        return len(self.targets) > 0

    @property
    def code_dim(self) -> int:
        """Length of a code: L + K."""
        return len(self.targets) + self.settings.latent_dim

    @property
    def encoder_outputs(self) -> tuple[int, str]:
        """How many outputs the encoder has, and what they are."""
        return self.code_dim, f"{len(self.targets)} logits of the labels, then latent_dim values"

    @property
    def knobs(self) -> dict[str, float | Schedule]:
        """The settings that act within a step, to be handed to `forward` as tensors."""
        names = ("mse_weight", "alpha", "beta", "gamma")
        return {name: getattr(self.settings, name) for name in names}

    def logits_and_latent(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a, N x L, and z, N x K, float32."""
        output = self.encoder(samples).float()
        logits, latent = output.split([len(self.targets), self.settings.latent_dim], dim=1)
        return logits, latent if self.norm is None else self.norm(latent)

    def soft_targets(self, samples: torch.Tensor) -> torch.Tensor:
        """Return ŷ, N x L: each class's or attribute's share in [0, 1]."""
        return self.targets.soft(self.logits_and_latent(samples)[0])

    def encode(self, samples: torch.Tensor) -> torch.Tensor:
        """Return what the decoder is fed when no label is at hand, N x (L + K).

        The soft target (made discrete where the decoder knows labels alone), then z.
        """
        logits, latent = self.logits_and_latent(samples)
        soft = self.targets.soft(logits)
        fed = self.targets.discrete(soft) if self.settings.decoder_input == "label" else soft
        return torch.cat([fed, latent], dim=1)

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Return what N x (L + K) codes stand for: images in [0, 1], or rows."""
        output: torch.Tensor = self.decoder(codes).float()
        return output.sigmoid() if self.images else output

    def forward(self, batch: Batch, draws: Draws, knobs: Knobs) -> LossOutput:
        """Return the loss of one batch.

        Parameters
        ----------
        batch : Batch
            N samples with labels, where the model has targets.
        draws : Draws
            Not used: nothing here is random.
        knobs : mapping of str to torch.Tensor
            The present value of each of `self.knobs`.
        """
        logits, latent = self.logits_and_latent(batch.samples)
        soft = self.targets.soft(logits)
        fed = soft.detach() if self.settings.target_gradient == "none" else soft
        if self.settings.decoder_input == "label" and batch.labels is not None:
            fed = self.targets.known(batch.labels, soft)
        output = self.decode(torch.cat([fed, latent], dim=1))
        terms = {"squared_error": (output - batch.samples).square().mean()}
        total = knobs["mse_weight"] * self._unit(batch.samples) * terms["squared_error"]
        if self._sees_structure:
            terms["structural_dissimilarity"] = structural_dissimilarity(batch.samples, output)
            total = total + knobs["alpha"] * terms["structural_dissimilarity"]
        if batch.labels is not None:
            # A process's share of all known labels: the processes' mean is then the whole's.
            known = (batch.labels != UNKNOWN).sum(dtype=logits.dtype)
            count = self.gather(known[None]).mean()
            terms["discriminative"] = self.targets.loss(logits, batch.labels, count)
            terms["accuracy"] = self.targets.accuracy(soft, batch.labels)
            summed = len(self.targets) if self.settings.labels_over == "sum" else 1
            total = total + knobs["beta"] * summed * terms["discriminative"]
            soft, latent = self.gather(soft), self.gather(latent)
            total = total + self._decorrelation(soft, latent, terms, knobs)
        return LossOutput(total, {"loss": total, **terms})

    def adversary_loss(self, adversary: nn.Module, contest: tuple[torch.Tensor, ...]) -> LossOutput:
        """There is no adversary."""
        raise NotImplementedError

    def _unit(self, samples: torch.Tensor) -> float:
        """Return what a mean squared error in [0, 1] is worth in the settings' units."""
        count = math.prod(samples.shape[1:]) if self.settings.mse_over == "sum" else 1
        return count * self.settings.value_width**2

    def _decorrelation(
        self,
        soft: torch.Tensor,
        latent: torch.Tensor,
        terms: dict[str, torch.Tensor],
        knobs: Knobs,
    ) -> torch.Tensor:
        """Return γ·L_dec; the correlation it is judged by is logged whatever L_dec is."""
        if len(soft) < _FEWEST_ROWS:
            return latent.new_zeros(())
        with torch.no_grad():
            terms["distance_correlation"] = bias_corrected_distance_correlation(soft, latent)
        if self.settings.decorrelation == "none":
            return latent.new_zeros(())
        if self.settings.target_gradient != "all":
            soft = soft.detach()
        if self.settings.normalise_target:
            # A rare attribute varies little, and would hardly count; many count as one does.
            deviation = soft.detach().std(0).clamp_min(_LEAST_DEVIATION)
            soft = soft / (deviation * math.sqrt(soft.shape[1]))
        # Differences of products would lose their digits in half precision.
        with torch.autocast(latent.device.type, enabled=False):
            terms["decorrelation"] = self._penalty(soft, latent)
        return knobs["gamma"] * terms["decorrelation"]

    def _penalty(self, soft: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        if self.settings.decorrelation == "cross-covariance":
            return cross_covariance_penalty(soft, latent)
        if self.settings.distance_estimate == "unbiased":
            return unbiased_squared_distance_covariance(soft, latent)
        return squared_distance_covariance(soft, latent)
