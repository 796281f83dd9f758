"""All the randomness of a training step, from generators seeded once."""

from __future__ import annotations

import torch

from unweave.models.output import Draws


class Randomness:
    """Draws the noise of each step for the whole global batch.

    Every process draws the same numbers and takes its own rows of them, so that the
    number of processes does not change what is drawn.

    Parameters
    ----------
    seed : int
    device : torch.device
    batch_size, latent_dim : int
        Of the global batch.
    mine : slice
        This process's rows of it.
    contested : bool
        Whether the model has an adversary, which needs a second batch and permutations.
    """

    def __init__(
        self,
        seed: int,
        device: torch.device,
        batch_size: int,
        latent_dim: int,
        mine: slice,
        contested: bool,
    ) -> None:
        self._generator = torch.Generator(device).manual_seed(seed)
        self._shape, self._mine, self._contested = (batch_size, latent_dim), mine, contested
        self._device = device

    def draw(self) -> Draws:
        """Return the draws of the next step."""
        options = {"generator": self._generator, "device": self._device}
        noise = torch.randn(self._shape, **options)[self._mine]  # type: ignore[call-overload]
        if not self._contested:
            return Draws(noise)
        second = torch.randn(self._shape, **options)[self._mine]  # type: ignore[call-overload]
        orders = torch.rand(self._shape, **options).argsort(0)  # type: ignore[call-overload]
        return Draws(noise, second, orders)

    def state(self) -> dict[str, torch.Tensor]:
        return {"generator": self._generator.get_state()}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        self._generator.set_state(state["generator"])
