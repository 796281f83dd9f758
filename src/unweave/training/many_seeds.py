"""Training on request: of one seed, or of many at once, trained as one batched model."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from unweave.data import Dataset
from unweave.errors import DivergedError, memory_errors
from unweave.models.objective import Batch, Draws
from unweave.models.stack import Stack, can_be_stacked
from unweave.nets.inputs import as_input
from unweave.runs.model import Model
from unweave.runs.tensors import Tensors
from unweave.training.checkpoint import read_notes
from unweave.training.devices import fitting_threads
from unweave.training.loop import Loop
from unweave.training.memory import MEND
from unweave.training.progress import Reporter, Shared, reporter
from unweave.training.request import PreparedRun, TrainingRequest
from unweave.training.train import (
    begin_again,
    finish,
    in_its_folder,
    prepare_folder,
    train_prepared,
)

if TYPE_CHECKING:
    from lightning.fabric import Fabric

logger = logging.getLogger("unweave")

# The memory of a step grows with the seeds; more than this many gain nothing.
AT_ONCE = 32
# With fewer seeds, a loop would spend most of its time between the matrix products.
LEAST_A_LOOP = 5


def train_model(request: TrainingRequest, dataset: Dataset) -> Model:
    """Train one model on one dataset with one seed.

    A seed that has trained with others goes on as they do, to the last bit.

    Raises
    ------
    RequestError
        If the request or the data is at fault; nothing is written then.
    DivergedError
        If a loss term stops being finite; the last good checkpoint is kept.
    """
    with in_its_folder(request.out), memory_errors(MEND):
        prepared = request.prepare(dataset)
        if prepared.finished:
            return prepared.run
        if _goes_on_together(prepared):
            (run,) = _train_prepared([prepared], dataset)
            return run
        return train_prepared(prepared, dataset)


def train_many(
    request: TrainingRequest, dataset: Dataset, folders: Mapping[int, Path]
) -> Iterator[Model]:
    """Train a run of every seed into its folder and yield it; train them together if possible.

    Seeds at the same step are trained together, at most `AT_ONCE` of them; a seed whose loss
    stops being finite does not affect the others.

    Parameters
    ----------
    request : TrainingRequest
        The request that all of them share; its seed and folder are not used.
    dataset : Dataset
    folders : mapping of int to pathlib.Path
        The folder of each seed.

    Raises
    ------
    DivergedError
        If a loss term of a seed stops being finite; on tables after the others have ended.
    """
    own = request.loggers or request.callbacks or request.encoder or request.decoder
    together = 1 if own or dataset.kind != "table" else min(len(folders), AT_ONCE)
    requests = [
        dataclasses.replace(request, seed=seed, out=folder, together=together)
        for seed, folder in folders.items()
    ]
    if dataset.kind != "table":
        for each in requests:
            yield train_model(each, dataset)
        return
    with contextlib.ExitStack() as stack, memory_errors(MEND):
        for each in requests:
            stack.enter_context(in_its_folder(each.out))
        yield from _train_prepared([each.prepare(dataset) for each in requests], dataset)


def _train_prepared(prepared: Sequence[PreparedRun], dataset: Dataset) -> Iterator[Model]:
    yield from (each.run for each in prepared if each.finished)
    failures: list[str] = []
    for group in _groups(each for each in prepared if not each.finished):
        if len(group) > 1 or _goes_on_together(group[0]):
            yield from _train_group(group, dataset, failures)
            continue
        try:
            yield train_prepared(group[0], dataset)
        except DivergedError as error:
            failures.append(f"seed {group[0].run.seed}: {error}")
    if failures:
        raise DivergedError("; ".join(failures))


def _groups(prepared: Iterable[PreparedRun]) -> Iterator[list[PreparedRun]]:
    """Yield groups of runs that can be trained together: with equal settings, at one step."""
    groups: dict[Any, list[PreparedRun]] = {}
    for each in prepared:
        run = each.run
        step = _step(each)
        together = _can_join(each) and (not step or _was_together(each))
        key = (run.settings, run.training, step, None if together else run.seed)
        groups.setdefault(key, []).append(each)
    for group in groups.values():
        for start in range(0, len(group), AT_ONCE):
            yield group[start : start + AT_ONCE]


def _can_join(prepared: PreparedRun) -> bool:
    """Return whether a run's steps can be taken together with those of others."""
    run, fabric = prepared.run, prepared.fabric
    return (
        can_be_stacked(run.module)
        and not (prepared.loggers or prepared.callbacks)
        and run.networks is None
        and fabric.world_size == 1
        and fabric._precision.precision == "32-true"
        and run.training.compile != "yes"
    )


def _step(prepared: PreparedRun) -> int:
    """Return the step from which a run is to continue."""
    folder = prepared.run.folder
    if not prepared.goes_on or folder is None:
        return 0
    return read_notes(folder)["step"]


def _was_together(prepared: PreparedRun) -> bool:
    """Return whether a run's steps were taken with others: to the last bit a stack's differ."""
    folder = prepared.run.folder
    if not prepared.goes_on or folder is None:
        return False
    return read_notes(folder).get("together", False)


def _goes_on_together(prepared: PreparedRun) -> bool:
    """Return whether a run is to go on as a stack, if only of itself; warn where it cannot."""
    if not _was_together(prepared):
        return False
    if not (joins := _can_join(prepared)):
        logger.warning(
            "%s: its steps were taken together with other seeds; as it is asked for now, it goes "
            "on by itself, and agrees to rounding only with what it would have become",
            prepared.run.folder,
        )
    return joins


def _train_group(
    group: Sequence[PreparedRun], dataset: Dataset, failures: list[str]
) -> Iterator[Model]:
    """Train runs together and yield those that end well; add a line to `failures` for others."""
    for each in group:
        prepare_folder(each)
    runs, step = [each.run for each in group], _step(group[0])
    loops = loops_for(runs, dataset, group[0].fabric)
    feeds = [feed for loop in loops for feed in loop.feeds]
    for run, feed in zip(runs, feeds, strict=True):
        feed.begin = partial(begin_again, run)
    if step:
        for loop in loops:
            loop.restore(*(feed.folder for feed in loop.feeds if feed.folder is not None))
        who = f"{len(runs)} seeds" if len(runs) > 1 else runs[0].folder
        logger.info("%s: continuing from step %d", who, step)
    seeds = f"{len(runs)} seeds from" if len(runs) > 1 else "seed"
    title = f"{runs[0].name} on {dataset.name}, {seeds} {runs[0].seed}"
    run_side_by_side(loops, reporter(title, runs[0].training.steps, step, group[0].progress))
    places = [(loop, index) for loop in loops for index in range(len(loop.feeds))]
    for run, (loop, index) in zip(runs, places, strict=True):
        feed = loop.feeds[index]
        if feed.failure is not None:
            failures.append(f"seed {run.seed}: {feed.failure}")
            continue
        run.module.to(loop.fabric.device).load_state_dict(loop.weights(index))
        finish(run, loop, feed, dataset, compiled=False, trained_together=len(runs))
        yield run


class SeedsLoop(Loop):
    """The training of several runs that differ in their seeds alone, with common steps.

    Every seed has the weights, batches and noise that it has in a loop of its own.

    Parameters
    ----------
    runs : sequence of Model
        Runs of one model with equal settings, on tables.
    dataset : Dataset
    fabric : lightning.fabric.Fabric
        A fabric with one process.
    """

    _notes: ClassVar[dict[str, Any]] = {"together": True}

    def __init__(self, runs: Sequence[Model], dataset: Dataset, fabric: Fabric) -> None:
        first, *others = runs
        stack = Stack([run.module for run in runs])
        super().__init__(stack, dataset, first.training, first.seed, fabric, folder=first.folder)
        self.feeds += [self._feed_of(dataset, run.seed, run.folder) for run in others]

    def _adam_options(self) -> dict[str, Any]:
        # On a CPU the fused Adam rounds the last elements of a tensor, which do not fill a
        # vector, otherwise than the rest: a seed's bits would depend on who comes after it.
        return {"foreach": True}

    def _step_inputs(self) -> tuple[Batch, Draws]:
        rows, second, draws = zip(*(feed.next() for feed in self.feeds), strict=True)
        batch = Batch(self._samples(rows), None if second[0] is None else self._samples(second))
        noise, second_noise, orders = zip(*draws, strict=True)
        return batch, Draws(torch.stack(noise), _stacked(second_noise), _stacked(orders))

    def _samples(self, rows: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the samples of all seeds' rows, R x N x J."""
        samples = as_input(self._draw(torch.cat(list(rows))))
        return samples.view(len(rows), -1, *samples.shape[1:])

    def _share(self, tensors: Tensors, index: int) -> Tensors:
        # Scalars are the same for all: Adam's count of steps.
        return {name: value[index] if value.ndim else value for name, value in tensors.items()}

    def _joined(self, shares: list[Tensors]) -> Tensors:
        return {
            name: torch.stack([share[name] for share in shares]) if value.ndim else value
            for name, value in shares[0].items()
        }

    def _shape(self, parameter: torch.Tensor) -> tuple[int, ...]:
        return tuple(parameter.shape[1:])

    def weights(self, index: int) -> Tensors:
        """Return the state of one seed's model."""
        return self._share(self.model.state_dict(), index)


def loops_for(runs: Sequence[Model], dataset: Dataset, fabric: Fabric) -> list[SeedsLoop]:
    """Return loops that divide the runs among them, in order: on a CPU one for each thread."""
    count = 1
    if fabric.device.type == "cpu":
        count = max(1, min(torch.get_num_threads(), len(runs) // LEAST_A_LOOP))
    size = -(-len(runs) // count)
    return [
        SeedsLoop(runs[start : start + size], dataset, fabric)
        for start in range(0, len(runs), size)
    ]


def run_side_by_side(loops: Sequence[Loop], progress: Reporter) -> None:
    """Run loops to their end, each in a thread of its own.

    They never wait for each other, unlike threads that divide each matrix product.
    """
    shared = Shared(progress, len(loops))

    def run(index: int) -> None:
        loop = loops[index]
        try:
            # Seeds that have all diverged are reported after the others have ended.
            with fitting_threads(loop.fabric.device, False), contextlib.suppress(DivergedError):
                loop.run(shared.part(index))
        finally:
            shared.leave(index)

    with progress, ThreadPoolExecutor(len(loops)) as pool:
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
