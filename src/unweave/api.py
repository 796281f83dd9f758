"""The user's verbs: one function each to train, load, evaluate, edit, traverse and report.

Verbs that need one room alone (`interpret`, `strength`, `study`, `save_…`) are functions of
that room; `unweave` itself exports them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from torch import nn

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.runs.model import Model
from unweave.runs.verbs import provide
from unweave.settings import whole
from unweave.training.data import load_for_training
from unweave.training.devices import pick_device
from unweave.training.many_seeds import train_many
from unweave.training.request import TrainingRequest
from unweave.training.train import train_model

# Rooms that draw, score and interpret are imported where they are used: `unweave.load` and
# `encode` need neither matplotlib nor scikit-learn.
if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from unweave.editing.traversal import Traversal


def train(
    model: str,
    data: Any,
    *,
    seed: int | None = None,
    out: Path | str | None = None,
    steps: int | None = None,
    resume: bool = False,
    device: str = "auto",
    progress: bool = True,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
    **settings: Any,
) -> Model:
    """Train a model and return it.

    Parameters
    ----------
    model : str
        The name of a model, such as ``"bf-vae"``.
    data : Dataset, str, path, numpy.ndarray, torch.Tensor or pandas.DataFrame
        Anything that `load_data` takes.
    seed : int, optional
        Fixes the initial weights, the batches and the noise; 0 unless given.
    out : path, optional
        The run's folder; without it the run stays in memory.
    steps : int, optional
        Optimiser steps; by default chosen for the kind of data.
    resume : bool
        Go on from the checkpoint in `out`, bit for bit; start at step 0 if there is none.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    progress : bool
        Show progress on standard error.
    encoder, decoder : torch.nn.Module, optional
        Networks of your own: N x … samples (images in [0, 1]) to N x 2K (means, then
        log-variances), and N x K codes to N x … (logits under a Bernoulli likelihood).
    **settings
        Any setting of the model or of its training; settings that act within a step may be
        schedules, such as ``beta="linear(0, 4, 0.5)"``.

    Raises
    ------
    RequestError
        If the request or the data is at fault; nothing is written then.
    DivergedError
        If a loss term stops being finite; the last good checkpoint is kept.

    Examples
    --------
    >>> import unweave as uw
    >>> model = uw.train("bf-vae", "fa15", steps=20, progress=False)
    >>> model.encode("fa15").shape
    (5000, 10)
    """
    request = TrainingRequest(
        model,
        _with_steps(settings, steps),
        seed,
        None if out is None else Path(out),
        resume,
        device,
        progress,
        encoder,
        decoder,
    )
    request.check()  # Before the data is read, which may take a while.
    dataset = load_for_training(data, request.changes, request.out if resume else None)
    if _speaks(progress) and not isinstance(data, Dataset):
        _show_data(dataset)
    trained = train_model(request, dataset)
    if _speaks(progress):
        _show_run(trained, dataset)
    return trained


def train_seeds(
    model: str,
    data: Any,
    *,
    seeds: int,
    seed: int = 0,
    out: Path | str,
    steps: int | None = None,
    resume: bool = False,
    device: str = "auto",
    progress: bool = True,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
    **settings: Any,
) -> list[Model]:
    """Train `seeds` runs of seeds `seed`, `seed` + 1, … into ``out/seed-S`` and return them.

    Variational models on tables take their steps together, as one batched model; each gives
    the result that it gives when trained alone. See `train` for the other parameters.

    Raises
    ------
    RequestError
        If the request or the data is at fault.
    DivergedError
        If a loss term of a seed stops being finite; on tables after the other seeds have ended.
    """
    if (seeds := whole("seeds", seeds, least=-1)) < 1:
        raise RequestError(f"seeds={seeds}: ask for at least 1 run")
    seed = whole("seed", seed)
    folders = {number: Path(out) / f"seed-{number}" for number in range(seed, seed + seeds)}
    changes = _with_steps(settings, steps)
    for folder in folders.values():
        # An error in the last run is found before the data is read and the first run begins.
        request = TrainingRequest(
            model, changes, seed, folder, resume, device, progress, encoder, decoder
        )
        request.check()
    dataset = load_for_training(data, changes, next(iter(folders.values())) if resume else None)
    if _speaks(progress):
        _show_data(dataset)
    trained = {}
    for run in train_many(request, dataset, folders):
        if _speaks(progress):
            _show_run(run, dataset)
        trained[run.seed] = run
    return [trained[number] for number in folders]


def load(
    folder: Path | str,
    *,
    device: str = "auto",
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
) -> Model:
    """Return the model of a finished run's folder.

    Parameters
    ----------
    folder : path
    device : str
        The device to load the model to: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    encoder, decoder : torch.nn.Module, optional
        Needed where the run was trained with networks of your own.

    Raises
    ------
    RequestError
        If the folder is not that of a finished run, or a file in it is damaged.
    """
    return Model.load(folder, encoder, decoder).to(pick_device(device))


@overload
def evaluate(
    model: Model,
    data: Any = ...,
    metrics: str | Iterable[str] | None = ...,
    split: str = ...,
) -> dict[str, Any]: ...


@overload
def evaluate(
    model: Sequence[Model],
    data: Any = ...,
    metrics: str | Iterable[str] | None = ...,
    split: str = ...,
) -> list[dict[str, Any]]: ...


def evaluate(
    model: Model | Sequence[Model],
    data: Any = None,
    metrics: str | Iterable[str] | None = None,
    split: str = "test",
) -> dict[str, Any] | list[dict[str, Any]]:
    """Score a model, or each of several.

    Parameters
    ----------
    model : Model, or sequence of Model
    data : as for `Model.encode`, optional
        By default the data the run was trained on.
    metrics : str or iterable of str, optional
        Names of scores (`unweave.metrics.registry.SCORES`), or one text with commas between
        them; by default every score that the data allows.
    split : {"test", "validation", "train", "all"}
        The part that is scored of the data the run was trained on, which is recognised by
        its fingerprint, whether it is named or not. All rows of any other data are scored,
        whatever `split` says.

    Returns
    -------
    dict, or list of dict for a sequence
        ``run`` (its folder, None in memory), ``health`` (as in ``summary.json``), ``data``,
        ``split`` (``all`` if all rows were scored), ``count`` (rows scored), ``scores`` (for
        each name ``value``; for scores of reconstructions this is the mean over the samples,
        with ``sd`` over them, ``count`` and ``unit``), and ``omitted``: for each score that
        was left out, the reason.

    Raises
    ------
    RequestError
        If a metric or a split is unknown, a metric needs something that the data lacks, or
        the data cannot be found or does not fit the model.
    UnweaveError
        If a reconstruction is not finite.

    Examples
    --------
    >>> import unweave as uw
    >>> model = uw.train("vae", "fa15", steps=20, progress=False)
    >>> document = uw.evaluate(model, metrics=["rmse"])
    >>> document["split"], document["count"], sorted(document["scores"]["rmse"])
    ('test', 500, ['count', 'sd', 'unit', 'value'])
    """
    from unweave.metrics.evaluation import evaluate_models

    if isinstance(model, Model):
        return evaluate_models([model], data, metrics, split)[0]
    return evaluate_models(model, data, metrics, split)


def edit(
    model: Model,
    data: Any,
    changes: Mapping[str, float] | None = None,
    *,
    to_class: str | None = None,
) -> np.ndarray | pd.DataFrame:
    """Return data with some attributes or latent values set, and the rest left as it is.

    Parameters
    ----------
    model : Model
    data : as for `Model.encode`
    changes : mapping of str to float, optional
        Values for attributes, also outside [0, 1], such as ``{"Smiling": 1.7}``, or for
        latent values, such as ``{"z3": 2.0}``.
    to_class : str, optional
        Where the labels exclude each other: the class to swap in.

    Returns
    -------
    numpy.ndarray or pandas.DataFrame
        Images as float32 N x C x H x W in [0, 1]; rows in the table's own units.

    Raises
    ------
    RequestError
        If the model does not know a name (the nearest is suggested), or a value is not finite.
    """
    from unweave.editing.edits import edit_data

    return edit_data(model, data, changes, to_class)


def traverse(
    model: Model,
    data: Any = None,
    *,
    dimensions: Sequence[int] | None = None,
    steps: int = 9,
    row: int | None = None,
    out: Path | str | None = None,
) -> Traversal:
    """Move one latent dimension at a time along its aggregate posterior and decode.

    Parameters
    ----------
    model : Model
        A model with a posterior.
    data : as for `Model.encode`, optional
        The data that codes are taken from; by default the training data.
    dimensions : sequence of int, optional
        The dimensions to move; by default the informative ones.
    steps : int
        Number of values along each dimension.
    row : int, optional
        The sample to start from.
    out : path, optional
        A .png or .gif file to draw the traversal to.

    Raises
    ------
    RequestError
        If a dimension or the row does not exist, or the model has no posterior.
    """
    from unweave.editing import traversal as traversals

    if out is None:
        return traversals.traverse(model, data, dimensions=dimensions, steps=steps, row=row)
    from unweave.reporting.traversals import save_traversal, traversal_suffix

    traversal_suffix(out)  # A wrong suffix is refused before any work is done.
    found = traversals.traverse(model, data, dimensions=dimensions, steps=steps, row=row)
    save_traversal(model, found, out)
    return found


def report(folder: Path | str, out: Path | str) -> None:
    """Write one self-contained page about the runs in a folder, or about a study.

    Parameters
    ----------
    folder : path
        A run's folder, a folder that holds runs at any depth, or a study's folder.
    out : path
        The page to write, ``.html``; for a study also ``.md`` or ``.csv``.

    Raises
    ------
    RequestError
        If the folder holds no finished run, or the report cannot be written.
    """
    from unweave.reporting.runs import report_folder

    report_folder(folder, out)


def _with_steps(settings: Mapping[str, Any], steps: int | None) -> dict[str, Any]:
    return dict(settings) if steps is None else {**settings, "steps": steps}


def _speaks(progress: bool) -> bool:
    """Return whether this process is the one that shows progress."""
    return progress and int(os.environ.get("RANK", 0)) == 0


def _show_data(dataset: Dataset) -> None:
    from unweave.reporting.terminal import show_data

    show_data(dataset)


def _show_run(run: Model, dataset: Dataset) -> None:
    from unweave.reporting.terminal import show_run

    show_run(run, dataset)


provide("edit", edit)
provide("traverse", traverse)
