"""The loop of several seeds, and several such loops side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import torch
from lightning.fabric import Fabric

from unweave.data import Dataset
from unweave.errors import DivergedError
from unweave.models.output import Batch, Draws
from unweave.models.stack import Stack
from unweave.models.variational import VariationalModel
from unweave.nets.inputs import as_input
from unweave.training.checkpoint import Tensors
from unweave.training.devices import fitting_threads
from unweave.training.loop import Loop
from unweave.training.progress import Reporter, Shared
from unweave.training.run import Run

# Fewer seeds in a loop of their own would spend their time between the matrix products.
LEAST_A_LOOP = 5


class SeedsLoop(Loop):
    """The training of several runs that differ in their seeds alone, step by step together.

    Every seed has the weights, batches and noise that it has in a loop of its own.

    Parameters
    ----------
    runs : sequence of Run
        Of one model and equal settings, on tables.
    dataset : Dataset
    fabric : lightning.fabric.Fabric
        Of one process.
    """

    def __init__(self, runs: Sequence[Run], dataset: Dataset, fabric: Fabric) -> None:
        first, *others = runs
        stack = Stack([run.module for run in runs if isinstance(run.module, VariationalModel)])
        super().__init__(stack, dataset, first.training, first.seed, fabric, folder=first.folder)
        self.lanes += [self._lane(dataset, run.seed, run.folder) for run in others]

    def _feed(self) -> tuple[Batch, Draws]:
        rows, second, draws = zip(*(lane.next() for lane in self.lanes), strict=True)
        batch = Batch(self._samples(rows), None if second[0] is None else self._samples(second))
        noise, second_noise, orders = zip(*draws, strict=True)
        return batch, Draws(torch.stack(noise), _stacked(second_noise), _stacked(orders))

    def _samples(self, rows: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the samples of all seeds' rows, R x N x J."""
        samples = as_input(self._draw(torch.cat(list(rows))))
        return samples.view(len(rows), -1, *samples.shape[1:])

    def _share(self, tensors: Tensors, index: int) -> Tensors:
        # Scalars, Adam's count of steps, are the same for all.
        return {name: value[index] if value.ndim else value for name, value in tensors.items()}

    def _joined(self, shares: list[Tensors]) -> Tensors:
        return {
            name: torch.stack([share[name] for share in shares]) if value.ndim else value
            for name, value in shares[0].items()
        }

    def weights(self, index: int) -> Tensors:
        """Return the state of one seed's model."""
        return self._share(self.model.state_dict(), index)


def loops_for(runs: Sequence[Run], dataset: Dataset, fabric: Fabric) -> list[SeedsLoop]:
    """Return loops that share out the runs in order: on a CPU one for each thread."""
    count = 1
    if fabric.device.type == "cpu":
        count = max(1, min(torch.get_num_threads(), len(runs) // LEAST_A_LOOP))
    size = -(-len(runs) // count)
    return [
        SeedsLoop(runs[start : start + size], dataset, fabric)
        for start in range(0, len(runs), size)
    ]


def run_side_by_side(loops: Sequence[Loop], told: Reporter) -> None:
    """Run loops to their end, each in a thread of its own.

    They never wait for each other, unlike threads that share out each matrix product.
    """
    shared = Shared(told, len(loops))

    def run(index: int) -> None:
        loop = loops[index]
        try:
            # That all of a loop's seeds have diverged is said with what becomes of the rest.
            with fitting_threads(loop.fabric.device, False), contextlib.suppress(DivergedError):
                loop.run(shared.part(index))
        finally:
            shared.leave(index)

    with told, ThreadPoolExecutor(len(loops)) as pool:
        running = [pool.submit(run, index) for index in range(len(loops))]
        try:
            for each in as_completed(running):
                each.result()
        except BaseException:
            shared.stop()
            raise


def _stacked(parts: Sequence[torch.Tensor | None]) -> torch.Tensor | None:
    given = [part for part in parts if part is not None]
    return torch.stack(given) if given else None
