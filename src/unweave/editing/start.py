"""Where a traversal starts: a base code, and draws of the aggregate posterior."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtri

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.nets.inputs import as_input
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.runs.model import Model
from unweave.statistics import random_rows

DRAWS = 10_000
PRIOR_MEAN = "the prior's mean"
# Images take long to encode; a mixture of 2,000 posteriors has the same quantiles.
_MOST_ROWS = {"images": 2_000, "table": DRAWS}
_SEED = 20_180_501


@dataclass(frozen=True)
class Start:
    """What is known before anything moves.

    Attributes
    ----------
    base : numpy.ndarray
        K code values.
    base_name : str
        What the base is, in words.
    draws : numpy.ndarray
        M x K codes drawn from the aggregate posterior q(z) = E_x q(z|x); where there is
        no data, quantiles of the prior, in every dimension the same. M is about 10,000.
    kl : numpy.ndarray
        K values, nats: those of the run's summary, else of this data; NaN without either.
    original : numpy.ndarray or None
        The sample the base is the code of, as the network reads it.
    """

    base: np.ndarray
    base_name: str
    draws: np.ndarray
    kl: np.ndarray
    original: np.ndarray | None = None


def start_of(model: Model, dataset: Dataset | None, row: int | None = None) -> Start:
    """Return the start of a traversal on a dataset; from the prior where that is None.

    Parameters
    ----------
    model : Model
    dataset : Dataset or None
        As the run reads it (`Model.dataset`).
    row : int, optional
        Row whose code is the base. Unless given: for images the first test row, for
        tables the mean code.

    Raises
    ------
    RequestError
        If there is no such row, or a row is asked for where there is no data.
    """
    generator = np.random.default_rng(_SEED)
    stored = model.summary.get("kl")
    if dataset is None:
        if row is not None:
            raise RequestError(f"row {row}: the data it is a row of is not at hand; name the data")
        # Evenly spaced quantiles rather than draws: each dimension's law is exact.
        column = ndtri((np.arange(DRAWS) + 0.5) / DRAWS)
        draws = np.tile(column[:, None], model.latent_dim)
        kl = np.full(model.latent_dim, np.nan) if stored is None else np.asarray(stored, float)
        return Start(np.zeros(model.latent_dim), PRIOR_MEAN, draws, kl)
    if row is not None and not 0 <= row < len(dataset):
        raise RequestError(f"row {row}: {dataset.name} has rows 0 to {len(dataset) - 1}")
    mean, log_variance = model.posterior(
        dataset, random_rows(len(dataset), _MOST_ROWS[dataset.kind], generator)
    )
    draws = draw_posterior(mean, log_variance, generator)
    if stored is None:
        parts = torch.from_numpy(mean).double(), torch.from_numpy(log_variance).double()
        stored = kl_from_standard_normal(*parts).mean(0).numpy()
    kl = np.asarray(stored, float)
    if row is None and dataset.kind == "table":
        return Start(mean.mean(0).astype(float), "the mean code", draws, kl)
    where = int(dataset.rows("test")[0]) if row is None else int(row)
    base = model.posterior(dataset, np.array([where]))[0][0].astype(float)
    original = as_input(dataset.draw_on(torch.device("cpu"))(torch.tensor([where])))[0].numpy()
    name = f"test row {where}" if row is None else f"row {where}"
    return Start(base, name, draws, kl, original)


def draw_posterior(
    mean: np.ndarray, log_variance: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw about `DRAWS` codes from the mixture of N posteriors: M x K, as many of each."""
    repeats = math.ceil(DRAWS / len(mean))
    shape = (repeats, *mean.shape)
    noise = generator.standard_normal(shape)
    draws = mean + np.exp(0.5 * log_variance.astype(float)) * noise
    return draws.reshape(-1, mean.shape[1])
