"""From a model's name and a dataset to a finished run."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import nn

from unweave.data import Dataset, require_rows
from unweave.errors import RequestError, nearest
from unweave.files import clear_unfinished, write_json
from unweave.models.attribute_settings import AttributeSettings
from unweave.models.build import (
    ModelSettings,
    build_model,
    decide_likelihood,
    model_settings,
    settings_class,
)
from unweave.models.targets import Targets
from unweave.nets.inputs import as_input
from unweave.training.checkpoint import checkpoint_file
from unweave.training.devices import fitting_threads, make_fabric, should_compile
from unweave.training.findings import findings
from unweave.training.folder import check_same, stored_config
from unweave.training.loop import Loop
from unweave.training.progress import reporter
from unweave.training.run import Run
from unweave.training.settings import TrainingSettings, training_defaults

logger = logging.getLogger("unweave")
Groups = tuple[ModelSettings, TrainingSettings]
Changes = tuple[dict[str, Any], dict[str, Any]]


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
    run = _new_run(name, dataset, settings, training, seed or 0, encoder, decoder)
    if out and stored:
        check_same(out, stored, run)
        if (out / "summary.json").is_file():
            logger.info("%s: this run is finished", out)
            return Run.load(out, encoder, decoder)
    run.folder = out
    fabric.barrier()  # All processes have looked at the folder before one writes to it.
    if out and fabric.global_rank == 0:
        for folder in (out, checkpoint_file(out).parent):
            clear_unfinished(folder)
        if not stored:
            write_json(out / "config.json", run.config())
    _train(run, dataset, fabric, stored is not None, progress)
    if out and fabric.global_rank == 0:
        run.save(out)
    fabric.barrier()
    return run


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


def _new_run(
    name: str,
    dataset: Dataset,
    settings: ModelSettings,
    training: TrainingSettings,
    seed: int,
    encoder: nn.Module | None,
    decoder: nn.Module | None,
) -> Run:
    """Build the model, its weights drawn from the seed, and wrap it as a run."""
    population = len(dataset.rows("train"))
    targets = _targets_of(name, settings, dataset)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = build_model(settings, dataset.sample_shape, population, encoder, decoder, targets)
    own = {"encoder": encoder, "decoder": decoder}
    networks = None
    if encoder is not None or decoder is not None:
        networks = {
            part: "default" if net is None else f"{type(net).__module__}.{type(net).__qualname__}"
            for part, net in own.items()
        }
        _check_networks(module, dataset)
    data: dict[str, Any] = {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "shape": list(dataset.sample_shape),
        "population": population,
    }
    if targets is not None:
        data["labels"] = targets.to_json()
    return Run(name, module, settings, training, seed, data, dataset.table, networks=networks)


def _targets_of(name: str, settings: ModelSettings, dataset: Dataset) -> Targets | None:
    """Return what an attribute model is to be told; None for the variational family.

    Raises
    ------
    RequestError
        If the model needs labels and the data has none, or a label is named like a code.
    """
    if not isinstance(settings, AttributeSettings):
        return None
    if settings.decoder_input == "nothing":
        return Targets()
    labels = dataset.labels
    if labels is None:
        raise RequestError(
            f"{name} learns from labels, and {dataset.name} has none; give a folder of images "
            "with an attributes.csv, or data with labels such as faces, celeba, mnist or digits"
        )
    for label in labels.names:
        if label in (f"z{index}" for index in range(settings.latent_dim)):
            raise RequestError(
                f"{dataset.name}: the attribute {label!r} is named like a latent value; rename it"
            )
    return Targets(labels.names, labels.exclusive)


@torch.no_grad()
def _check_networks(module: Any, dataset: Dataset) -> None:
    """Hold the user's own networks against the shapes they are to take and give."""
    rows = torch.from_numpy(dataset.rows("train")[:2])
    module.eval()
    batch = as_input(dataset.draw_on(torch.device("cpu"))(rows))
    outputs, codes = module.encoder(batch), module.code_dim
    wanted, what = module.encoder_outputs
    if outputs.shape != (2, wanted):
        raise RequestError(
            f"the encoder gives {tuple(outputs.shape)} for 2 samples; wanted (2, {wanted}): {what}"
        )
    decoded = module.decoder(outputs[:, :codes])
    if decoded.shape != batch.shape:
        raise RequestError(
            f"the decoder gives {tuple(decoded.shape)} for 2 codes; wanted {tuple(batch.shape)}"
        )


def _train(run: Run, dataset: Dataset, fabric: Fabric, goes_on: bool, progress: bool) -> None:
    """Run the loop and sum up."""
    compiled = should_compile(run.training, fabric, dataset.kind == "images")
    loop = Loop(
        run.module,
        dataset,
        run.training,
        run.seed,
        fabric,
        compiled=compiled,
        folder=run.folder,
    )
    if goes_on and run.folder is not None:
        loop.restore(run.folder)
        logger.info("%s: going on from step %d", run.folder, loop.step)
    if compiled and progress:
        logger.info("compiling the step (once, about half a minute)")
    title = f"{run.name} on {dataset.name}, seed {run.seed}"
    shown = progress and fabric.global_rank == 0
    with fitting_threads(fabric.device, dataset.kind == "images"):
        loop.run(reporter(title, run.training.steps, loop.step, shown))
    run.module.eval()
    lane = loop.lanes[0]
    run.history = lane.history
    run.summary = {
        "steps": loop.step,
        "seconds": round(lane.seconds, 3),
        "steps_per_second": round(loop.steps_per_second, 3),
        "loss": {name: run.history.rows[-1][name] for name in run.history.terms},
        **findings(run, dataset),
        "device": str(fabric.device),
        "precision": str(fabric._precision.precision),
        "compiled": compiled,
    }
