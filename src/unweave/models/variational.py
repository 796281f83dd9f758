"""The variational family: one objective whose corners are the named models.

L = −E log p(x|z) + β·|KL − c| + γ·TC(z) + λ_od Σ_{i≠j} Cov_ij² + λ_d Σ_i (Cov_ii − 1)²
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.func import functional_call

from unweave.models.output import Batch, Draws, Knobs, LossOutput, alone
from unweave.models.variational_settings import VariationalSettings
from unweave.objectives.covariance import (
    aggregate_covariance,
    covariance,
    diagonal_penalty,
    off_diagonal_penalty,
)
from unweave.objectives.divergence import capacity_gap, kl_from_standard_normal
from unweave.objectives.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood
from unweave.objectives.total_correlation import (
    density_ratio_total_correlation,
    discriminator_loss,
    minibatch_weighted_total_correlation,
    permute_dimensions,
)
from unweave.schedules import Schedule, is_used


class VariationalModel(nn.Module):
    """An encoder, a decoder and the objective they are trained by.

    Parameters
    ----------
    encoder : torch.nn.Module
        N x … samples to N x 2K: means, then log-variances.
    decoder : torch.nn.Module
        N x K codes to N x …: logits (Bernoulli) or means (Gaussian).
    settings : VariationalSettings
        With the likelihood decided (not "auto").
    adversary : torch.nn.Module, optional
        N x K codes to N x 2; needed where the total correlation is a density ratio.
    population : int
        Number of training samples.

    Attributes
    ----------
    gather : callable
        Joins this process's rows with those of the others, differentiably. The training
        loop sets it where there are several processes; batch statistics go through it.
    """

    wants_labels = False

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        settings: VariationalSettings,
        population: int,
        adversary: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.settings, self.population = settings, population
        # In a tuple, so that it is no submodule: it has its own optimiser and its own step.
        self._adversary = (adversary,)
        self.gather: Callable[[torch.Tensor], torch.Tensor] = alone
        self.penalises_covariance = any(
            map(is_used, (settings.lambda_off_diagonal, settings.lambda_diagonal))
        )

    @property
    def adversary(self) -> nn.Module | None:
        """The discriminator, or None for models without one."""
        return self._adversary[0]

    @property
    def code_dim(self) -> int:
        """Length of a code: K."""
        return self.settings.latent_dim

    @property
    def encoder_outputs(self) -> tuple[int, str]:
        """How many outputs the encoder has, and what they are."""
        return 2 * self.code_dim, "latent_dim means, then as many log-variances"

    @property
    def noise_dim(self) -> int:
        """How many normal draws a sample needs in a step: K."""
        return self.settings.latent_dim

    @property
    def knobs(self) -> dict[str, float | Schedule]:
        """The settings that act within a step, to be handed to `forward` as tensors."""
        names = ("beta", "gamma", "lambda_off_diagonal", "lambda_diagonal", "likelihood_variance")
        knobs = {name: getattr(self.settings, name) for name in names}
        capacity = self.settings.scheduled_capacity()
        return knobs if capacity is None else knobs | {"capacity": capacity}

    def encode(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log-variance of q(z|x), each N x K, float32."""
        mean, log_variance = self.encoder(samples).float().chunk(2, dim=1)
        return mean, log_variance

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the mean of p(x|z), N x …: in [0, 1] under a Bernoulli likelihood."""
        output = self.decoder(codes).float()
        return torch.sigmoid(output) if self.settings.likelihood == "bernoulli" else output

    def forward(self, batch: Batch, draws: Draws, knobs: Knobs) -> LossOutput:
        """Return the loss of one batch.

        Parameters
        ----------
        batch : Batch
            With a second batch where there is an adversary.
        draws : Draws
        knobs : mapping of str to torch.Tensor
            The present value of each of `self.knobs`.
        """
        mean, log_variance = self.encode(batch.samples)
        codes = reparameterise(mean, log_variance, draws.noise)
        negative_log_likelihood = -self._log_likelihood(batch.samples, codes, knobs).mean()
        mean, log_variance, codes = map(self.gather, (mean, log_variance, codes))
        kl = kl_from_standard_normal(mean, log_variance).sum(1).mean()
        terms = {"reconstruction": negative_log_likelihood, "kl": kl}
        gap = capacity_gap(kl, knobs["capacity"]) if "capacity" in knobs else kl
        total = negative_log_likelihood + knobs["beta"] * gap
        if self.penalises_covariance:
            total = total + self._covariance_penalty(mean, log_variance, terms, knobs)
        if self.settings.total_correlation == "minibatch-weighted":
            estimate = minibatch_weighted_total_correlation(
                codes, mean, log_variance, self.population
            )
            terms["minibatch_weighted_total_correlation"] = estimate
            total = total + knobs["gamma"] * estimate
        contest = None
        if self.adversary is not None and batch.second is not None:
            estimate = density_ratio_total_correlation(self._judge(codes))
            terms["total_correlation"] = estimate
            total = total + knobs["gamma"] * estimate
            contest = codes.detach(), self._permuted_codes(batch.second, draws)
        return LossOutput(total, {"loss": total, **terms}, contest)

    def adversary_loss(self, adversary: nn.Module, contest: tuple[torch.Tensor, ...]) -> LossOutput:
        """Return the discriminator's own loss on the codes that `forward` handed out."""
        joint, permuted = contest
        # One pass over both halves is faster than two.
        logits = adversary(torch.cat([joint, permuted])).float()
        loss = discriminator_loss(logits[: len(joint)], logits[len(joint) :])
        return LossOutput(loss, {"discriminator": loss})

    def _log_likelihood(
        self, samples: torch.Tensor, codes: torch.Tensor, knobs: Knobs
    ) -> torch.Tensor:
        output = self.decoder(codes).float()
        if self.settings.likelihood == "bernoulli":
            return bernoulli_log_likelihood(samples, output)
        return gaussian_log_likelihood(samples, output, knobs["likelihood_variance"])

    def _covariance_penalty(
        self,
        mean: torch.Tensor,
        log_variance: torch.Tensor,
        terms: dict[str, torch.Tensor],
        knobs: Knobs,
    ) -> torch.Tensor:
        matrix = (
            covariance(mean)
            if self.settings.covariance_of == "mean"
            else aggregate_covariance(mean, log_variance)
        )
        terms["covariance_off_diagonal"] = off_diagonal_penalty(matrix)
        terms["covariance_diagonal"] = diagonal_penalty(matrix)
        return (
            knobs["lambda_off_diagonal"] * terms["covariance_off_diagonal"]
            + knobs["lambda_diagonal"] * terms["covariance_diagonal"]
        )

    def _judge(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the discriminator's outputs on codes, its weights held constant.

        The gradient reaches the encoder through the codes and stops at the weights.
        """
        assert self.adversary is not None
        weights = {name: value.detach() for name, value in self.adversary.named_parameters()}
        outputs: torch.Tensor = functional_call(self.adversary, weights, (codes,))
        return outputs.float()

    @torch.no_grad()
    def _permuted_codes(self, second: torch.Tensor, draws: Draws) -> torch.Tensor:
        """Return a sample of Π q(z_j) from the second batch, the encoder held constant."""
        assert draws.second_noise is not None
        assert draws.orders is not None
        mean, log_variance = self.encode(second)
        codes = self.gather(reparameterise(mean, log_variance, draws.second_noise))
        return permute_dimensions(codes, draws.orders)


def reparameterise(
    mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor
) -> torch.Tensor:
    """Return μ + σ ε, a sample of q(z|x) that gradients pass through."""
    return mean + torch.exp(0.5 * log_variance) * noise
