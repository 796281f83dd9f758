"""Trained models with their informative dimensions turned after training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unweave.arguments import checked
from unweave.data import Dataset
from unweave.errors import RequestError, pick
from unweave.interpretation.columns import FeatureValues
from unweave.interpretation.turns import (
    CANDIDATES,
    GAIN,
    ICA,
    LINEAR,
    METHODS,
    NONE,
    OBLIQUE_GAIN,
    Turn,
    find_turn,
)
from unweave.models.turned import TurnedModel
from unweave.objectives.divergence import (
    INFORMATIVE_NATS,
    informative_dimensions,
    kl_from_standard_normal,
)
from unweave.runs.folder import check_free
from unweave.runs.model import Model
from unweave.settings import whole_number
from unweave.statistics import random_rows

AUTO = "auto"
_MOST_ROWS = 20_000
# Of features: more rows of images turn no better, and a turn is to take seconds.
_MOST_VALUES = 5_000_000
_PRIOR_ROWS = 5_000  # of the codes whose mean and covariance new codes are drawn with


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
    """Return a model whose informative dimensions are whitened and turned.

    A variational autoencoder fixes the space of its codes, and often not its axes: where factors
    are nearly Gaussian, every turn fits the data as well. Factor analysis turns its factors for
    the same reason. The model returned encodes, decodes, samples and is saved as any other; its
    first dimensions are the turned factors, in order of the variance that they explain. A turned
    model is turned anew from the dimensions that it learned.

    Parameters
    ----------
    model : Model
        Any model; of one that learned from labels, the latent values beside them are turned.
    data : as for `Model.encode`, optional
        The training data unless given; its training rows are used.
    method : str
        ``varimax`` (orthogonal), ``oblimin``, ``promax`` (oblique), ``ica`` (independent
        components), ``none``, or ``auto``: by held-out rows the simplest of ``none``, ``varimax``
        and ``oblimin``, or, where a decoder is not linear, as of images, ``ica`` or ``none``.
    dimensions : int, optional
        How many factors to keep; by default those that parallel analysis counts.
    seed : int
        Seed of rows, shuffles and starts.
    out : path, optional
        The new run's folder.

    Raises
    ------
    RequestError
        If the method is unknown, fewer than two dimensions are informative, the turn does not
        converge, or `out` already holds a run.
    """
    pick(method, (*METHODS, NONE, AUTO), "rotation")
    seed = whole_number("seed", seed)
    if dimensions is not None:
        dimensions = whole_number("dimensions", dimensions)
    if out is not None:
        check_free(Path(out), resume=False)
    plain = unturned(model)
    dataset = plain.dataset(data)
    found, places = turns_of(plain, dataset, method=method, dimensions=dimensions, seed=seed)
    turned = turned_model(plain, dataset, chosen(found, elected([found])), places)
    if out is not None:
        turned.save(out)
    return turned


def unturned(model: Model) -> Model:
    """Return the model with the dimensions that it learned."""
    if not isinstance(model.module, TurnedModel):
        return model
    return replace(model, module=model.module.model, turn=None)


def turns_of(
    model: Model,
    dataset: Dataset,
    *,
    method: str = AUTO,
    dimensions: int | None = None,
    seed: int = 0,
) -> tuple[dict[str, Turn], np.ndarray]:
    """Return turns of a model's informative dimensions by method, and these dimensions.

    Of ``auto`` all `candidates`; otherwise the one that was asked for.

    Parameters
    ----------
    model : Model
        A model that is not turned.
    dataset : Dataset
        As the model reads it.
    method, dimensions, seed : as for `rotate`

    Raises
    ------
    RequestError
        If the turn cannot be made; see `rotate`.
    """
    width = int(np.prod(dataset.sample_shape))
    rows = _training_rows(dataset, min(_MOST_ROWS, max(1000, _MOST_VALUES // width)), seed)
    mean, log_variance = model.latent(dataset, rows)
    places = informative_latent(mean, log_variance)
    values = FeatureValues(model, dataset, rows, mean)
    features = values.filled(np.arange(len(rows)))
    decoded = values.decode(model.encode(dataset, rows) if model.targets else mean)
    given: dict[str, Any] = {
        "noise": np.exp(log_variance[:, places].astype(float)).mean(0),
        "decoded": decoded,
        "dimensions": dimensions,
        "seed": seed,
    }
    if not np.isfinite(mean).all():
        raise RequestError(f"{model.title}: its codes are not finite; train it again")
    codes = mean[:, places]
    if method != AUTO:
        return {method: find_turn(codes, features, method, **given)}, places
    return candidates(codes, features, given), places


def candidates(
    codes: np.ndarray, features: np.ndarray, given: Mapping[str, Any]
) -> dict[str, Turn]:
    """Return the turns among which ``auto`` chooses, by method, the codes as they are first.

    Where features follow the codes linearly, turns of simple loadings; elsewhere, as of pixels,
    loadings say little, and it is independent components or none. Those that do not converge do
    not stand for election.
    """
    found, failed = {NONE: find_turn(codes, features, NONE, **given)}, []
    for method in CANDIDATES if found[NONE].linear >= LINEAR else (ICA,):
        try:
            found[method] = find_turn(codes, features, method, **given)
        except RequestError as error:
            failed.append(f"{method}: {error}")
    return {method: replace(turn, notes=(*turn.notes, *failed)) for method, turn in found.items()}


def elected(found: Sequence[Mapping[str, Turn]]) -> str:
    """Return the method whose `Turn.gain`, averaged over runs, is the largest.

    A turn has to exceed the codes as they were by 1. Oblimin has to exceed varimax by less: where
    factors are correlated it comes closer to them, by much, and is no worse elsewhere, but
    uncorrelated factors are simpler to speak of.
    """
    best, gained, least = next(iter(found[0])), 0.0, 1.0
    for method in found[0]:
        if not all(method in turns for turns in found):
            continue
        gain = float(np.mean([turns[method].gain for turns in found]))
        if gain > gained + least:
            best, gained, least = method, gain, OBLIQUE_GAIN / GAIN
    return best


def chosen(found: Mapping[str, Turn], method: str) -> Turn:
    """Return one of some candidates, with the scores of all of them."""
    turns = found.values()
    return replace(
        found[method],
        simplicity={key: value for turn in turns for key, value in turn.simplicity.items()},
        independence={key: value for turn in turns for key, value in turn.independence.items()},
    )


def turned_model(model: Model, dataset: Dataset, turn: Turn, places: np.ndarray) -> Model:
    """Return a model with a turn of some of its dimensions, and its summary brought up to date.

    Parameters
    ----------
    model : Model
        A model that is not turned.
    dataset : Dataset
        As the model reads it.
    turn : Turn
    places : numpy.ndarray
        The dimensions that the turn is of.
    """
    if turn.method == NONE:
        summary = {**model.summary, "turn": turn.to_json()}
        return replace(model, summary=summary, folder=None)
    count = model.latent_dim
    rest = np.setdiff1d(np.arange(count), places)
    centre, matrix = np.zeros(count), np.zeros((count, count))
    centre[places] = turn.centre
    matrix[np.ix_(places, np.arange(len(places)))] = turn.matrix
    matrix[rest, np.arange(len(places), count)] = 1
    module = TurnedModel(model.module, turn.kept).to(model.device)
    module.set_turn(*(torch.from_numpy(each).float() for each in (centre, matrix)))
    turned = replace(model, module=module.eval(), folder=None, turn=turn.to_json())
    if not model.has_posterior:
        latent = model.latent(dataset, _training_rows(dataset, _PRIOR_ROWS))[0].astype(float)
        root = _root(latent)
        module.set_prior(*(torch.from_numpy(each).float() for each in (latent.mean(0), root)))
    known = turned.summarise(dataset) or {}
    if not model.has_posterior:
        known["informative"] = list(range(turn.kept))
    turned.summary = {**model.summary, **known, "turn": turned.turn}
    return turned


def informative_latent(
    mean: np.ndarray, log_variance: np.ndarray, threshold: float = INFORMATIVE_NATS
) -> np.ndarray:
    """Return the dimensions that are informative on these rows; see `informative_dimensions`."""
    parts = (torch.from_numpy(each).double() for each in (mean, log_variance))
    kl = kl_from_standard_normal(*parts).mean(0).tolist()
    variances = mean.var(0, dtype=float).tolist()
    return np.array(informative_dimensions(kl, variances, threshold), dtype=int)


def rotate_all(
    models: Sequence[Model], data: Any, *, method: str, seed: int = 0
) -> tuple[list[Model], list[Turn]]:
    """Turn several models of one dataset by one method.

    With ``auto`` it is one of `candidates`, `elected` by all of them.
    """
    plain = [unturned(model) for model in models]
    dataset = plain[0].dataset(data)
    found = [turns_of(model, dataset, method=method, seed=seed) for model in plain]
    by = elected([turns for turns, _ in found])
    kept = [chosen(turns, by) for turns, _ in found]
    turned = [
        turned_model(model, dataset, turn, places)
        for model, turn, (_, places) in zip(plain, kept, found, strict=True)
    ]
    return turned, kept


def _training_rows(dataset: Dataset, most: int, seed: int = 0) -> np.ndarray:
    """Return random training rows; of data without a split, such as new rows, of all rows."""
    train = dataset.rows("train") if len(dataset.rows("train")) else np.arange(len(dataset))
    return np.asarray(train[random_rows(len(train), most, np.random.default_rng(seed))])


def _root(latent: np.ndarray) -> np.ndarray:
    """Return the symmetric root of the covariance of latent values, K x K."""
    values, vectors = np.linalg.eigh(np.cov(latent, rowvar=False).reshape(latent.shape[1], -1))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
