"""The habits of a user: one call each to train, to load and to evaluate."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, overload

from torch import nn

from unweave.data import Dataset, load_data
from unweave.errors import RequestError
from unweave.metrics.evaluation import evaluate_runs
from unweave.model import Model
from unweave.report.words import show_data, show_run
from unweave.training.devices import pick_device
from unweave.training.folder import check_free
from unweave.training.run import Run
from unweave.training.together import train_runs
from unweave.training.train import check_request, train_run

_NO_SETTINGS = ("device", "progress", "encoder", "decoder")


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
        A name of the catalogue, such as ``"bf-vae"``.
    data : Dataset, str, path, numpy.ndarray, torch.Tensor or pandas.DataFrame
        Anything `load_data` takes.
    seed : int, optional
        Fixes the weights' start, the batches and the noise; 0 unless given.
    out : path, optional
        The run's folder; without it the run stays in memory.
    steps : int, optional
        Optimiser steps; by default chosen for the kind of data.
    resume : bool
        Go on from the checkpoint in `out`, bit for bit; start where there is none.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    progress : bool
        Show progress on standard error.
    encoder, decoder : torch.nn.Module, optional
        Networks of your own: N x … samples (images in [0, 1]) to N x 2K (means, then
        log-variances), and N x K codes to N x … (logits under a Bernoulli likelihood).
    **settings
        Any setting that ``unweave train MODEL --help`` lists; numbers that act within a
        step may be schedules, such as ``beta="linear(0, 4, 0.5)"``.

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
    changes = settings if steps is None else {**settings, "steps": steps}
    check_request(model, changes)
    pick_device(device)
    if out is not None:
        check_free(Path(out), resume)  # Before the data is read, which can take long.
    dataset = load_data(data)
    told = progress and int(os.environ.get("RANK", 0)) == 0
    if told and not isinstance(data, Dataset):
        show_data(dataset)
    run = train_run(
        model,
        dataset,
        changes=changes,
        seed=seed,
        out=None if out is None else Path(out),
        resume=resume,
        device=device,
        progress=progress,
        encoder=encoder,
        decoder=decoder,
    )
    if told:
        show_run(run, dataset)
    return Model.of(run)


def train_seeds(
    model: str,
    data: Any,
    *,
    seeds: int,
    seed: int = 0,
    out: Path | str,
    resume: bool = False,
    **options: Any,
) -> list[Model]:
    """Train `seeds` runs of seeds `seed`, `seed` + 1, … into ``out/seed-S`` and return them.

    Variational models on tables take their steps together, as one batched model; each
    gives what it gives alone. See `train` for the other parameters.

    Raises
    ------
    RequestError
        If the request or the data is at fault.
    DivergedError
        If a seed's loss term stops being finite; on tables after the other seeds have ended.
    """
    if seeds < 1:
        raise RequestError(f"--seeds {seeds}: at least 1 run must be asked for")
    folders = {number: Path(out) / f"seed-{number}" for number in range(seed, seed + seeds)}
    # Before the data is read and the first run is trained: what is wrong with the last.
    changes = {key: options.pop(key) for key in list(options) if key not in _NO_SETTINGS}
    changes = {key: value for key, value in changes.items() if (key, value) != ("steps", None)}
    check_request(model, changes)
    pick_device(options.get("device", "auto"))
    for folder in folders.values():
        check_free(folder, resume)
    dataset = load_data(data)
    told = options.get("progress", True) and int(os.environ.get("RANK", 0)) == 0
    if told:
        show_data(dataset)
    trained = {}
    for run in train_runs(model, dataset, folders, changes=changes, resume=resume, **options):
        if told:
            show_run(run, dataset)
        trained[run.seed] = Model.of(run)
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
        Where the model is put: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    encoder, decoder : torch.nn.Module, optional
        Needed where the run was trained with networks of your own.

    Raises
    ------
    RequestError
        If the folder is not a finished run, or a file in it is damaged.
    """
    return Model.load(folder, encoder, decoder).to(pick_device(device))


@overload
def evaluate(
    model: Run,
    data: Any = ...,
    metrics: str | Iterable[str] | None = ...,
    split: str = ...,
) -> dict[str, Any]: ...


@overload
def evaluate(
    model: Sequence[Run],
    data: Any = ...,
    metrics: str | Iterable[str] | None = ...,
    split: str = ...,
) -> list[dict[str, Any]]: ...


def evaluate(
    model: Run | Sequence[Run],
    data: Any = None,
    metrics: str | Iterable[str] | None = None,
    split: str = "test",
) -> dict[str, Any] | list[dict[str, Any]]:
    """Score a model, or each of several.

    Parameters
    ----------
    model : Model, or sequence of Model
    data : as for `Run.encode`, optional
        The data the run was trained on unless given.
    metrics : str or iterable of str, optional
        Names of the registry (`unweave.metrics.registry.SCORES`), also as one text with
        commas; every score that the data allows unless given.
    split : {"test", "validation", "train", "all"}
        What is scored of the data the run was trained on, told by its fingerprint, whether
        it is named or not. Of any other data all rows are scored, whatever `split` says.

    Returns
    -------
    dict, or list of dict for a sequence
        What ``unweave evaluate --json`` prints: ``run`` (its folder, None in memory),
        ``data``, ``split`` (``all`` where all rows were scored), ``count`` (rows scored),
        ``scores`` (for each name ``value``; for scores of reconstructions the mean over the
        samples, with ``sd`` over them, ``count`` and ``unit``), and ``omitted``: why the
        data has no such score, for each that was left out.

    Raises
    ------
    RequestError
        If a metric or a split is unknown, a metric named needs what the data has not, or the
        data cannot be found or does not fit the model.
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
    if isinstance(model, Run):
        return evaluate_runs([model], data, metrics, split)[0]
    return evaluate_runs(model, data, metrics, split)
