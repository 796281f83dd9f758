"""Held-out likelihood: how likely a model holds rows that it did not learn from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.nets.inputs import as_input
from unweave.objectives.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood
from unweave.runs.weighted_draws import LEAST_VARIANCE, weighted_draws
from unweave.statistics import random_rows

if TYPE_CHECKING:
    from unweave.runs.model import Model

DRAWS = 32
_MOST_MEASURED = 256
# Numbers of the largest array that is in memory at once.
_HELD_AT_ONCE = 4_000_000


def log_likelihoods(
    model: Model, dataset: Dataset, rows: np.ndarray, *, draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """Return a lower bound of log p(x) in nats for some rows, of any data and any weights.

    log mean_s p(x, z_s) / q(z_s|x), the bound of Burda, Grosse and Salakhutdinov (2016),
    equation 8, with the prior and the likelihood as they are: neither β nor another weight has a
    part in it. The variance of a Gaussian likelihood is measured, on training rows, so that models
    which were trained with different variances can be compared.

    Parameters
    ----------
    model : Model
        Of the variational family, not turned (a turn does not change p(x)).
    dataset : Dataset
        As the model reads it.
    rows : numpy.ndarray
        M rows.
    draws : int
        S, the draws for each row.
    seed : int

    Returns
    -------
    numpy.ndarray
        M values.

    Raises
    ------
    RequestError
        If the model has no posterior.
    """
    if not model.has_posterior:
        raise RequestError(f"{model.title}: {model.name} has no posterior, and so no likelihood")
    generator = torch.Generator(model.device).manual_seed(seed)
    if model.table is not None and model.table.coding == "columns":
        parts = [
            part.log_weights.logsumexp(0).cpu().numpy()
            for part in weighted_draws(model, _only(dataset, rows), draws, generator)
        ]
        return np.concatenate(parts).astype(float) - math.log(draws)
    variance = None
    if model.settings.to_json()["likelihood"] == "gaussian":
        variance = _residual_variance(model, dataset, generator)
    width = max(int(np.prod(dataset.sample_shape)), model.latent_dim)
    step = max(1, _HELD_AT_ONCE // (draws * width))
    totals = []
    for start in range(0, len(rows), step):
        weights = _log_weights(
            model, dataset, rows[start : start + step], draws, variance, generator
        )
        totals.append(weights.logsumexp(0).cpu().numpy())
    return np.concatenate(totals).astype(float) - math.log(draws)


@torch.inference_mode()
def _log_weights(
    model: Model,
    dataset: Dataset,
    rows: np.ndarray,
    draws: int,
    variance: float | None,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return log p(x, z) − log q(z|x), S x N; a Bernoulli likelihood has no variance."""
    samples, codes, noise, log_variance = _draws(model, dataset, rows, draws, generator)
    repeated = samples.repeat(draws, *[1] * (samples.ndim - 1))
    decoded = model.module.decoder(codes.flatten(0, 1)).float()
    if variance is None:
        nats = bernoulli_log_likelihood(repeated, decoded)
    else:
        nats = gaussian_log_likelihood(repeated, decoded, variance)
    # log p(z) − log of the density that z is drawn from; the constants cancel.
    apart = 0.5 * (noise.square() - codes.square() + log_variance).sum(2)
    return nats.view(draws, -1) + apart


@torch.inference_mode()
def _residual_variance(model: Model, dataset: Dataset, generator: torch.Generator) -> float:
    """Return the mean of (x − x̂)² over q(z|x), on some training rows."""
    train = dataset.rows("train")
    rows = train[random_rows(len(train), _MOST_MEASURED, np.random.default_rng(0))]
    samples, codes, _, _ = _draws(model, dataset, rows, 1, generator)
    decoded = model.module.decoder(codes[0]).float()
    return max(float((decoded - samples).square().mean()), LEAST_VARIANCE)


def _draws(
    model: Model, dataset: Dataset, rows: np.ndarray, draws: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return N samples, S x N x K codes, the noise they were drawn with, and N x K log σ²."""
    both = model.posterior(dataset, rows)
    mean, log_variance = (torch.from_numpy(each).to(model.device) for each in both)
    samples = torch.from_numpy(np.array(dataset.samples[rows])).to(model.device)
    shape = draws, *mean.shape
    noise = torch.randn(shape, generator=generator, device=mean.device)
    codes = mean + torch.exp(0.5 * log_variance) * noise
    return as_input(samples).nan_to_num(0.0), codes, noise, log_variance


def _only(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """Return some rows of a dataset, as a dataset without splits."""
    nothing = {"train": rows[:0], "validation": rows[:0], "test": np.arange(len(rows))}
    return replace(
        dataset, samples=np.asarray(dataset.samples[rows]), splits=nothing, factors=None,
        labels=None, redraw=None, index=None, former=None,
    )  # fmt: skip
