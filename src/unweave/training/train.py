"""Training of one prepared run: its folder, its loop, its summary."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from unweave.data import Dataset
from unweave.files import clear_unfinished, write_json
from unweave.locks import alone
from unweave.runs.folder import checkpoint_file
from unweave.runs.model import Model
from unweave.runs.names import title_of_run
from unweave.training.devices import fitting_threads, should_compile
from unweave.training.feed import SeedFeed
from unweave.training.health import HealthWatch, health_of, probe_of
from unweave.training.loop import Loop
from unweave.training.progress import reporter
from unweave.training.request import PreparedRun
from unweave.training.trackers import Tracked

logger = logging.getLogger("unweave")


@contextlib.contextmanager
def in_its_folder(folder: Path | None) -> Iterator[None]:
    """Keep a run's folder to this training, from the first look at it to the last file.

    Raises
    ------
    RequestError
        If another process trains there.
    """
    from lightning.fabric.utilities.rank_zero import _get_rank  # Encoding does without.

    if folder is None or _get_rank():  # Of several processes, the first one writes.
        yield
        return
    with alone(folder, "another training"):
        yield


def train_prepared(prepared: PreparedRun, dataset: Dataset) -> Model:
    """Train a prepared run, and return it."""
    run, fabric = prepared.run, prepared.fabric
    fabric.barrier()  # All processes have looked at the folder before one writes to it.
    prepare_folder(prepared)
    images = dataset.kind == "images"
    compiled = should_compile(run.training, fabric, images)
    loop = Loop(run.module, dataset, run.training, run.seed, fabric, compiled, run.folder)
    loop.feeds[0].begin = partial(begin_again, run)
    if prepared.goes_on and run.folder is not None:
        loop.restore(run.folder)
        logger.info("%s: continuing from step %d", run.folder, loop.step)
    if compiled and prepared.progress:
        logger.info("compiling the step (once, about half a minute)")
    title = title_of_run(run.name, dataset.name, run.seed)
    shown = prepared.progress and fabric.global_rank == 0
    probe = probe_of(dataset, fabric.device)
    watch = HealthWatch(run.module, probe, run.has_posterior, run.training.steps)
    progress = reporter(title, run.training.steps, loop.step, shown)
    if fabric.global_rank == 0 and (prepared.loggers or prepared.callbacks):
        progress = Tracked(progress, run, probe, prepared.loggers, prepared.callbacks)
    with fitting_threads(fabric.device, images):
        loop.run(progress, watch.step)
    finish(run, loop, loop.feeds[0], dataset, compiled=compiled)
    fabric.barrier()
    return run


def prepare_folder(prepared: PreparedRun) -> None:
    """Remove unfinished files, and write ``config.json`` if the run starts."""
    folder = prepared.run.folder
    if folder is None or prepared.fabric.global_rank != 0:
        return
    for place in (folder, checkpoint_file(folder).parent):
        clear_unfinished(place)
    if not prepared.goes_on:
        write_json(folder / "config.json", prepared.run.config())


def begin_again(run: Model) -> None:
    """Write ``config.json`` to a folder that was removed while its run trained."""
    if run.folder is not None:
        logger.warning("%s: was removed while it was trained; it is written again", run.folder)
        write_json(run.folder / "config.json", run.config())


def finish(run: Model, loop: Loop, feed: SeedFeed, dataset: Dataset, **more: Any) -> None:
    """Write the summary of a trained run, with `more` entries, and save it to its folder."""
    run.module.eval()
    run.history = feed.history
    run.summary = {
        "steps": loop.step,
        "seconds": round(feed.seconds, 3),
        "steps_per_second": round(loop.steps_per_second, 3),
        "loss": {name: run.history.rows[-1][name] for name in run.history.terms},
        **run.summarise(dataset),
        "health": health_of(run.module, probe_of(dataset, run.device), run.has_posterior).to_json(),
        "device": str(loop.fabric.device),
        "precision": str(loop.fabric._precision.precision),
        **more,
    }
    if run.folder and loop.fabric.global_rank == 0:
        run.save(run.folder)
