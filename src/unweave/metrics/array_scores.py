"""Scores of codes against factors that are both given as plain arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from unweave.data.factors import DISCRETE_LIMIT
from unweave.errors import RequestError
from unweave.metrics.array_files import Columns, read_columns
from unweave.metrics.evaluation import named_scores
from unweave.metrics.registry import SCORES, document_of
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, truth_of


def score_arrays(
    codes: Any, factors: Any, metrics: str | Iterable[str] | None = None, seed: int = 0
) -> dict[str, Any]:
    """Return the document of the scores of `codes` against `factors`; see `unweave.score`."""
    scores = _factor_scores(metrics)
    columns, known = read_columns(codes, "codes"), read_columns(factors, "factors")
    if len(columns) != len(known):
        raise RequestError(
            f"{columns.source} ({len(columns)} rows) and {known.source} ({len(known)} rows) "
            "differ in length: give one row of factors for each row of codes"
        )
    values, truth = _numbers(columns), _truth(known)
    results: dict[Any, Mapping[str, Any]] = {}
    found, omitted = {}, {}
    for score in scores:
        if why := score.obstacle_in(truth):
            if metrics is not None:
                raise RequestError(f"metrics={score.name}: {why}")
            omitted[score.name] = why
            continue
        if score.function not in results:
            # Every score has its own draws, so that it does not depend on the others asked for.
            results[score.function] = score.function(values, truth, np.random.default_rng(seed))
        found[score.name] = document_of(score, results[score.function])
    levels = zip(truth.names, truth.sizes.tolist(), truth.continuous, strict=True)
    return {
        "codes": columns.source,
        "factors": known.source,
        "count": len(columns),
        "dimensions": list(columns.values),
        "levels": {name: None if continuous else size for name, size, continuous in levels},
        "left_out": list(truth.left_out),
        "row_labels": [*columns.row_labels, *known.row_labels],
        "seed": seed,
        "scores": found,
        "omitted": omitted,
    }


def _factor_scores(metrics: str | Iterable[str] | None) -> list[FactorScore]:
    """Return the scores that are asked for; by default all that need codes and factors alone."""
    every = [score for score in SCORES.values() if isinstance(score, FactorScore)]
    wanted = every if metrics is None else named_scores(metrics) or []
    others = [score.name for score in wanted if score not in every]
    if others:
        raise RequestError(
            f"metrics={','.join(others)}: needs a model and its data, not arrays "
            f"(of arrays there are: {', '.join(score.name for score in every)})"
        )
    return [score for score in wanted if isinstance(score, FactorScore)]


def _numbers(columns: Columns) -> np.ndarray:
    """Return codes as N x K numbers."""
    for name, column in columns.values.items():
        if column.dtype.kind == "U":
            numbers = pd.to_numeric(pd.Series(column), errors="coerce")
            row = int(np.flatnonzero(numbers.isna())[0])
            raise RequestError(
                f"{columns.source}: column {name!r} holds {str(column[row])!r} in row {row + 1}; "
                "codes are numbers, leave the column out"
            )
    return np.stack(list(columns.values.values()), axis=1)


def _truth(columns: Columns) -> Truth:
    """Return the factors: texts and few distinct numbers are discrete, others continuous."""
    count, most = len(columns), min(DISCRETE_LIMIT, len(columns) // 2)
    values, continuous = [], []
    for name, column in columns.values.items():
        distinct, places = np.unique(column, return_inverse=True)
        is_text = column.dtype.kind == "U"
        if is_text and len(distinct) == count > 1:
            raise RequestError(
                f"{columns.source}: column {name!r} holds another text in each of the {count} "
                "rows, which names rows and is no factor; leave it out"
            )
        values.append(places.reshape(-1).astype(np.float64) if is_text else column)
        continuous.append(not is_text and len(distinct) > most)
    if all(np.ptp(column) == 0 for column in values):
        raise RequestError(f"{columns.source}: no factor varies; give rows in which one does")
    return truth_of(np.stack(values, axis=1), list(columns.values), continuous)
