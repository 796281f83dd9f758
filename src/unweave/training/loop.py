"""The training loop: it knows optimisers, batches and checkpoints, and no model by name."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import torch
from torch import nn

from unweave.data import Dataset
from unweave.models.objective import Batch, Draws, LossOutput
from unweave.nets.batch_norm import share_batch_statistics
from unweave.nets.inputs import as_input
from unweave.objectives.outputs import Coefficients
from unweave.runs.tensors import Tensors, prefixed, under
from unweave.runs.training_settings import TrainingSettings
from unweave.schedules import Schedule, value_at
from unweave.training.checkpoint import optimizer_tensors, read_checkpoint, restore_optimizer
from unweave.training.feed import SeedFeed
from unweave.training.progress import Reporter
from unweave.training.turning import Turner

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class Learner(Protocol):
    """The attributes that the loop needs of a model, beside those of `torch.nn.Module`."""

    gather: Callable[[torch.Tensor], torch.Tensor]

    @property
    def learns_from_labels(self) -> bool: ...

    @property
    def learns_from_pairs(self) -> bool: ...

    @property
    def turning(self) -> float: ...

    @property
    def noise_dim(self) -> int: ...

    @property
    def adversary(self) -> nn.Module | None: ...

    @property
    def coefficients(self) -> dict[str, float | Schedule]: ...

    def forward(self, batch: Batch, draws: Draws, coefficients: Coefficients) -> LossOutput: ...

    def adversary_loss(
        self, adversary: nn.Module, inputs: tuple[torch.Tensor, ...]
    ) -> LossOutput: ...


class Loop:
    """The training of one run, from its first step or from a checkpoint.

    Parameters
    ----------
    model : torch.nn.Module
        A module that is also a `Learner`.
    dataset : Dataset
    settings : TrainingSettings
        Settings whose batch size fits the training rows and the processes.
    seed : int
    fabric : lightning.fabric.Fabric
    compiled : bool
    folder : pathlib.Path, optional
        The run's folder, for history and checkpoints.
    """

    # What else the checkpoints' headers hold.
    _notes: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        model: Any,
        dataset: Dataset,
        settings: TrainingSettings,
        seed: int,
        fabric: Fabric,
        compiled: bool = False,
        folder: Path | None = None,
    ) -> None:
        self.model, self.settings, self.fabric = model, settings, fabric
        self.step, self.steps_per_second = 0, 0.0
        self._coefficients = {
            name: value if isinstance(value, Schedule) else self._on_device(value)
            for name, value in model.coefficients.items()
        }
        self._set_up(model, compiled)
        self._draw = dataset.draw_on(fabric.device)
        self._labels: torch.Tensor | None = None
        if model.learns_from_labels and dataset.labels is not None:
            self._labels = torch.from_numpy(dataset.labels.values).to(fabric.device)
        self.feeds = [self._feed_of(dataset, seed, folder)]
        self._turner: Turner | None = None
        if model.turning:
            rows = torch.from_numpy(dataset.rows("train")).to(fabric.device)
            self._turner = Turner(model, self._inputs_of, rows, model.turning, settings.steps)

    def _feed_of(self, dataset: Dataset, seed: int, folder: Path | None) -> SeedFeed:
        rows = torch.from_numpy(dataset.rows("train")).to(self.fabric.device)
        size = self.settings.batch_size
        part = size // self.fabric.world_size
        mine = slice(self.fabric.global_rank * part, (self.fabric.global_rank + 1) * part)
        return SeedFeed(
            seed,
            rows,
            size,
            self.model.noise_dim,
            mine,
            self._adversary is not None,
            folder,
            dataset.training_pairs if self.model.learns_from_pairs else None,
            self.settings.changed_factors,
        )

    def _set_up(self, model: Any, compiled: bool) -> None:
        """Move modules and optimisers to the device, wrapped for several processes."""
        rate = self.settings
        fabric = self.fabric
        options = self._adam_options()
        betas = (rate.adam_beta1, rate.adam_beta2)
        # One process in single precision leaves Fabric nothing to do, but its wrappers look through
        # all inputs and outputs, and through every gradient: a tenth of a table's step.
        self._plain = fabric.world_size == 1 and fabric._precision.precision == "32-true"
        model.to(memory_format=torch.channels_last)
        optimizer = torch.optim.Adam(model.parameters(), betas=betas, **options)
        self._model, self._optimizer = self._wrapped(model, optimizer)
        self._adversary: Any = None
        self._adversary_optimizer: Any = None
        if model.adversary is not None:
            betas = (rate.adversary_adam_beta1, rate.adversary_adam_beta2)
            optimizer = torch.optim.Adam(model.adversary.parameters(), betas=betas, **options)
            self._adversary, self._adversary_optimizer = self._wrapped(model.adversary, optimizer)
        if fabric.world_size > 1:
            # Fabric still calls it, and users cannot change that.
            warnings.filterwarnings("ignore", message=".*all_gather is deprecated")
            model.gather = self._gather
            share_batch_statistics(model, model.gather)
        if compiled:
            model.compile()

    def _wrapped(self, module: Any, optimizer: torch.optim.Optimizer) -> tuple[Any, Any]:
        """Move a module to the device; return it and its optimiser as they are to be called."""
        wrapped = self.fabric.setup(module, optimizer)
        return (module, optimizer) if self._plain else wrapped

    def _adam_options(self) -> dict[str, Any]:
        return {"fused": self.fabric.device.type in ("cpu", "cuda")}

    def run(self, reporter: Reporter, watch: Callable[[int], None] | None = None) -> None:
        """Train until the last step.

        Parameters
        ----------
        reporter : Reporter
        watch : callable, optional
            A function such as `HealthWatch.step`, called with the steps taken whenever terms
            are logged.

        Raises
        ------
        DivergedError
            If a loss term is no longer finite. The last good checkpoint stays.
        """
        settings = self.settings
        if self.step == 0:
            self._save_checkpoint()
        began = last_saved = time.perf_counter()
        first_step, before = self.step, [feed.seconds for feed in self.feeds]
        measured_from: float | None = None
        recent: list[torch.Tensor] = []
        names: list[str] = []
        self.model.train()
        with reporter:
            while self.step < settings.steps:
                names, values = self._take_step()
                recent.append(values)
                self.step += 1
                self._turn_codes()
                if measured_from is None:
                    self._wait_for_device()
                    measured_from = time.perf_counter()
                if self.step % settings.log_every and self.step < settings.steps:
                    reporter.step(self.step)
                    continue
                terms = self._flush(names, recent)
                recent = []
                reporter.step(self.step, terms)
                if watch is not None and self.step < settings.steps:
                    watch(self.step)
                now = time.perf_counter()
                for feed, seconds in zip(self.feeds, before, strict=True):
                    feed.seconds = seconds + now - began
                counted = self.step - first_step - 1
                self.steps_per_second = counted / max(now - measured_from, 1e-9)
                due = now - last_saved >= settings.checkpoint_seconds
                if due or self.step == settings.steps:
                    self._save_checkpoint()
                    last_saved = now

    def _take_step(self) -> tuple[list[str], torch.Tensor]:
        """Take a step of the model and of its adversary; return the terms' names and values."""
        coefficients = self._present_coefficients()
        batch, draws = self._step_inputs()
        output: LossOutput = self._model(batch, draws, coefficients)
        self._descend(self._optimizer, output.total, self.settings.learning_rate)
        terms = dict(output.terms)
        if self._adversary is not None and output.adversary_inputs is not None:
            adversary = self.model.adversary_loss(self._adversary, output.adversary_inputs)
            self._descend(
                self._adversary_optimizer, adversary.total, self.settings.adversary_learning_rate
            )
            terms |= adversary.terms
        return list(terms), torch.stack([value.detach() for value in terms.values()])

    def _descend(self, optimizer: Any, loss: torch.Tensor, rate: float | Schedule) -> None:
        for group in optimizer.param_groups:
            group["lr"] = value_at(rate, self.step, self.settings.steps)
        optimizer.zero_grad()
        if self._plain:
            torch.autograd.backward(loss)
        else:
            self.fabric.backward(loss)
        optimizer.step()

    def _step_inputs(self) -> tuple[Batch, Draws]:
        """Return the next step's batch and draws."""
        rows, second, draws = self.feeds[0].next()
        labels = None if self._labels is None else self._labels[rows]
        others = None if second is None else self._inputs_of(second)
        return Batch(self._inputs_of(rows), others, labels), draws

    def _inputs_of(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the samples of some rows, as the encoder takes them."""
        return as_input(self._draw(rows))

    def _turn_codes(self) -> None:
        """Turn the codes of the model where that is due, alike in all processes."""
        if self._turner is None or not self._turner.is_due(self.step):
            return
        matrix = self.fabric.broadcast(self._turner.matrix())
        if matrix is not None:
            self.model.turn(torch.from_numpy(matrix).to(self.fabric.device))

    def _present_coefficients(self) -> dict[str, torch.Tensor]:
        """Return the present values of the objective's settings, as tensors on the device.

        They are tensors, because a step would be compiled again for every new number.
        """
        return {
            name: self._on_device(value.at(self.step, self.settings.steps))
            if isinstance(value, Schedule)
            else value
            for name, value in self._coefficients.items()
        }

    def _on_device(self, value: float) -> torch.Tensor:
        return torch.tensor(value, device=self.fabric.device)

    def _flush(self, names: list[str], recent: list[torch.Tensor]) -> dict[str, float]:
        """Average the recent steps' terms over steps and processes into rows of history.

        Returns the terms for the reporter: the mean over the seeds that have not failed.
        """
        values: torch.Tensor = self.fabric.all_reduce(torch.stack(recent), reduce_op="mean")  # type: ignore[assignment]
        shares = values.reshape(len(recent), len(names), len(self.feeds)).unbind(2)
        for feed, share in zip(self.feeds, shares, strict=True):
            if feed.failure is None:
                feed.record(self.step, names, share)
        going = [feed for feed in self.feeds if feed.failure is None]
        if not going:
            failures = [feed.failure for feed in self.feeds if feed.failure is not None]
            raise failures[-1]
        rows = [feed.history.rows[-1] for feed in going]
        return {name: sum(row[name] for row in rows) / len(rows) for name in names}

    def _gather(self, rows: torch.Tensor) -> torch.Tensor:
        """Join this process's rows with those of the others; gradients flow back to each."""
        parts: Any = self.fabric.all_gather(rows, sync_grads=True)
        joined: torch.Tensor = parts.flatten(0, 1)
        return joined

    def _wait_for_device(self) -> None:
        if self.fabric.device.type == "cuda":
            torch.cuda.synchronize()

    def _tensors(self) -> Tensors:
        """Return all tensors of the model and its adversary that training changes."""
        tensors = prefixed("model", self.model.state_dict())
        tensors |= prefixed("optimizer", optimizer_tensors(self._optimizer))
        if self._adversary is not None:
            tensors |= prefixed("adversary", self.model.adversary.state_dict())
            tensors |= prefixed("adversary_optimizer", optimizer_tensors(self._adversary_optimizer))
        return tensors

    def _save_checkpoint(self) -> None:
        if self.fabric.global_rank != 0:
            return
        notes = {"step": self.step, "steps_per_second": self.steps_per_second} | self._notes
        tensors = self._tensors()
        for index, feed in enumerate(self.feeds):
            feed.save(self._share(tensors, index), notes)

    def restore(self, *folders: Path) -> None:
        """Continue from the checkpoints in folders of runs, one for each seed, all at one step.

        Raises
        ------
        RequestError
            If a checkpoint is damaged or does not fit its run.
        """
        stored = [
            read_checkpoint(folder, self._expected(index), self._shapes(), self.settings.steps)
            for index, folder in enumerate(folders)
        ]
        for feed, folder, (own, notes) in zip(self.feeds, folders, stored, strict=True):
            feed.restore(folder, own, notes)
            self.step, self.steps_per_second = notes["step"], notes["steps_per_second"]
        tensors = self._joined([own for own, _ in stored])
        self.model.load_state_dict(under("model", tensors))
        restore_optimizer(self._optimizer, under("optimizer", tensors))
        if self._adversary is not None:
            self.model.adversary.load_state_dict(under("adversary", tensors))
            restore_optimizer(self._adversary_optimizer, under("adversary_optimizer", tensors))

    def _expected(self, index: int) -> Tensors:
        """Return tensors like those that a checkpoint of one seed must hold."""
        tensors = prefixed("model", self.model.state_dict())
        if self._adversary is not None:
            tensors |= prefixed("adversary", self.model.adversary.state_dict())
        return self._share(tensors, index) | self.feeds[index].state()

    def _shapes(self) -> dict[str, list[tuple[tuple[int, ...], torch.dtype]]]:
        """Return shape and type of each optimiser's parameters, of one seed."""
        own = {"optimizer": self.model.parameters()}
        if self._adversary is not None:
            own["adversary_optimizer"] = self.model.adversary.parameters()
        return {
            name: [(self._shape(each), each.dtype) for each in parts] for name, parts in own.items()
        }

    def _shape(self, parameter: torch.Tensor) -> tuple[int, ...]:
        """Return the shape that a parameter has in the checkpoint of one seed."""
        return tuple(parameter.shape)

    def _share(self, tensors: Tensors, index: int) -> Tensors:
        """Return the part of `tensors` that belongs to one seed: all, if there is only one."""
        return dict(tensors)

    def _joined(self, shares: list[Tensors]) -> Tensors:
        """Undo `_share`."""
        return shares[0]
