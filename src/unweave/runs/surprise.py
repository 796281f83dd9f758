"""Surprise: log-likelihoods of a table's rows, and the cells and dimensions they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from unweave.errors import RequestError
from unweave.runs.weighted_draws import columns_of, weighted_draws
from unweave.settings import whole_number

if TYPE_CHECKING:
    from unweave.runs.model import Model

DRAWS = 100
MOST_NAMED = 3
# Nats under which a cell or a dimension is not named.
LEAST_NAMED = 1.0


@dataclass(frozen=True)
class Surprise:
    """How unexpected rows are.

    Attributes
    ----------
    log_likelihood : pandas.Series
        The estimate of log p(x) of each row's cells that are not blank, in nats.
    surprise : pandas.Series
        Nats by which a row is less likely than is usual: the sum of its cells and dimensions.
        Rows with different blank cells can be compared by it.
    cells : pandas.DataFrame
        N x L: how many nats less than usual p(z|x) expects of log p(cell|z); NaN where blank.
    dimensions : pandas.DataFrame
        N x K: the nats by which the code of the row, in each dimension, is further from the prior
        than is usual.
    """

    log_likelihood: pd.Series
    surprise: pd.Series
    cells: pd.DataFrame
    dimensions: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return a row for each row: both totals, and the names of what is most unexpected."""
        parts = {"cells": self.cells, "dimensions": self.dimensions}
        return pd.DataFrame(
            {
                "log_likelihood": self.log_likelihood,
                "surprise": self.surprise,
                **{name: _named(frame) for name, frame in parts.items()},
            }
        )


def surprise(model: Model, data: Any = None, *, draws: int = DRAWS, seed: int = 0) -> Surprise:
    """Tell how unexpected the rows of a table are.

    log p(x) = Σ_j E log p(x_j|z) − KL(p(z|x) ‖ p(z)), the expectation over p(z|x): the cells
    and the code each have their part in it. The total is estimated by the mean of S weights
    p(x, z) / q(z|x) (Burda, Grosse and Salakhutdinov 2016, equation 8), a lower bound that rises
    to it with S; of the code's part each dimension is given that of q(z|x).

    Parameters
    ----------
    model : Model
        Of the variational family, on a table, with a likelihood for each column.
    data : as for `Model.encode`, optional
        By default the training data.
    draws : int
        S, the draws for each row.
    seed : int

    Returns
    -------
    Surprise

    Raises
    ------
    RequestError
        If the model knows no likelihood of columns, or a number is too small.
    """
    if (draws := whole_number("draws", draws)) < 1:
        raise RequestError(f"draws={draws}: ask for at least 1")
    columns, seed = columns_of(model), whole_number("seed", seed)
    assert model.table is not None
    dataset = model.dataset(data)
    generator = torch.Generator(model.device).manual_seed(seed)
    totals, cells, kl = [], [], []
    learned = list(columns.layout.learned)
    for part in weighted_draws(model, dataset, draws, generator):
        totals.append((part.log_weights.logsumexp(0) - math.log(draws)).cpu().numpy())
        expected = (part.weights.unsqueeze(-1) * part.nats).sum(0)
        expected = expected.masked_fill(part.samples[:, learned].isnan(), torch.nan)
        cells.append(expected.cpu().numpy())
        kl.append(part.kl.cpu().numpy())
    # `weighted_draws` has refused a model whose summary does not hold them.
    usual, usual_kl = (
        np.array(each) for each in (model.summary["columns"]["nats"], model.summary["kl"])
    )
    index = pd.RangeIndex(len(dataset)) if dataset.index is None else dataset.index
    names = [model.table.features[place].name for place in learned]
    less = pd.DataFrame(usual - np.concatenate(cells).astype(float), index, names)
    further = pd.DataFrame(np.concatenate(kl).astype(float) - usual_kl, index, model.code_names)
    return Surprise(
        pd.Series(np.concatenate(totals).astype(float), index, name="log_likelihood"),
        (less.sum(axis=1) + further.sum(axis=1)).rename("surprise"),
        less,
        further,
    )


def _named(parts: pd.DataFrame) -> list[str]:
    """Return for each row the names of its largest parts, with their nats."""
    said = []
    values = parts.to_numpy(dtype=float, na_value=-np.inf)
    order = np.argsort(-values, axis=1, kind="stable")[:, :MOST_NAMED]
    for row, places in zip(values, order, strict=True):
        named = [f"{parts.columns[at]} ({row[at]:.1f})" for at in places if row[at] >= LEAST_NAMED]
        said.append(", ".join(named))
    return said
