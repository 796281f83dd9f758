"""From a model's name and a dataset to a finished run."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from lightning.fabric import Fabric
from torch import nn

from unweave.data import Dataset, require_rows
from unweave.errors import RequestError, nearest
from unweave.files import clear_unfinished, write_json
from unweave.models.attribute_settings import AttributeSettings
from unweave.models.build import (
    ModelSettings,
    decide_likelihood,
    model_settings,
    settings_class,
)
from unweave.training.begin import new_run
from unweave.training.checkpoint import checkpoint_file
from unweave.training.devices import fitting_threads, make_fabric, should_compile
from unweave.training.findings import findings
from unweave.training.folder import check_same, stored_config
from unweave.training.lane import Lane
from unweave.training.loop import Loop
from unweave.training.progress import reporter
from unweave.training.run import Run
from unweave.training.settings import TrainingSettings, training_defaults

logger = logging.getLogger("unweave")
Groups = tuple[ModelSettings, TrainingSettings]
Changes = tuple[dict[str, Any], dict[str, Any]]


@dataclasses.dataclass
class Plan:
    """A run that is asked for.

    Attributes
    ----------
    run : Run
        Before its training; with its folder, if it has one.
    fabric : lightning.fabric.Fabric
    goes_on : bool
        Whether its folder holds a checkpoint to go on from.
    finished : bool
        Whether it is there already: `run` was read from its folder.
    """

    run: Run
    fabric: Fabric
    goes_on: bool = False
    finished: bool = False


def train_run(
    name: str,
    dataset: Dataset,
    *,
    changes: Mapping[str, Any] | None = None,
    seed: int | None = None,
    out: Path | None = None,
    resume: bool = False,
    device: str = "auto",
    progress: bool = True,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
) -> Run:
    """Train one model on one dataset with one seed; see `unweave.train` for the parameters."""
    plan = plan_run(name, dataset, changes, seed, out, resume, device, encoder, decoder)
    return plan.run if plan.finished else train_plan(plan, dataset, progress)


def train_plan(plan: Plan, dataset: Dataset, progress: bool = True) -> Run:
    """Train what is planned, and return it."""
    run, fabric = plan.run, plan.fabric
    fabric.barrier()  # All processes have looked at the folder before one writes to it.
    prepare_folder(plan)
    compiled = should_compile(run.training, fabric, dataset.kind == "images")
    loop = Loop(run.module, dataset, run.training, run.seed, fabric, compiled, run.folder)
    if plan.goes_on and run.folder is not None:
        loop.restore(run.folder)
        logger.info("%s: going on from step %d", run.folder, loop.step)
    if compiled and progress:
        logger.info("compiling the step (once, about half a minute)")
    title = f"{run.name} on {dataset.name}, seed {run.seed}"
    shown = progress and fabric.global_rank == 0
    with fitting_threads(fabric.device, dataset.kind == "images"):
        loop.run(reporter(title, run.training.steps, loop.step, shown))
    finish(run, loop, loop.lanes[0], dataset, compiled=compiled)
    fabric.barrier()
    return run


def plan_run(
    name: str,
    dataset: Dataset,
    changes: Mapping[str, Any] | None = None,
    seed: int | None = None,
    out: Path | None = None,
    resume: bool = False,
    device: str = "auto",
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
) -> Plan:
    """Return what is to be trained, having looked at the folder and written nothing."""
    what = "images" if dataset.kind == "images" else "rows"
    require_rows(len(dataset), dataset.source or dataset.name, what)
    stored = stored_config(out, resume) if out else None
    wanted = dict(changes or {})
    if stored:  # What the user does not name again stays as it was begun.
        wanted = {**stored["settings"], **stored["training"], **wanted}
        seed = stored["seed"] if seed is None else seed
    settings, training = settings_for(name, dataset, wanted)
    fabric = make_fabric(device, training, dataset.kind == "images")
    training = fit_batch(training, len(dataset.rows("train")), fabric.world_size)
    run = new_run(name, dataset, settings, training, seed or 0, encoder, decoder)
    if out and stored:
        check_same(out, stored, run, dataset)
        if (out / "summary.json").is_file():
            logger.info("%s: this run is finished", out)
            return Plan(Run.load(out, encoder, decoder), fabric, finished=True)
    run.folder = out
    return Plan(run, fabric, goes_on=stored is not None)


def prepare_folder(plan: Plan) -> None:
    """Clear what a kill has left half written, and say in ``config.json`` what begins."""
    folder = plan.run.folder
    if folder is None or plan.fabric.global_rank != 0:
        return
    for place in (folder, checkpoint_file(folder).parent):
        clear_unfinished(place)
    if not plan.goes_on:
        write_json(folder / "config.json", plan.run.config())


def finish(run: Run, loop: Loop, lane: Lane, dataset: Dataset, **more: Any) -> None:
    """Sum up a trained run, and write it to its folder; `more` goes into the summary."""
    run.module.eval()
    run.history = lane.history
    run.summary = {
        "steps": loop.step,
        "seconds": round(lane.seconds, 3),
        "steps_per_second": round(loop.steps_per_second, 3),
        "loss": {name: run.history.rows[-1][name] for name in run.history.terms},
        **findings(run, dataset),
        "device": str(loop.fabric.device),
        "precision": str(loop.fabric._precision.precision),
        **more,
    }
    if run.folder and loop.fabric.global_rank == 0:
        run.save(run.folder)


def settings_for(name: str, dataset: Dataset, changes: Mapping[str, Any]) -> Groups:
    """Return a named model's settings on a dataset, with the user's `changes`.

    Raises
    ------
    RequestError
        If a change names no setting (suggests the nearest), or its value does not fit.
    """
    own, rest = check_request(name, changes)
    shape = dataset.sample_shape
    examples = np.asarray(dataset.samples[dataset.rows("train")[:256]])
    settings = decide_likelihood(model_settings(name, shape, own), shape, examples)
    form = settings.form if isinstance(settings, AttributeSettings) else ""
    training = TrainingSettings(**TrainingSettings.read({**training_defaults(shape, form), **rest}))
    return settings, training


def check_request(name: str, changes: Mapping[str, Any]) -> Changes:
    """Return the user's changes to the model's and to the loop's settings, apart.

    Raises
    ------
    RequestError
        If there is no such model or setting, or a value does not fit its setting.
    """
    family = settings_class(name)
    known = [*family.names(), *TrainingSettings.names()]
    for key in changes:
        if key not in known:
            raise RequestError(
                f"unknown setting {key!r}{nearest(key, known)} (unweave train {name} --help "
                "lists them)"
            )
    own = {key: value for key, value in changes.items() if key in family.names()}
    rest = {key: value for key, value in changes.items() if key not in own}
    own, rest = family.read(own), TrainingSettings.read(rest)
    family(**own)
    TrainingSettings(**rest)
    return own, rest


def fit_batch(training: TrainingSettings, rows: int, processes: int) -> TrainingSettings:
    """Return the settings with a batch that the rows and the processes can serve.

    Raises
    ------
    RequestError
        If the batch does not divide among the processes.
    """
    size = min(training.batch_size, rows)
    if size < training.batch_size:
        size -= size % processes
        logger.info("batch_size is %d: that is all the training rows there are", size)
    if size % processes:
        raise RequestError(
            f"setting batch_size = {size}: must be a multiple of the {processes} processes"
        )
    return dataclasses.replace(training, batch_size=size)
