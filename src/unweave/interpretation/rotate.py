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
from unweave.interpretation.turns import CANDIDATES, GAIN, METHODS, NONE, Turn, find_turn
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
        components), ``none``, or ``auto``: the simplest by held-out rows of ``none``, ``varimax``
        and ``oblimin``.
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
    turn, places = turn_of(plain, dataset, method=method, dimensions=dimensions, seed=seed)
    turned = turned_model(plain, dataset, turn, places)
    if out is not None:
        turned.save(out)
    return turned


def unturned(model: Model) -> Model:
    """Return the model with the dimensions that it learned."""
    if not isinstance(model.module, TurnedModel):
        return model
    return replace(model, module=model.module.model, turn=None)


def turn_of(
    model: Model,
    dataset: Dataset,
    *,
    method: str = AUTO,
    dimensions: int | None = None,
    seed: int = 0,
) -> tuple[Turn, np.ndarray]:
    """Return a turn of a model's informative dimensions, and these dimensions.

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
    train = dataset.rows("train") if len(dataset.rows("train")) else np.arange(len(dataset))
    width = int(np.prod(dataset.sample_shape))
    most = min(_MOST_ROWS, max(1000, _MOST_VALUES // width))
    rows = train[random_rows(len(train), most, np.random.default_rng(seed))]
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
    if method != AUTO:
        return find_turn(mean[:, places], features, method, **given), places
    return simplest(mean[:, places], features, given), places


def simplest(codes: np.ndarray, features: np.ndarray, given: Mapping[str, Any]) -> Turn:
    """Return the turn that is simplest on held-out rows; none where that gains less than 0.05.

    Varimax comes before oblimin, which has to be simpler by as much again, since uncorrelated
    factors are simpler to speak of. Turns that do not converge do not stand for election.
    """
    best = find_turn(codes, features, NONE, **given)
    found = dict(best.simplicity)
    if any("is linear" in note for note in best.notes):
        return best
    for method in CANDIDATES:
        try:
            turn = find_turn(codes, features, method, **given)
        except RequestError as error:
            best = replace(best, notes=(*best.notes, f"{method}: {error}"))
            continue
        found[method] = turn.simplicity[method]
        if turn.simplicity[method] > best.simplicity[best.method] + GAIN:
            best = turn
    return replace(best, simplicity=found)


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
        latent = model.latent(dataset, dataset.rows("train"))[0].astype(float)
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

    With ``auto`` it is the method whose simplicity on held-out rows, averaged over the models, is
    the largest, by the rule of `simplest`.
    """
    plain = [unturned(model) for model in models]
    dataset = plain[0].dataset(data)
    found = [turn_of(model, dataset, method=method, seed=seed) for model in plain]
    if method == AUTO and len({turn.method for turn, _ in found}) > 1:
        chosen = _elected([turn.simplicity for turn, _ in found])
        scores = [turn.simplicity for turn, _ in found]
        found = [turn_of(model, dataset, method=chosen, seed=seed) for model in plain]
        found = [
            (replace(turn, simplicity=each), places)
            for (turn, places), each in zip(found, scores, strict=True)
        ]
    turned = [turned_model(model, dataset, *each) for model, each in zip(plain, found, strict=True)]
    return turned, [turn for turn, _ in found]


def _elected(scores: Sequence[Mapping[str, float]]) -> str:
    best = NONE
    mean = {name: np.mean([each[name] for each in scores]) for name in scores[0]}
    for method in CANDIDATES:
        if method in mean and mean[method] > mean[best] + GAIN:
            best = method
    return best


def _root(latent: np.ndarray) -> np.ndarray:
    """Return the symmetric root of the covariance of latent values, K x K."""
    values, vectors = np.linalg.eigh(np.cov(latent, rowvar=False).reshape(latent.shape[1], -1))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
