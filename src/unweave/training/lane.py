"""What is one seed's own in a loop: what feeds its steps, its history, its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch

from unweave.errors import DivergedError
from unweave.models.output import Draws
from unweave.training.batches import BatchStream
from unweave.training.checkpoint import Tensors, checkpoint_file, prefixed, save_tensors, under
from unweave.training.history import History
from unweave.training.randomness import Randomness


class Fed(NamedTuple):
    """What one seed brings to a step.

    Attributes
    ----------
    rows : torch.Tensor
        int64 row numbers of this process's part of the batch.
    second : torch.Tensor or None
        Those of the second batch, for models with an adversary.
    draws : Draws
    """

    rows: torch.Tensor
    second: torch.Tensor | None
    draws: Draws


class Lane:
    """One seed of a loop.

    Parameters
    ----------
    seed : int
        Alone fixes the batches and the noise.
    rows : torch.Tensor
        int64 row numbers of the training split, on the device of the training.
    batch_size, noise_dim : int
        Of the global batch.
    mine : slice
        This process's rows of it.
    contested : bool
        Whether the model has an adversary.
    folder : pathlib.Path, optional
        The run's folder, for history and checkpoints.

    Attributes
    ----------
    history : History
    seconds : float
        Time the training has taken.
    failure : DivergedError or None
        Why this seed's training has ended early.
    """

    def __init__(
        self,
        seed: int,
        rows: torch.Tensor,
        batch_size: int,
        noise_dim: int,
        mine: slice,
        contested: bool,
        folder: Path | None = None,
    ) -> None:
        self.seed, self.folder = seed, folder
        self.history, self.seconds = History(), 0.0
        self.failure: DivergedError | None = None
        self._mine, self._contested = mine, contested
        # Distinct, reproducible seeds for the streams; a run's seed alone fixes them all.
        seeds = torch.randint(2**62, (3,), generator=torch.Generator().manual_seed(seed)).tolist()
        self._streams = [BatchStream(rows, batch_size, each) for each in seeds[:2]]
        self._randomness = Randomness(seeds[2], rows.device, batch_size, noise_dim, mine, contested)

    def next(self) -> Fed:
        """Return what the next step is fed."""
        rows = self._streams[0].next()[self._mine]
        second = self._streams[1].next()[self._mine] if self._contested else None
        return Fed(rows, second, self._randomness.draw())

    def record(self, step: int, names: list[str], values: torch.Tensor) -> None:
        """Add the mean of the recent steps' terms to the history, or fail where one broke.

        Parameters
        ----------
        step : int
            The last of these steps, counted from 1.
        names : list of str
        values : torch.Tensor
            Steps x terms.
        """
        finite = values.isfinite()
        if finite.all():
            self.history.add(step, dict(zip(names, values.mean(0).tolist(), strict=True)))
            return
        row = int((~finite.all(1)).nonzero()[0, 0])
        # The first named is the total; a part that broke says more.
        column = int((~finite[row]).nonzero()[-1, 0])
        kept = self.folder / "checkpoint" if self.folder else None
        self.failure = DivergedError(
            f"step {step - len(values) + row + 1}: loss term {names[column]!r} is "
            f"{values[row, column].item()}; training stopped"
            + (f", the last good checkpoint is in {kept}" if kept else "")
            + "; train anew with a smaller learning_rate, into another folder"
        )

    def save(self, tensors: Tensors, notes: dict[str, Any]) -> None:
        """Write history and checkpoint, in this order, so that no row can be missing later."""
        if self.folder is None or self.failure is not None:
            return
        for index, stream in enumerate(self._streams):
            tensors |= prefixed(f"stream{index}", stream.state())
        tensors |= prefixed("randomness", self._randomness.state())
        if not all(t.isfinite().all() for t in tensors.values() if t.is_floating_point()):
            return  # The next loss will say what broke; the last good checkpoint stays.
        self.history.write(self.folder / "history.csv")
        save_tensors(checkpoint_file(self.folder), tensors, notes | {"seconds": self.seconds})

    def restore(self, folder: Path, tensors: Tensors, notes: dict[str, Any]) -> None:
        """Go on from what `save` wrote to a run's folder."""
        for index, stream in enumerate(self._streams):
            stream.restore(under(f"stream{index}", tensors))
        self._randomness.restore(under("randomness", tensors))
        self.seconds = notes["seconds"]
        self.history = History.read(folder / "history.csv", notes["step"])
