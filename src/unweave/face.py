"""The habits of a user: one call each to train and to load."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from torch import nn

from unweave.data import Dataset, load_data
from unweave.errors import RequestError
from unweave.model import Model
from unweave.report.words import show_data, show_run
from unweave.training.devices import pick_device
from unweave.training.folder import check_free
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

    See `train` for the other parameters.
    """
    if seeds < 1:
        raise RequestError(f"--seeds {seeds}: at least 1 run must be asked for")
    folders = {number: Path(out) / f"seed-{number}" for number in range(seed, seed + seeds)}
    # Before the data is read and the first run is trained: what is wrong with the last.
    check_request(model, {key: value for key, value in options.items() if key not in _NO_SETTINGS})
    pick_device(options.get("device", "auto"))
    for folder in folders.values():
        check_free(folder, resume)
    dataset = load_data(data)
    if options.get("progress", True) and int(os.environ.get("RANK", 0)) == 0:
        show_data(dataset)
    return [
        train(model, dataset, seed=number, out=folder, resume=resume, **options)
        for number, folder in folders.items()
    ]


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
