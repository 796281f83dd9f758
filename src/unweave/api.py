"""The user's verbs: one function each to train, load, evaluate, edit, traverse and report.

Verbs that need one room alone (`interpret`, `strength`, `study`, `save_…`) are functions of
that room; `unweave` itself exports them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import torch
from torch import nn

from unweave.arguments import checked
from unweave.data import Dataset
from unweave.models.aliases import model_name
from unweave.runs.model import Model
from unweave.runs.verbs import provide
from unweave.settings import seeds_from, whole_number
from unweave.training.data import load_for_training
from unweave.training.devices import pick_device
from unweave.training.many_seeds import train_many, train_model
from unweave.training.request import TrainingRequest
from unweave.training.trackers import Callback

# Rooms that draw, score and interpret are imported where they are used: `unweave.load` and
# `encode` need neither matplotlib nor scikit-learn.
if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from unweave.editing.traversal import Traversal
    from unweave.studies.choice import Choice


@checked
def train(
    model: str,
    data: Any,
    *,
    seed: int | None = None,
    out: Path | str | None = None,
    steps: int | None = None,
    resume: bool = False,
    device: str | torch.device = "auto",
    progress: bool = True,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
    loggers: str | Sequence[Any] = (),
    callbacks: Sequence[Callback] = (),
    **settings: Any,
) -> Model:
    """Train a model and return it.

    Parameters
    ----------
    model : str
        The name of a model, such as ``"bf-vae"``, however it is written: ``"BF_VAE"`` too.
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
    loggers : str or sequence of str or lightning.fabric.loggers.Logger
        ``tensorboard``, ``mlflow``, ``wandb``, or loggers of Lightning's: they get the loss
        terms, KL of each dimension, health, and at the end pictures.
    callbacks : sequence of callable
        Functions of the model, the steps taken and the loss terms, called when terms are
        logged.
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
        model_name(model),
        _with_steps(settings, steps),
        seed,
        None if out is None else Path(out),
        resume,
        str(device),
        progress,
        encoder,
        decoder,
        _as_tuple(loggers),
        tuple(callbacks),
    )
    request.check()  # Before the data is read, which may take a while.
    dataset = load_for_training(data, request.changes, request.out if resume else None)
    if _speaks(progress) and not isinstance(data, Dataset):
        _show_data(dataset)
    trained = train_model(request, dataset)
    if _speaks(progress):
        _show_run(trained, dataset)
    return trained


@checked
def train_seeds(
    model: str,
    data: Any,
    *,
    seeds: int,
    seed: int = 0,
    out: Path | str,
    steps: int | None = None,
    resume: bool = False,
    device: str | torch.device = "auto",
    progress: bool = True,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
    loggers: str | Sequence[Any] = (),
    callbacks: Sequence[Callback] = (),
    **settings: Any,
) -> list[Model]:
    """Train `seeds` runs of seeds `seed`, `seed` + 1, … into ``out/seed-S`` and return them.

    Variational models on tables take their steps together, as one batched model; each gives
    the result that it gives when trained alone; with loggers or callbacks, they are trained one
    after the other. See `train` for the other parameters.

    Raises
    ------
    RequestError
        If the request or the data is at fault.
    DivergedError
        If a loss term of a seed stops being finite; on tables after the other seeds have ended.
    """
    folders = {number: Path(out) / f"seed-{number}" for number in seeds_from(seeds, seed)}
    changes = _with_steps(settings, steps)
    for folder in folders.values():
        # An error in the last run is found before the data is read and the first run begins.
        request = TrainingRequest(
            model_name(model),
            changes,
            seed,
            folder,
            resume,
            str(device),
            progress,
            encoder,
            decoder,
            _as_tuple(loggers),
            tuple(callbacks),
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


@checked
def choose(
    model: str,
    data: Any,
    *,
    out: Path | str,
    seeds: int = 3,
    seed: int = 0,
    steps: int | None = None,
    runs: int | None = None,
    seconds: float | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    device: str | torch.device = "auto",
    **settings: Any,
) -> Choice:
    """Choose the settings and the turn of a model without labels.

    A study in which poor settings stop early: every setting is trained with several seeds for a
    fraction of the steps, a third goes on three times as long, and so on. Factors and labels of
    the data are taken off before anything is computed. It resumes where it was stopped when it is
    called again.

    Parameters
    ----------
    model : str
        The name of a model of the variational family.
    data : as for `train`
    out : path
        The choice's folder: a study's, with ``choice.json`` and ``choice.png``.
    seeds : int
        How many runs each setting has, at least two.
    seed : int
        The seed of the first of them.
    steps : int, optional
        Steps of the settings that come furthest; by default those of `train`.
    runs : int, optional
        The most runs; where the grid takes more, random settings of it are tried.
    seconds : float, optional
        In place of `steps`: as many steps as fit into this time of training, by the speed of a
        short trial, and no more than `train` takes.
    grid : mapping of str to sequence, optional
        The values to try of each setting; by default those that the documentation lists.
    device : str
    **settings
        Settings that all runs have.

    Returns
    -------
    Choice
        ``.chosen``, ``.settings``, ``.steps``, ``.turn``, ``.advice``, ``.models`` (the chosen
        setting's runs), and ``.rungs`` with everything that was tried.

    Raises
    ------
    RequestError
        If there is one seed, nothing to choose, too little data or too small a budget, a setting
        is unknown, or `out` holds something else.
    """
    from unweave.reporting.choice import save_choice
    from unweave.studies.choose import choose_settings

    changes = dict(settings)
    dataset = load_for_training(data, changes)
    found = choose_settings(
        model, dataset, out, seeds=seeds, seed=seed, steps=steps, runs=runs, seconds=seconds,
        grid=grid, device=str(device), **changes,
    )  # fmt: skip
    save_choice(found)
    return found


@checked
def load(
    folder: Path | str,
    *,
    device: str | torch.device = "auto",
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
) -> Model:
    """Return the model of a finished run's folder.

    Parameters
    ----------
    folder : path or str
        A run's folder, or ``hf://user/name``, a run on the Hugging Face Hub.
    device : str
        The device to load the model to: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    encoder, decoder : torch.nn.Module, optional
        Needed where the run was trained with networks of your own.

    Raises
    ------
    RequestError
        If the folder is not that of a finished run, or a file in it is damaged.
    """
    if str(folder).startswith("hf://"):
        from unweave.reporting.hub import fetch_run

        folder = fetch_run(str(folder))
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


@checked
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


@checked
def score(
    codes: Any, factors: Any, metrics: str | Iterable[str] | None = None, *, seed: int = 0
) -> dict[str, Any]:
    """Score codes of any origin against the factors that made the data.

    Parameters
    ----------
    codes : array, torch.Tensor, DataFrame or path
        N x K numbers, or a ``.csv``, ``.parquet`` or ``.npz`` file such as `save_codes` writes.
    factors : array, torch.Tensor, DataFrame or path
        N x F numbers or texts, row by row those of `codes`. Texts are levels in alphabetical
        order; numbers are levels where there are at most 256 distinct ones, and at most half as
        many as rows, and otherwise continuous. A factor that does not vary is left out.
    metrics : str or iterable of str, optional
        Names of scores against factors (`unweave.metrics.registry.SCORES`) or other names of
        theirs, such as ``"dci"``; by default all of them.
    seed : int
        Seed of the rows and votes that scores draw; each score draws by itself.

    Returns
    -------
    dict
        ``scores``, for each name ``value`` and what else it found; ``codes`` and ``factors``,
        where they come from; ``count``, ``dimensions`` (their names), ``levels`` (of each factor,
        None if it is continuous), ``left_out``, ``row_labels`` (columns of the files that only
        name rows or their split), and ``seed``.

    Raises
    ------
    RequestError
        If codes and factors have different lengths, a value is missing or not finite, codes hold
        text, no factor varies, a score is unknown or needs a model, or a file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> import unweave as uw
    >>> factors = np.indices((4, 5)).reshape(2, -1).T.repeat(20, axis=0)
    >>> found = uw.score(codes=factors, factors=factors, metrics="mig,InfoMEC")
    >>> {name: round(score["value"], 2) for name, score in found["scores"].items()}
    {'mig': 1.0, 'info-m': 1.0, 'info-e': 1.0, 'info-c': 1.0}
    """
    from unweave.metrics.array_scores import score_arrays

    return score_arrays(codes, factors, metrics, whole_number("seed", seed))


@checked
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


@checked
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


@checked
def rotate(
    model: Model,
    data: Any = None,
    *,
    method: str = "varimax",
    dimensions: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
) -> Model:
    """Return a model whose informative dimensions are whitened and turned after training.

    See `unweave.interpretation.rotate.rotate`, which tells the parameters.
    """
    from unweave.interpretation import rotate as rotation

    return rotation.rotate(model, data, method=method, dimensions=dimensions, seed=seed, out=out)


@checked
def export(model: Model, out: Path | str, format: str = "onnx") -> None:
    """Write a model for other programs: encoder, decoder and editor, or a page with sliders.

    What is written is checked against the model: the same samples and codes through both agree
    to 1e-5, on a page to half a grey level.

    Parameters
    ----------
    model : Model
    out : path
        ``onnx`` and ``torch``: a new folder. ``page``: an .html file.
    format : {"onnx", "torch", "page"}
        ``onnx`` writes ``encoder.onnx``, ``decoder.onnx`` and ``editor.onnx``; ``torch`` the
        same as programs of `torch.export`, ``.pt2``, from which nothing is unpickled. Both take
        images in [0, 1] or rows in the table's own units, any number at a time; the editor also
        takes what each element of the code is set to, NaN to leave it alone. ``export.json``
        says what the inputs hold. ``page`` is one file whose sliders run the decoder in the
        browser, without a server or a network.

    Raises
    ------
    RequestError
        If the format is unknown or needs a package that is not installed, the place cannot be
        written to, or the model's networks cannot be exported.
    """
    from unweave.exporting.export import export_model

    export_model(model, out, format)


@checked
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


def _as_tuple(loggers: str | Sequence[Any]) -> tuple[Any, ...]:
    return (loggers,) if isinstance(loggers, str) else tuple(loggers)


def _speaks(progress: bool) -> bool:
    """Return whether this process is the one that shows progress."""
    return progress and int(os.environ.get("RANK", 0)) == 0


def _show_data(dataset: Dataset) -> None:
    from unweave.reporting.terminal import show_data

    show_data(dataset)


def _show_run(run: Model, dataset: Dataset) -> None:
    from unweave.reporting.terminal import show_run

    show_run(run, dataset)


def _push_to_hub(model: Model, name: str, data: Any, *, private: bool) -> str:
    from unweave.reporting.hub import push_to_hub

    return push_to_hub(model, name, data, private=private)


provide("edit", edit)
provide("export", export)
provide("push_to_hub", _push_to_hub)
provide("rotate", rotate)
provide("traverse", traverse)
