"""Batches, noise and checkpoint state of one seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from unweave.data.pairing import Pairs
from unweave.errors import DivergedError, RequestError, shortened
from unweave.models.objective import Draws
from unweave.runs.folder import checkpoint_file
from unweave.runs.history import History
from unweave.runs.run_documents import CheckpointNotes
from unweave.runs.tensors import Tensors, prefixed, save_tensors, under


class BatchStream:
    """Rows of the training split in shuffled order, epoch after epoch.

    A batch that reaches the end of an epoch is completed from the next epoch, so that all
    batches have the same size and every row is seen equally often.

    Parameters
    ----------
    rows : torch.Tensor
        int64 row numbers of the training split.
    batch_size : int
        At most the number of rows.
    seed : int
    """

    def __init__(self, rows: torch.Tensor, batch_size: int, seed: int) -> None:
        self.rows, self.batch_size = rows, batch_size
        self._generator = torch.Generator().manual_seed(seed)
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._epoch_state = self._generator.get_state()
        order = torch.randperm(len(self.rows), generator=self._generator)
        self._order = order.to(self.rows.device)
        self._position = 0

    def next(self) -> torch.Tensor:
        """Return the next `batch_size` row numbers."""
        order, position = self._order, self._position
        chosen = order[position : position + self.batch_size]
        self._position += len(chosen)
        if missing := self.batch_size - len(chosen):
            self._begin_epoch()
            chosen = torch.cat([chosen, self._order[:missing]])
            self._position = missing
        return self.rows[chosen]

    def state(self) -> Tensors:
        """Return the state that `restore` needs, as tensors."""
        return {"generator": self._epoch_state, "position": torch.tensor(self._position)}

    def restore(self, state: Tensors) -> None:
        """Continue where another stream over the same rows stopped."""
        position = int(state["position"])
        if not 0 <= position <= len(self.rows):
            raise ValueError(f"position {position} of {len(self.rows)} rows")
        self._generator.set_state(state["generator"])
        self._begin_epoch()
        self._position = position


class PairStream:
    """Pairs of the training split in shuffled order, each sample followed by its partner.

    Parameters
    ----------
    pairs : Pairs
    changed : int
        In how many factors the samples of a pair differ, where pairs are drawn; 0 for a random
        number in each.
    batch_size : int
        An even number of samples.
    seeds : tuple of int
        Of the order of the first samples, and of their partners.
    device : torch.device
    """

    def __init__(
        self,
        pairs: Pairs,
        changed: int,
        batch_size: int,
        seeds: tuple[int, int],
        device: torch.device,
    ) -> None:
        self._pairs, self._changed, self._device = pairs, changed, device
        self._firsts = BatchStream(torch.arange(len(pairs)), batch_size // 2, seeds[0])
        self._generator = torch.Generator().manual_seed(seeds[1])

    def next(self) -> torch.Tensor:
        """Return the next `batch_size` row numbers."""
        rows = self._pairs.draw(self._firsts.next(), self._generator, self._changed)
        return rows.flatten().to(self._device)

    def state(self) -> Tensors:
        """Return the state that `restore` needs, as tensors."""
        return self._firsts.state() | {"partners": self._generator.get_state()}

    def restore(self, state: Tensors) -> None:
        """Continue where another stream over the same pairs stopped."""
        self._firsts.restore(state)
        self._generator.set_state(state["partners"])


class NoiseStream:
    """The random numbers of each step, for the whole global batch.

    Every process draws the same numbers and takes its own rows of them, so that the
    number of processes does not change what is drawn.

    Parameters
    ----------
    seed : int
    device : torch.device
    batch_size, noise_dim : int
        Rows and columns of the global batch's noise.
    mine : slice
        The rows of it that belong to this process.
    has_adversary : bool
        Whether a second batch and permutations are needed too.
    """

    def __init__(
        self,
        seed: int,
        device: torch.device,
        batch_size: int,
        noise_dim: int,
        mine: slice,
        has_adversary: bool,
    ) -> None:
        self._generator = torch.Generator(device).manual_seed(seed)
        self._shape, self._mine = (batch_size, noise_dim), mine
        self._device, self._has_adversary = device, has_adversary

    def draw(self) -> Draws:
        """Return the draws of the next step."""
        options = {"generator": self._generator, "device": self._device}
        noise = torch.randn(self._shape, **options)[self._mine]  # type: ignore[call-overload]
        if not self._has_adversary:
            return Draws(noise)
        second = torch.randn(self._shape, **options)[self._mine]  # type: ignore[call-overload]
        orders = torch.rand(self._shape, **options).argsort(0)  # type: ignore[call-overload]
        return Draws(noise, second, orders)

    def state(self) -> Tensors:
        return {"generator": self._generator.get_state()}

    def restore(self, state: Tensors) -> None:
        self._generator.set_state(state["generator"])


class StepInputs(NamedTuple):
    """The inputs of a step that belong to one seed.

    Attributes
    ----------
    rows : torch.Tensor
        int64 row numbers of this process's part of the batch.
    second : torch.Tensor or None
        The same for the second batch, for models with an adversary.
    draws : Draws
    """

    rows: torch.Tensor
    second: torch.Tensor | None
    draws: Draws


class SeedFeed:
    """Everything in a training loop that belongs to one seed.

    Parameters
    ----------
    seed : int
        It alone determines the batches and the noise.
    rows : torch.Tensor
        int64 row numbers of the training split, on the device of the training.
    batch_size, noise_dim : int
        Rows and columns of the global batch's noise.
    mine : slice
        The rows of it that belong to this process.
    has_adversary : bool
    folder : pathlib.Path, optional
        The run's folder, for history and checkpoints.
    pairs : Pairs, optional
        For models that learn from pairs: the batches are made of these.
    changed : int
        In how many factors the samples of a pair that is drawn differ.

    Attributes
    ----------
    history : History
    seconds : float
        Seconds that the training has taken.
    failure : DivergedError or None
        The error that ended this seed's training early.
    begin : callable or None
        Writes what a run's folder holds from the start, should it be gone.
    """

    def __init__(
        self,
        seed: int,
        rows: torch.Tensor,
        batch_size: int,
        noise_dim: int,
        mine: slice,
        has_adversary: bool,
        folder: Path | None = None,
        pairs: Pairs | None = None,
        changed: int = 1,
    ) -> None:
        self.seed, self.folder = seed, folder
        self.history, self.seconds = History(), 0.0
        self.failure: DivergedError | None = None
        self.begin: Callable[[], None] | None = None
        self._mine, self._has_adversary = mine, has_adversary
        # Distinct, reproducible seeds for the streams; the run's seed alone determines them.
        generator = torch.Generator().manual_seed(seed)
        seeds = torch.randint(2**62, (3,), generator=generator).tolist()
        self._streams: list[BatchStream | PairStream] = [
            BatchStream(rows, batch_size, each) for each in seeds[:2]
        ]
        if pairs is not None:
            both = seeds[0], int(torch.randint(2**62, (), generator=generator))
            self._streams[0] = PairStream(pairs, changed, batch_size, both, rows.device)
        self._noise = NoiseStream(seeds[2], rows.device, batch_size, noise_dim, mine, has_adversary)

    def next(self) -> StepInputs:
        """Return the inputs of the next step."""
        rows = self._streams[0].next()[self._mine]
        second = self._streams[1].next()[self._mine] if self._has_adversary else None
        return StepInputs(rows, second, self._noise.draw())

    def record(self, step: int, names: list[str], values: torch.Tensor) -> None:
        """Add the mean of the recent steps' terms to the history, or note the failure of one.

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
        # The first is the total; a later one tells which part is not finite.
        column = int((~finite[row]).nonzero()[-1, 0])
        kept = self.folder / "checkpoint" if self.folder else None
        self.failure = DivergedError(
            f"step {step - len(values) + row + 1}: loss term {names[column]!r} is "
            f"{values[row, column].item()}; training stopped"
            + (f", the last good checkpoint is in {kept}" if kept else "")
            + "; train again with a smaller learning_rate, into another folder"
        )

    def save(self, tensors: Tensors, notes: dict[str, Any]) -> None:
        """Write history, then checkpoint: in this order no row can be missing later."""
        if self.folder is None or self.failure is not None:
            return
        tensors |= self.state()
        if not all(t.isfinite().all() for t in tensors.values() if t.is_floating_point()):
            return  # The next loss will not be finite either; the last good checkpoint stays.
        if self.begin is not None and not (self.folder / "config.json").is_file():
            self.begin()  # Somebody has removed the folder: what is in memory is not lost.
        self.history.write(self.folder / "history.csv")
        save_tensors(checkpoint_file(self.folder), tensors, notes | {"seconds": self.seconds}, True)

    def state(self) -> Tensors:
        """Return the state of the batches and the noise, as tensors."""
        tensors = prefixed("randomness", self._noise.state())
        for index, stream in enumerate(self._streams):
            tensors |= prefixed(f"stream{index}", stream.state())
        return tensors

    def restore(self, folder: Path, tensors: Tensors, notes: CheckpointNotes) -> None:
        """Continue from the checkpoint that `save` wrote to a run's folder.

        Raises
        ------
        RequestError
            If the state of a generator is none, or the history is damaged.
        """
        try:
            for index, stream in enumerate(self._streams):
                stream.restore(under(f"stream{index}", tensors))
            self._noise.restore(under("randomness", tensors))
        except (RuntimeError, ValueError) as error:
            raise RequestError(
                f"{checkpoint_file(folder)}: no state of a generator ({shortened(str(error))}); "
                "train the run again"
            ) from error
        self.seconds = notes["seconds"]
        self.history = History.read(folder / "history.csv", notes["step"])
