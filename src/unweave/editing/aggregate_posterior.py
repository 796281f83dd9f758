"""The aggregate posterior of a model, and the base code that a traversal starts from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from unweave.data import Dataset
from unweave.editing.rows import check_row
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
class AggregatePosterior:
    """The codes of all rows of a dataset, q(z) = E_x q(z|x); the prior where there is no data.

    Attributes
    ----------
    draws : numpy.ndarray
        M x K codes drawn from q(z), M about 10,000; without data, the quantiles of the
        prior, the same in every dimension.
    mean : numpy.ndarray
        K values: the mean code.
    kl : numpy.ndarray
        KL(q(z_k|x) ‖ p(z_k)), K values in nats: those of the run's summary, or else of this
        data; NaN without either.
    """

    draws: np.ndarray
    mean: np.ndarray
    kl: np.ndarray


@dataclass(frozen=True)
class BaseCode:
    """The code at which the dimensions that do not move stay.

    Attributes
    ----------
    values : numpy.ndarray
        K code values.
    name : str
        What it is the code of: ``row 17``, ``the mean code``, ``the prior's mean``.
    original : numpy.ndarray or None
        The sample it is the code of, as the network reads it, where there is one.
    """

    values: np.ndarray
    name: str
    original: np.ndarray | None = None


def aggregate_posterior(model: Model, dataset: Dataset | None) -> AggregatePosterior:
    """Return a model's aggregate posterior on a dataset; the prior where that is None.

    Parameters
    ----------
    model : Model
    dataset : Dataset or None
        As the model reads it (`Model.dataset`).
    """
    stored = model.summary.get("kl")
    if dataset is None:
        from scipy.special import ndtri  # The studio, which has data, opens without it.

        # Evenly spaced quantiles rather than draws, so that each marginal is exact.
        column = ndtri((np.arange(DRAWS) + 0.5) / DRAWS)
        draws = np.tile(column[:, None], model.latent_dim)
        kl = np.full(model.latent_dim, np.nan) if stored is None else np.asarray(stored, float)
        return AggregatePosterior(draws, np.zeros(model.latent_dim), kl)
    generator = np.random.default_rng(_SEED)
    mean, log_variance = model.latent(
        dataset, random_rows(len(dataset), _MOST_ROWS[dataset.kind], generator)
    )
    draws = draw_posterior(mean, log_variance, generator)
    if stored is None:
        parts = torch.from_numpy(mean).double(), torch.from_numpy(log_variance).double()
        stored = kl_from_standard_normal(*parts).mean(0).numpy()
    return AggregatePosterior(draws, mean.mean(0).astype(float), np.asarray(stored, float))


def base_code(
    model: Model, dataset: Dataset | None, posterior: AggregatePosterior, row: int | None = None
) -> BaseCode:
    """Return the code that a traversal starts from.

    Parameters
    ----------
    model : Model
    dataset : Dataset or None
        As the model reads it.
    posterior : AggregatePosterior
        The model's, on this dataset.
    row : int, optional
        The row to encode. Unless given: for images the first test row, for tables the mean
        code, without data the prior's mean.

    Raises
    ------
    RequestError
        If the row does not exist.
    """
    check_base_row(dataset, row)
    if dataset is None:
        return BaseCode(posterior.mean, PRIOR_MEAN)
    if row is None and dataset.kind == "table":
        return BaseCode(posterior.mean, "the mean code")
    where = int(dataset.rows("test")[0]) if row is None else int(row)
    values = model.latent(dataset, np.array([where]))[0][0].astype(float)
    original = as_input(dataset.draw_on(torch.device("cpu"))(torch.tensor([where])))[0].numpy()
    return BaseCode(values, f"test row {where}" if row is None else f"row {where}", original)


def check_base_row(dataset: Dataset | None, row: int | None) -> None:
    """Refuse a row that a traversal cannot start from.

    Raises
    ------
    RequestError
        If the row does not exist, or a row is asked for where there is no data.
    """
    if row is None:
        return
    if dataset is None:
        raise RequestError(f"row={row}: the run's own data cannot be found; name the data")
    check_row(dataset, row)


def draw_posterior(
    mean: np.ndarray, log_variance: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw about `DRAWS` codes from the mixture of N posteriors: M x K, as many from each."""
    repeats = math.ceil(DRAWS / len(mean))
    shape = (repeats, *mean.shape)
    noise = generator.standard_normal(shape)
    draws = mean + np.exp(0.5 * log_variance.astype(float)) * noise
    return draws.reshape(-1, mean.shape[1])
