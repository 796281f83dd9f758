"""Draws from q(z|x), weighted so that they stand for p(z|x): what is known of rows with blanks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from unweave.data import Dataset
from unweave.errors import RequestError, memory_errors
from unweave.models.columns import TableColumns
from unweave.models.objective import ObjectiveModel
from unweave.nets.columns import ColumnLayout
from unweave.objectives.divergence import kl_from_standard_normal

if TYPE_CHECKING:
    from unweave.runs.model import Model

# The least variance of a Gaussian column, where it is measured after training.
LEAST_VARIANCE = 1e-4
MOST_MEASURED = 1000
_ROUNDS, _DRAWS = 10, 32
# Rounds in which the proposal comes nearer to p(z|x), and the effective share of the draws that
# a round at least goes by.
_PROPOSALS, _LEAST_EFFECTIVE = 5, 0.2
# Proposals are wider than what they stand for: a narrow one gives few draws large weights. The
# former variance counts like so many draws.
_WIDER, _OLD_DRAWS = 1.1, 4
_BISECTIONS = 12
# Numbers of the largest array that is in memory at once.
_HELD_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class WeightedDraws:
    """S codes for each of n rows.

    Attributes
    ----------
    rows : slice
        The rows of the dataset.
    samples : torch.Tensor
        n x J, NaN where blank.
    decoded : torch.Tensor
        S x n x U: the decoder's outputs.
    nats : torch.Tensor
        S x n x L: log p(cell|z) of the learned columns, 0 where blank.
    log_weights : torch.Tensor
        S x n: log p(x, z) − log q(z|x) over the cells that are not blank.
    kl : torch.Tensor
        n x K: KL(q(z_k|x) ‖ p(z_k)).
    """

    rows: slice
    samples: torch.Tensor
    decoded: torch.Tensor
    nats: torch.Tensor
    log_weights: torch.Tensor
    kl: torch.Tensor

    @property
    def weights(self) -> torch.Tensor:
        """S x n weights that sum to 1 over the draws."""
        return self.log_weights.softmax(0)


def weighted_draws(
    model: Model, dataset: Dataset, count: int, generator: torch.Generator
) -> Iterator[WeightedDraws]:
    """Yield draws for the rows of a table, some rows at a time, in order.

    Burda, Grosse and Salakhutdinov (2016), section 2, over the cells that are not blank as in
    Mattei and Frellsen (2019), equation 4: the self-normalised weights p(x, z) / q(z|x) make
    draws from q(z|x) stand for p(z|x), the better the more there are.

    Parameters
    ----------
    model : Model
        Of the variational family, on a table in the coding "columns".
    dataset : Dataset
        The table as the model reads it.
    count : int
        S, the draws for each row.
    generator : torch.Generator
        On the model's device.
    """
    columns, variance = columns_of(model), residual_variance(model)
    width = max(model.latent_dim, columns.layout.units, len(columns.layout.columns))
    step = max(1, _HELD_AT_ONCE // (count * width))
    for start in range(0, len(dataset), step):
        rows = slice(start, min(start + step, len(dataset)))
        samples = torch.from_numpy(np.array(dataset.samples[rows])).to(model.device)
        with torch.inference_mode(), memory_errors(f"draws={count}: ask for fewer"):
            drawn = _draw(model.module, columns, variance, rows, samples, count, generator)
        yield drawn


def _draw(
    module: ObjectiveModel,
    columns: TableColumns,
    variance: torch.Tensor,
    rows: slice,
    samples: torch.Tensor,
    count: int,
    generator: torch.Generator,
) -> WeightedDraws:
    inputs = samples if module.columns is not None else samples.nan_to_num(0.0)
    mean, log_variance = module.posterior(inputs)
    kl = kl_from_standard_normal(mean, log_variance)
    repeated = samples.repeat(count, 1)
    spread = torch.exp(0.5 * log_variance)
    # An encoder may be wrong about rows unlike those that it was trained on, such as rows of many
    # blanks: half of the first draws are from the prior.
    from_prior = count // 2
    for left in reversed(range(_PROPOSALS)):
        # Fresh noise: a proposal that had seen its own draws would be biased by them.
        noise = torch.randn((count, *mean.shape), generator=generator, device=mean.device)
        codes = mean + spread * noise
        codes[:from_prior] = noise[:from_prior]
        decoded = module.decoder(module.decoder_input(codes.flatten(0, 1), repeated)).float()
        nats = columns.log_probability(repeated, decoded, variance).view(count, len(samples), -1)
        # Of both densities the constants cancel.
        prior = -0.5 * codes.square().sum(2)
        proposal = -0.5 * ((codes - mean) / spread).square().sum(2) - spread.log().sum(1)
        if from_prior:
            share = from_prior / count
            proposal = torch.logaddexp(proposal + math.log1p(-share), prior + math.log(share))
        log_weights = nats.sum(2) + prior - proposal
        if left:
            weights = _tempered(log_weights, _LEAST_EFFECTIVE * count).unsqueeze(-1)
            mean = (weights * codes).sum(0)
            found = (weights * (codes - mean).square()).sum(0)
            effective = 1 / weights.square().sum(0)
            kept = _OLD_DRAWS / (_OLD_DRAWS + effective)
            spread = (_WIDER * (kept * spread.square() + (1 - kept) * found)).sqrt()
        from_prior = 0
    decoded = decoded.view(count, len(samples), -1)
    return WeightedDraws(rows, samples, decoded, nats, log_weights, kl)


def _tempered(log_weights: torch.Tensor, least: float) -> torch.Tensor:
    """Return S x n normalised weights, raised to the power that leaves each row enough draws.

    The largest power up to 1 at which the effective number of draws, 1 / Σ w², is at least
    `least`, by bisection: the steps of Neal's (2001) annealing, taken as far as the draws allow.
    """
    low = torch.zeros_like(log_weights[0])
    high = torch.ones_like(low)
    power = high
    for _ in range(_BISECTIONS):
        enough = 1 / (log_weights * power).softmax(0).square().sum(0) >= least
        low, high = torch.where(enough, power, low), torch.where(enough, high, power)
        power = (low + high) / 2
    return (log_weights * low).softmax(0)


def columns_of(model: Model) -> TableColumns:
    """Return the columns of a model's table; those of numbers without blanks are made here.

    Raises
    ------
    RequestError
        If the model has no posterior, or is none of a table with a likelihood for each column.
    """
    if model.table is None or model.table.coding != "columns" or not model.has_posterior:
        what = "is of images" if model.table is None else "has one likelihood for all columns"
        if not model.has_posterior:
            what = "has no posterior"
        raise RequestError(
            f"{model.title}: {model.name} {what}; give a run of the variational family on a table, "
            "with likelihood=columns"
        )
    if model.module.columns is not None:
        return model.module.columns
    layout = ColumnLayout.of_numbers(len(model.table.features))
    return TableColumns(layout, 1.0, learned=False).to(model.device)


def residual_variance(model: Model) -> torch.Tensor:
    """Return the variances of the Gaussian columns, as `column_facts` has measured them."""
    facts = model.summary.get("columns", {}).get("residual_variance")
    if facts is None:
        raise RequestError(f"{model.title}: the run does not know its residuals; train it again")
    known = [value for value in facts if value is not None]
    return torch.tensor(known or [1.0], dtype=torch.float32).to(model.device)


@torch.inference_mode()
def column_facts(model: Model, dataset: Dataset, rows: np.ndarray) -> dict[str, list[float | None]]:
    """Return the facts of ``summary.json`` about the learned columns of a table.

    Parameters
    ----------
    model : Model
        As for `weighted_draws`.
    dataset : Dataset
    rows : numpy.ndarray
        The rows that are measured: at most 1,000 of them, evenly spread.

    Returns
    -------
    dict
        ``residual_variance``: for each learned column that is Gaussian the mean squared residual
        over p(z|x), and None for others. These variances determine p(z|x) in turn, so both are
        computed ten times (the M step of EM, for the variances alone). ``nats``: the mean
        of E log p(cell|z) over p(z|x) with these variances.
    """
    columns, generator = columns_of(model), torch.Generator(model.device).manual_seed(0)
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_MEASURED)).astype(int)]
    samples = torch.from_numpy(np.array(dataset.samples[some])).to(model.device)
    learned = list(columns.layout.learned)
    gaussian = [columns.layout.columns[place].likelihood == "gaussian" for place in learned]
    places = [place for place, own in zip(learned, gaussian, strict=True) if own]
    present = (~samples.isnan()).sum(0).clamp_min(1)
    variance = samples.new_full((max(len(places), 1),), 0.1)
    part = _draw(model.module, columns, variance, slice(0, len(some)), samples, _DRAWS, generator)
    repeated, decoded = samples.repeat(_DRAWS, 1), part.decoded.flatten(0, 1)
    off = (columns.values(decoded) - repeated)[:, places].nan_to_num(0.0).square()
    squares, nats = off.view(_DRAWS, len(some), -1), part.nats
    # What the weights are made of beside the likelihood does not change.
    rest, weights = part.log_weights - nats.sum(2), part.weights.unsqueeze(-1)
    for _ in range(_ROUNDS if places else 0):
        variance = ((weights * squares).sum((0, 1)) / present[places]).clamp_min(LEAST_VARIANCE)
        nats = columns.log_probability(repeated, decoded, variance).view_as(nats)
        weights = (rest + nats.sum(2)).softmax(0).unsqueeze(-1)
    usual = (weights * nats).sum((0, 1)) / present[learned]
    found = iter(variance.tolist())
    variances = [next(found) if own else None for own in gaussian]
    return {"residual_variance": variances, "nats": usual.tolist()}
