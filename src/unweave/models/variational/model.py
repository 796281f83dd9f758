"""Models of the variational family: encoder, decoder and the loss of one batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.func import functional_call

from unweave.models.columns import TableColumns
from unweave.models.objective import Batch, Draws, LossOutput, ObjectiveModel
from unweave.models.variational.settings import VariationalSettings
from unweave.objectives.outputs import AdversaryOutputs, Coefficients, VariationalOutputs
from unweave.objectives.pair_averages import averaged_pairs
from unweave.objectives.term import Term
from unweave.objectives.total_correlation import permute_dimensions
from unweave.schedules import Schedule

# By the setting ``pairs``: from the posteriors of 2P samples, pair after pair, to those that
# take part in the objective.
PAIRED_POSTERIORS = {"averaged": averaged_pairs}


class VariationalModel(ObjectiveModel):
    """An encoder to q(z|x), a decoder of z, and the objective they are trained by.

    Parameters
    ----------
    encoder : torch.nn.Module
        N x … samples to N x 2K: means, then log-variances.
    decoder : torch.nn.Module
        N x K codes to N x …: logits (Bernoulli) or means (Gaussian).
    settings : VariationalSettings
        With a likelihood other than "auto".
    terms : sequence of Term
    population : int
        Number of training samples.
    adversary : torch.nn.Module, optional
        N x K codes to N x 2; needed where the total correlation is a density ratio.
    columns : TableColumns, optional
        The columns of a table, if they are not all numbers without blanks.
    """

    settings: VariationalSettings

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        settings: VariationalSettings,
        terms: Sequence[Term],
        population: int,
        adversary: nn.Module | None = None,
        columns: TableColumns | None = None,
    ) -> None:
        super().__init__(encoder, decoder, settings, terms, columns)
        self.population = population
        # In a tuple, so that it is not a submodule: it has its own optimiser and its own step.
        self._adversary = (adversary,)

    @property
    def adversary(self) -> nn.Module | None:
        """The discriminator, or None for models without one."""
        return self._adversary[0]

    @property
    def encoder_outputs(self) -> tuple[int, str]:
        return 2 * self.code_dim, "latent_dim means, then as many log-variances"

    @property
    def noise_dim(self) -> int:
        """The number of normal draws a sample needs in a step: K."""
        return self.settings.latent_dim

    @property
    def coefficients(self) -> dict[str, float | Schedule]:
        capacity = self.settings.scheduled_capacity()
        return super().coefficients | ({} if capacity is None else {"capacity": capacity})

    @property
    def learns_from_pairs(self) -> bool:
        return self.settings.pairs in PAIRED_POSTERIORS

    def posterior(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log-variance of q(z|x), each N x K, float32."""
        mean, log_variance = self.encoder(self.network_input(samples)).float().chunk(2, dim=1)
        return mean, log_variance

    @property
    def turning(self) -> float:
        return self.settings.turning

    @torch.no_grad()
    def turn(self, matrix: torch.Tensor) -> None:
        """Turn the codes: what was z is from now on `matrix` z, and decodes to the same.

        The means of the posteriors are turned exactly. Their log-variances are mixed by the shares
        of the old dimensions in the new ones.

        Parameters
        ----------
        matrix : torch.Tensor
            K x K, invertible.
        """
        codes = len(matrix)
        last, first = self.encoder[-1], self.decoder[0]  # type: ignore[index]
        shares = matrix.square() / matrix.square().sum(1, keepdim=True)
        for part in (last.weight, last.bias):
            turned = torch.cat([matrix @ part[:codes].double(), shares @ part[codes:].double()])
            part.copy_(turned)
        first.weight[:, :codes] = first.weight[:, :codes].double() @ matrix.inverse()

    def encode(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the mean of q(z|x), N x K."""
        return self.posterior(samples)[0]

    def decode(self, codes: torch.Tensor, samples: torch.Tensor | None = None) -> torch.Tensor:
        """Return the mean of p(x|z), N x …: in [0, 1] under a Bernoulli likelihood.

        Of a table's columns of levels it is the most likely level.
        """
        output = self.decoder(self.decoder_input(codes, samples)).float()
        if self.columns is not None:
            return self.columns.values(output, samples)
        return torch.sigmoid(output) if self.settings.likelihood == "bernoulli" else output

    def forward(self, batch: Batch, draws: Draws, coefficients: Coefficients) -> LossOutput:
        """Return the loss of one batch.

        Parameters
        ----------
        batch : Batch
            With a second batch if the model has an adversary.
        draws : Draws
        coefficients : mapping of str to torch.Tensor
            The present value of each of `self.coefficients`.
        """
        mean, log_variance = self.posterior(batch.samples)
        if self.learns_from_pairs:
            mean, log_variance = PAIRED_POSTERIORS[self.settings.pairs](mean, log_variance)
        codes = self._drawn(mean, log_variance, draws.noise, coefficients)
        decoded = self.decoder(self.decoder_input(codes, batch.samples)).float()
        mean, log_variance, codes = map(self.gather, (mean, log_variance, codes))
        outputs = VariationalOutputs(
            batch.samples,
            decoded,
            mean,
            log_variance,
            codes,
            self.settings,
            coefficients,
            self.population,
            self._discriminate,
            None if self.columns is None else self.columns.log_probability,
        )
        total, values = self.weighed_terms(self.terms, outputs)
        inputs = None
        if self.adversary is not None and batch.second is not None:
            inputs = codes.detach(), self._permuted_codes(batch.second, draws, coefficients)
        return LossOutput(total, {"loss": total, **values}, inputs)

    def _drawn(
        self,
        mean: torch.Tensor,
        log_variance: torch.Tensor,
        noise: torch.Tensor,
        coefficients: Coefficients,
    ) -> torch.Tensor:
        """Return codes drawn from q(z|x), and 0 in dimensions that are not open yet.

        While a dimension is closed, the KL divergence alone moves its posterior, to the prior, and
        the decoder keeps the weights that it will need.
        """
        codes = reparameterise(mean, log_variance, noise)
        if "open_dimensions" not in coefficients:
            return codes
        order = torch.arange(codes.shape[1], device=codes.device)
        return torch.where(order + 1 <= coefficients["open_dimensions"], codes, 0)

    def adversary_loss(self, adversary: nn.Module, inputs: tuple[torch.Tensor, ...]) -> LossOutput:
        """Return the discriminator's own loss on the codes that `forward` returned."""
        joint, permuted = inputs
        # One pass over both halves is faster than two.
        logits = adversary(torch.cat([joint, permuted])).float()
        outputs = AdversaryOutputs(logits[: len(joint)], logits[len(joint) :])
        total, values = self.weighed_terms(self.adversary_terms, outputs)
        return LossOutput(total, values)

    def _discriminate(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the discriminator's outputs on codes, with its weights held constant.

        The gradient reaches the encoder through the codes and stops at the weights.
        """
        assert self.adversary is not None
        weights = {name: value.detach() for name, value in self.adversary.named_parameters()}
        outputs: torch.Tensor = functional_call(self.adversary, weights, (codes,))
        return outputs.float()

    @torch.no_grad()
    def _permuted_codes(
        self, second: torch.Tensor, draws: Draws, coefficients: Coefficients
    ) -> torch.Tensor:
        """Return a sample of Π q(z_j) from the second batch, with the encoder held constant."""
        assert draws.second_noise is not None
        assert draws.orders is not None
        mean, log_variance = self.posterior(second)
        codes = self.gather(self._drawn(mean, log_variance, draws.second_noise, coefficients))
        return permute_dimensions(codes, draws.orders)


def reparameterise(
    mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor
) -> torch.Tensor:
    """Return μ + σ ε, a sample of q(z|x) through which gradients pass."""
    return mean + torch.exp(0.5 * log_variance) * noise
