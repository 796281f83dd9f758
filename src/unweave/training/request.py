"""A request for a trained model, its checks, and the run that it becomes."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from unweave.data import Dataset, require_rows
from unweave.errors import RequestError, nearest, shown
from unweave.models.families import build_model, family_of, model_settings
from unweave.nets.columns import ColumnLayout
from unweave.nets.inputs import as_input
from unweave.objectives.targets import Targets
from unweave.runs.folder import check_free, check_same, is_finished, stored_config
from unweave.runs.model import Model
from unweave.runs.training_settings import TrainingSettings, training_settings
from unweave.settings import Settings, whole_number
from unweave.training.devices import make_fabric, pick_device
from unweave.training.memory import require_memory
from unweave.training.trackers import Callback, check_loggers

if TYPE_CHECKING:
    from lightning.fabric import Fabric

logger = logging.getLogger("unweave")


@dataclasses.dataclass(frozen=True)
class TrainingRequest:
    """A user's request for a trained model.

    Attributes
    ----------
    model : str
        The name of a model.
    changes : mapping of str to Any
        Settings of the model and of its training; texts are converted.
    seed : int, optional
        By default 0, or the seed of the run to continue.
    out : pathlib.Path, optional
        The run's folder; without it the run stays in memory.
    resume : bool
        Go on from the checkpoint in `out`; start at step 0 if there is none.
    device : str
    progress : bool
        Show progress on standard error.
    encoder, decoder : torch.nn.Module, optional
        Networks to use in place of the built-in ones.
    loggers, callbacks : tuple
        Trackers by name or loggers of Lightning, and functions; see `unweave.train`.
    together : int
        How many runs of such a request take their steps at once.
    """

    model: str
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seed: int | None = None
    out: Path | None = None
    resume: bool = False
    device: str = "auto"
    progress: bool = True
    encoder: nn.Module | None = None
    decoder: nn.Module | None = None
    loggers: tuple[Any, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    together: int = 1

    def __post_init__(self) -> None:
        if self.seed is not None:
            object.__setattr__(self, "seed", whole_number("seed", self.seed))

    def check(self) -> None:
        """Check all that does not depend on the data, before the data is read.

        Raises
        ------
        RequestError
            If the model, a setting, the device, a logger or the folder is at fault.
        """
        check_settings(self.model, self.changes)
        pick_device(self.device)
        check_loggers(self.loggers)
        if self.out is not None:
            check_free(self.out, self.resume)

    def prepare(self, dataset: Dataset) -> PreparedRun:
        """Return the run to train, after a look at its folder; nothing is written yet.

        Raises
        ------
        RequestError
            If the request does not fit the data or the run in the folder.
        """
        what = "images" if dataset.kind == "images" else "rows"
        require_rows(len(dataset), dataset.source or dataset.name, what)
        stored = stored_config(self.out, self.resume) if self.out else None
        changes, seed = dict(self.changes), self.seed
        if stored:  # Settings that the user does not name again stay as they were.
            stored_settings = _written_before(self.model) | stored["settings"] | stored["training"]
            changes = stored_settings | changes
            seed = stored["seed"] if seed is None else seed
        settings, training = settings_for(self.model, dataset, changes)
        fabric = make_fabric(self.device, training, dataset.kind == "images")
        rows, group = _rows_of(self.model, settings, training, dataset)
        training = _fit_batch(training, rows, fabric.world_size, group)
        run = _new_run(self, dataset, settings, training, seed or 0, fabric)
        if self.out and stored:
            check_same(self.out, stored, run.config(), dataset)
            if is_finished(self.out):
                logger.info("%s: this run is finished", self.out)
                finished = Model.load(self.out, self.encoder, self.decoder)
                return PreparedRun(finished, fabric, self.progress, finished=True)
        run.folder = self.out
        return PreparedRun(
            run,
            fabric,
            self.progress,
            goes_on=stored is not None,
            loggers=self.loggers,
            callbacks=self.callbacks,
        )


@dataclasses.dataclass
class PreparedRun:
    """A run that is ready to be trained.

    Attributes
    ----------
    run : Model
        The untrained model, with its folder if it has one.
    fabric : lightning.fabric.Fabric
    progress : bool
        Show progress on standard error.
    goes_on : bool
        Whether its folder holds a checkpoint to continue from.
    finished : bool
        Whether its training is finished already: then `run` was read from its folder.
    loggers, callbacks : tuple
        As in the request.
    """

    run: Model
    fabric: Fabric
    progress: bool = True
    goes_on: bool = False
    finished: bool = False
    loggers: tuple[Any, ...] = ()
    callbacks: tuple[Callback, ...] = ()


def _written_before(model: str) -> dict[str, Any]:
    """Return what a run has of the settings that are newer than it."""
    return family_of(model).settings().to_json() | TrainingSettings().to_json()


def check_settings(name: str, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the user's changes to the settings of the model, and those to the training's.

    Raises
    ------
    RequestError
        If there is no such model or setting, or a value does not suit its setting.
    """
    settings = family_of(name).settings
    known = [*settings.names(), *TrainingSettings.names()]
    for key in changes:
        if key not in known:
            raise RequestError(
                f"unknown setting {shown(key)}{nearest(key, known)} "
                f"({name} has: {', '.join(known)})"
            )
    own = {key: value for key, value in changes.items() if key in settings.names()}
    rest = {key: value for key, value in changes.items() if key not in own}
    own, rest = settings.read(own), TrainingSettings.read(rest)
    settings(**own)
    TrainingSettings(**rest)
    return own, rest


def settings_for(
    name: str, dataset: Dataset, changes: Mapping[str, Any]
) -> tuple[Settings, TrainingSettings]:
    """Return the settings of a named model and of its training on a dataset, with changes.

    Raises
    ------
    RequestError
        If there is no such setting (the nearest is suggested), or a value does not suit it.
    """
    own, rest = check_settings(name, changes)
    shape = dataset.sample_shape
    layout = ColumnLayout.of(dataset.table)
    settings = model_settings(name, shape, own, dataset.examples, layout)
    form = str(getattr(settings, "form", ""))
    return settings, training_settings(name, shape, rest, form)


def _rows_of(
    name: str, settings: Settings, training: TrainingSettings, dataset: Dataset
) -> tuple[int, int]:
    """Return how many rows there are to learn from, and how many of a batch belong together.

    Raises
    ------
    RequestError
        If the model learns from pairs and the data has none, or too few factors for them.
    """
    if not family_of(name).needs_pairs(settings):
        return len(dataset.rows("train")), 1
    try:
        pairs = len(dataset.training_pairs)
    except RequestError as error:
        raise RequestError(f"{name} learns from pairs of samples: {error}") from error
    factors, changed = dataset.factors, training.changed_factors
    if dataset.pairs is None and factors is not None and changed >= len(factors.names):
        raise RequestError(
            f"changed_factors={changed}: pairs share a factor, and {dataset.name} has "
            f"{len(factors.names)}; give at most {len(factors.names) - 1}"
        )
    return 2 * pairs, 2


def _fit_batch(
    training: TrainingSettings, rows: int, processes: int, group: int = 1
) -> TrainingSettings:
    """Return the settings with a batch size that fits the rows and the processes.

    Parameters
    ----------
    training : TrainingSettings
    rows, processes : int
    group : int
        How many samples of a batch belong together: 2 where they are pairs.

    Raises
    ------
    RequestError
        If the batch cannot be divided among the processes, or into pairs.
    """
    size = min(training.batch_size, rows)
    if size < training.batch_size:
        size -= size % (processes * group)
        logger.info("batch_size is %d: there are no more training rows", size)
    if size % processes:
        raise RequestError(f"batch_size={size}: must be a multiple of the {processes} processes")
    if size // processes % group:
        raise RequestError(f"batch_size={size}: must be even in each process, for whole pairs")
    return dataclasses.replace(training, batch_size=size)


def _new_run(
    request: TrainingRequest,
    dataset: Dataset,
    settings: Settings,
    training: TrainingSettings,
    seed: int,
    fabric: Fabric,
) -> Model:
    """Return the untrained model: weights drawn from the seed, and facts about its data."""
    encoder, decoder = request.encoder, request.decoder
    population = len(dataset.rows("train"))
    targets = _targets_of(request.model, settings, dataset)
    build = partial(
        build_model,
        request.model,
        settings,
        dataset.sample_shape,
        population,
        encoder,
        decoder,
        targets,
        layout=ColumnLayout.of(dataset.table),
    )
    require_memory(
        build,
        dataset.sample_shape,
        training.batch_size // fabric.world_size,
        together=request.together,
        # A GPU's own allocator refuses at once; halves of numbers take half of what is counted.
        step=fabric.device.type == "cpu" and fabric._precision.precision == "32-true",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = build(examples=dataset.examples)
    networks = None
    if encoder is not None or decoder is not None:
        networks = {
            part: "default" if net is None else f"{type(net).__module__}.{type(net).__qualname__}"
            for part, net in (("encoder", encoder), ("decoder", decoder))
        }
        _check_networks(module, dataset)
    data: dict[str, Any] = {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "shape": list(dataset.sample_shape),
        "population": population,
    }
    if dataset.kind == "images":
        data |= {"crop": dataset.crop, "white": dataset.white}
    if family_of(request.model).has_labels:
        data["labels"] = targets.to_json()
        if len(targets) and dataset.labels is not None and dataset.labels.bounds:
            data["labels"]["bounds"] = {
                name: list(ends) for name, ends in dataset.labels.bounds.items()
            }
    return Model(
        request.model, module, settings, training, seed, data, dataset.table, networks=networks
    )


def _targets_of(name: str, settings: Settings, dataset: Dataset) -> Targets:
    """Return the labels that a model is to learn from; empty for most models.

    Raises
    ------
    RequestError
        If the model needs labels and the data has none, or a label is named like a code.
    """
    if not family_of(name).needs_labels(settings):
        return Targets()
    labels = dataset.labels
    if labels is None:
        raise RequestError(
            f"{name} learns from labels, and {dataset.name} has none; give a folder of images "
            "with an attributes.csv, or data with labels such as faces, celeba, mnist or digits"
        )
    for label in labels.names:
        if label in (f"z{index}" for index in range(getattr(settings, "latent_dim", 0))):
            raise RequestError(
                f"{dataset.name}: the attribute {label!r} is named like a latent value; rename it"
            )
    return Targets(labels.names, labels.exclusive)


@torch.no_grad()
def _check_networks(module: Any, dataset: Dataset) -> None:
    """Check the shapes that the user's own networks take and return."""
    rows = torch.from_numpy(dataset.rows("train")[:2])
    module.eval()
    batch = as_input(dataset.draw_on(torch.device("cpu"))(rows))
    outputs, codes = module.encoder(module.network_input(batch)), module.code_dim
    wanted, what = module.encoder_outputs
    if outputs.shape != (2, wanted):
        raise RequestError(
            f"the encoder gives {tuple(outputs.shape)} for 2 samples; wanted (2, {wanted}): {what}"
        )
    decoded = module.decoder(module.decoder_input(outputs[:, :codes], batch))
    columns = module.columns
    shape = batch.shape if columns is None else torch.Size((2, columns.layout.units))
    if decoded.shape != shape:
        raise RequestError(
            f"the decoder gives {tuple(decoded.shape)} for 2 codes; wanted {tuple(shape)}"
        )
