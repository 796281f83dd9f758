"""A trained model whose latent dimensions are turned: another basis of the same latent space."""

from __future__ import annotations

import torch
from torch import nn

from unweave.models.columns import TableColumns
from unweave.models.objective import ObjectiveModel


class TurnedModel(ObjectiveModel):
    """A model that encodes to (z − centre) M, and decodes from it, with M invertible.

    The posterior of a turned dimension is the marginal of the model's own posterior: its variance
    is Σ_k σ_k² M_ki². Turned dimensions of one sample may be correlated, which is not told.

    Parameters
    ----------
    model : ObjectiveModel
        A trained model; it is held, not copied.
    kept : int
        How many of the first turned dimensions carry what is shared by the features.
    """

    centre: torch.Tensor
    matrix: torch.Tensor
    inverse: torch.Tensor
    prior_mean: torch.Tensor
    prior_root: torch.Tensor

    def __init__(self, model: ObjectiveModel, kept: int) -> None:
        nn.Module.__init__(self)  # It has no networks and terms but those of the model.
        self.model, self.kept, self.settings = model, kept, model.settings
        self.targets = model.targets
        count = int(model.settings.latent_dim)
        for name in ("centre", "prior_mean"):
            self.register_buffer(name, torch.zeros(count))
        for name in ("matrix", "inverse", "prior_root"):
            self.register_buffer(name, torch.eye(count))

    @property
    def encoder(self) -> nn.Module:  # type: ignore[override]
        """The encoder to the latent values before they are turned."""
        return self.model.encoder

    @property
    def decoder(self) -> nn.Module:  # type: ignore[override]
        """The decoder of latent values that are not turned."""
        return self.model.decoder

    @property
    def columns(self) -> TableColumns | None:  # type: ignore[override]
        """The columns of a table that is not of plain numbers."""
        return self.model.columns

    def set_turn(self, centre: torch.Tensor, matrix: torch.Tensor) -> None:
        """Take over a centre, K, and an invertible matrix, K x K."""
        self.centre.copy_(centre)
        self.matrix.copy_(matrix)
        self.inverse.copy_(torch.linalg.inv(matrix.double()))

    def set_prior(self, mean: torch.Tensor, root: torch.Tensor) -> None:
        """Let new codes be drawn, before they are turned, as mean + ε root with standard normal ε.

        Without it they are standard normal, the prior of the variational family.
        """
        self.prior_mean.copy_(mean)
        self.prior_root.copy_(root)

    def turn(self, latent: torch.Tensor) -> torch.Tensor:
        """Return turned N x K latent values."""
        return (latent - self.centre) @ self.matrix

    def encode(self, samples: torch.Tensor) -> torch.Tensor:
        codes = self.model.encode(samples)
        labels = codes.shape[1] - len(self.centre)
        return torch.cat([codes[:, :labels], self.turn(codes[:, labels:])], 1)

    def posterior(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = self.model.posterior(samples)
        return self.turn(mean), (log_variance.exp() @ self.matrix.square()).log()

    def soft_targets(self, samples: torch.Tensor) -> torch.Tensor:
        return self.model.soft_targets(samples)

    def prior(self, noise: torch.Tensor) -> torch.Tensor:
        return self.turn(self.prior_mean + noise @ self.prior_root)

    def decoder_input(
        self, codes: torch.Tensor, samples: torch.Tensor | None = None
    ) -> torch.Tensor:
        return self.model.decoder_input(self.unturned(codes), samples)

    def decode(self, codes: torch.Tensor, samples: torch.Tensor | None = None) -> torch.Tensor:
        return self.model.decode(self.unturned(codes), samples)

    def unturned(self, codes: torch.Tensor) -> torch.Tensor:
        """Return N x (L + K) codes as the model itself has them."""
        labels = codes.shape[1] - len(self.centre)
        latent = codes[:, labels:] @ self.inverse + self.centre
        return torch.cat([codes[:, :labels], latent], 1)
