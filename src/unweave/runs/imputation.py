"""Blank cells of a table filled by a model, with what is not known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from unweave.data import TableSchema
from unweave.data.tables.columns import readable_names
from unweave.errors import RequestError
from unweave.models.columns import TableColumns
from unweave.runs.tables import frame_of
from unweave.runs.weighted_draws import (
    WeightedDraws,
    columns_of,
    residual_variance,
    weighted_draws,
)
from unweave.settings import whole_number

if TYPE_CHECKING:
    from unweave.runs.model import Model

DRAWS = 200
LEVEL = 0.9


@dataclass(frozen=True)
class Imputation:
    """A table whose blank cells are filled.

    Attributes
    ----------
    table : pandas.DataFrame
        The table as it was given, columns that are not learned included: cells that were known are
        as they were, and blank ones hold the expected number or the most likely level.
    cells : pandas.DataFrame
        A row for each cell that was filled: ``row`` (its label in the index), ``column``,
        ``value``, ``low`` and ``high`` (the interval that holds 90 % of the draws; empty
        for categories), and ``share``, of columns of levels: the probability of the level.
    completed : tuple of pandas.DataFrame
        Tables like `table` in which the cells are drawn in place of their best value, for
        analyses that are to know of the uncertainty (multiple imputation).
    """

    table: pd.DataFrame
    cells: pd.DataFrame
    completed: tuple[pd.DataFrame, ...]


def impute(
    model: Model, data: Any = None, *, draws: int = DRAWS, completed: int = 5, seed: int = 0
) -> Imputation:
    """Fill the blank cells of a table.

    What a row is likely to be is told by draws from q(z|x), x the cells that are not blank,
    weighted to stand for p(z|x) (see `unweave.runs.weighted_draws`).

    Parameters
    ----------
    model : Model
        Of the variational family, on a table, with a likelihood for each column.
    data : as for `Model.encode`, optional
        By default the training data.
    draws : int
        The number of draws for each row.
    completed : int
        The number of completed tables.
    seed : int

    Returns
    -------
    Imputation

    Raises
    ------
    RequestError
        If the model knows no likelihood of columns, or a number is too small.
    """
    if (draws := whole_number("draws", draws)) < 2:
        raise RequestError(f"draws={draws}: ask for at least 2")
    completed, seed = whole_number("completed", completed), whole_number("seed", seed)
    if completed > draws:
        raise RequestError(f"completed={completed}: each is a draw; ask for as many draws at least")
    columns = columns_of(model)
    assert model.table is not None
    dataset = model.dataset(data)
    samples = np.asarray(dataset.samples)
    generator = torch.Generator(model.device).manual_seed(seed)
    best = samples.copy()
    low, high = np.full_like(best, np.nan), np.full_like(best, np.nan)
    share = np.full_like(best, np.nan)
    tables = [samples.copy() for _ in range(completed)]
    learned = list(columns.layout.learned)
    for part in weighted_draws(model, dataset, draws, generator):
        blank = part.samples[:, learned].isnan().any(1).cpu().numpy()
        if not blank.any():
            continue
        filled = _fill(columns, residual_variance(model), _of_rows(part, blank), generator)
        rows = np.arange(part.rows.start, part.rows.stop)[blank]
        wanted = np.isnan(samples[rows]) & np.isin(np.arange(samples.shape[1]), learned)
        for place, source in ((best, filled.best), (low, filled.low), (high, filled.high)):
            place[rows] = np.where(wanted, source, place[rows])
        share[rows] = np.where(wanted, filled.share, np.nan)
        for place, source in zip(tables, filled.drawn, strict=False):
            place[rows] = np.where(wanted, source, place[rows])
    restore, index = model.table.restore, dataset.index
    was_filled = np.isnan(samples) & ~np.isnan(best)
    given, restored = frame_of(model, data), [restore(each, index) for each in (best, *tables)]
    whole_tables = [
        each if given is None else _put_into(given, model.table, each, was_filled)
        for each in restored
    ]
    ends = (restore(low, index), restore(high, index))
    return Imputation(
        whole_tables[0],
        _cells(model, restored[0], ends, share, was_filled),
        tuple(whole_tables[1:]),
    )


@dataclass(frozen=True)
class _Filled:
    best: np.ndarray
    low: np.ndarray
    high: np.ndarray
    share: np.ndarray
    drawn: np.ndarray


def _of_rows(part: WeightedDraws, rows: np.ndarray) -> WeightedDraws:
    keep = torch.from_numpy(rows).to(part.samples.device)
    return WeightedDraws(
        part.rows,
        part.samples[keep],
        part.decoded[:, keep],
        part.nats[:, keep],
        part.log_weights[:, keep],
        part.kl[keep],
    )


@torch.inference_mode()
def _fill(
    columns: TableColumns, variance: torch.Tensor, part: WeightedDraws, generator: torch.Generator
) -> _Filled:
    """Return best values, ends of intervals, shares of the best level, and draws, n x J each."""
    count, rows = part.log_weights.shape
    flat, weights = part.decoded.flatten(0, 1), part.weights
    values = columns.values(flat).view(count, rows, -1)
    best = (weights.unsqueeze(-1) * values).sum(0)
    share = torch.full_like(best, torch.nan)
    # Draws that are equally likely, in place of weighted ones.
    chosen = torch.multinomial(weights.T, count, replacement=True, generator=generator).T
    decoded = part.decoded.gather(0, chosen.unsqueeze(-1).expand_as(part.decoded)).flatten(0, 1)
    drawn = columns.draw(decoded, variance, generator).view(count, rows, -1)
    ends = torch.tensor([(1 - LEVEL) / 2, (1 + LEVEL) / 2]).to(drawn)
    low, high = drawn.quantile(ends, 0)
    for places, shares in columns.shares(flat):
        mixed = (weights[..., None, None] * shares.view(count, rows, *shares.shape[1:])).sum(0)
        largest, level = mixed.max(2)
        share[:, places] = largest.clamp_max(1)
        best[:, places] = level.to(best.dtype)
        if columns.layout.columns[places[0]].likelihood == "categorical":
            low[:, places] = high[:, places] = torch.nan
    return _Filled(*(each.cpu().numpy() for each in (best, low, high, share, drawn)))


def _put_into(
    given: pd.DataFrame, schema: TableSchema, restored: pd.DataFrame, filled: np.ndarray
) -> pd.DataFrame:
    """Return the table given, its cells that were filled replaced by those of another table."""
    places = {name: place for place, name in enumerate(readable_names(given.columns))}
    made = given.copy()
    for place, column in enumerate(schema.features):
        rows = np.flatnonzero(filled[:, place])
        if not len(rows):
            continue
        values = restored[column.heading].iloc[rows]
        if column.name not in places:  # A column that the table lacks is all filled.
            made[column.heading] = values.to_numpy()
            continue
        at = places[column.name]
        own = made.iloc[:, at]
        if own.dtype == object or isinstance(own.dtype, pd.CategoricalDtype | pd.StringDtype):
            own = own.astype(object)
            if column.decimal == ",":
                values = values.map(lambda cell: f"{cell}".replace(".", ","))
        elif pd.api.types.is_float_dtype(own.dtype):
            values = values.astype(float)
        elif pd.api.types.is_bool_dtype(own.dtype):
            own = own.astype(object)
        own = own.copy()
        own.iloc[rows] = values.to_numpy()
        made.isetitem(at, own.array)
    return made


def _cells(
    model: Model,
    table: pd.DataFrame,
    ends: tuple[pd.DataFrame, pd.DataFrame],
    share: np.ndarray,
    filled: np.ndarray,
) -> pd.DataFrame:
    """Return the list of the cells that were filled, row by row."""
    assert model.table is not None
    parts = []
    for place, column in enumerate(model.table.features):
        rows = np.flatnonzero(filled[:, place])
        if not len(rows):
            continue
        own = [frame[column.heading].iloc[rows].astype(object) for frame in (table, *ends)]
        known = share[rows, place]
        parts.append(
            pd.DataFrame(
                {
                    "row": table.index[rows],
                    "column": column.name,
                    **dict(
                        zip(
                            ("value", "low", "high"), (each.to_numpy() for each in own), strict=True
                        )
                    ),
                    "share": known if column.levels is not None else np.nan,
                    "place": rows,
                }
            )
        )
    names = ["row", "column", "value", "low", "high", "share"]
    if not parts:
        return pd.DataFrame(columns=names)
    cells = pd.concat(parts, ignore_index=True).sort_values("place", kind="stable")
    return cells[names].reset_index(drop=True)
