"""Memory of a training: refused beforehand where it cannot suffice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from unweave.errors import RequestError, shortened
from unweave.memory import free_memory, in_words
from unweave.models.objective import Batch, Draws, ObjectiveModel

# Weights, gradients and Adam's two moments.
COPIES = 4
MEND = "use smaller networks (latent_dim, hidden, channels, units) or a smaller batch_size"


def require_memory(
    build: Callable[[], ObjectiveModel],
    shape: Sequence[int],
    batch_size: int,
    *,
    together: int = 1,
    step: bool = True,
) -> None:
    """Refuse a model whose training needs more memory than this machine has free.

    The model is built on the device ``meta``, where it has shapes and takes no memory, and a
    batch goes through it there.

    Parameters
    ----------
    build : callable
        Returns the model.
    shape : sequence of int
        (C, H, W) of an image or (J,) of a row.
    batch_size : int
    together : int
        How many such models are trained at once.
    step : bool
        Whether what a step keeps for its gradients is to fit as well.

    Raises
    ------
    RequestError
        If weights, gradients, moments and what a step keeps do not fit, or their number is
        beyond any machine.
    """
    try:
        with torch.device("meta"):
            model = build()
            kept = kept_by_a_step(model, shape, batch_size) if step else 0
    except RequestError:
        raise
    except (RuntimeError, TypeError, OverflowError, MemoryError) as error:
        raise RequestError(
            f"the model is larger than any memory ({shortened(str(error).splitlines()[0])}); {MEND}"
        ) from error
    weights = sum(value.nbytes for value in _parameters(model))
    needed = together * (COPIES * weights + kept)
    free = free_memory()
    if free is not None and needed > free:
        of = "this model needs" if together == 1 else f"{together} such models at once need"
        raise RequestError(
            f"the training of {of} {in_words(needed)} of memory, and "
            f"{in_words(free)} are free; {MEND}"
        )


def kept_by_a_step(model: ObjectiveModel, shape: Sequence[int], batch_size: int) -> int:
    """Return the bytes that a model on ``meta`` keeps between a loss and its gradients.

    Whatever a step takes besides comes on top. 0 where nothing can be said, as of networks of
    one's own, which lie elsewhere.
    """
    if any(not value.is_meta for value in _parameters(model)):
        return 0
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage
        return tensor.detach()  # The tensor itself may hold the graph, which would hold it in turn.

    weights = {value.untyped_storage()._cdata for value in _parameters(model)}
    coefficients = {name: torch.zeros(()) for name in model.coefficients}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        found = model(*_a_step(model, shape, batch_size), coefficients)
    del found
    return sum(each.nbytes() for place, each in kept.items() if place not in weights)


def _a_step(model: ObjectiveModel, shape: Sequence[int], batch_size: int) -> tuple[Batch, Draws]:
    """Return a batch and its draws, of the right shapes and on the present device."""
    samples, noise = torch.zeros(batch_size, *shape), torch.zeros(batch_size, model.noise_dim)
    labels = None
    if model.learns_from_labels:
        labels = torch.zeros(
            (batch_size,) if model.targets.exclusive else (batch_size, len(model.targets)),
            dtype=torch.int64,
        )
    if model.adversary is None:
        return Batch(samples, None, labels), Draws(noise)
    orders = torch.zeros(noise.shape, dtype=torch.int64)
    return Batch(samples, samples, labels), Draws(noise, noise, orders)


def _parameters(model: ObjectiveModel) -> list[torch.Tensor]:
    adversary = model.adversary
    return [*model.parameters(), *(() if adversary is None else adversary.parameters())]
