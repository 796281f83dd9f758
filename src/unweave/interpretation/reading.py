"""One run read without ground truth: informative dimensions, FVH-LT, DBSR-LS, LSDI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from scipy.special import ndtri

from unweave.data import Dataset
from unweave.display import Displayed
from unweave.errors import RequestError
from unweave.interpretation.agreement import Agreement, agreement_of
from unweave.interpretation.columns import FeatureValues
from unweave.interpretation.dbsr_ls import (
    BlockSparseRegression,
    block_sparse_regression,
    resampled_regressions,
)
from unweave.interpretation.fvh_lt import (
    FeatureVariance,
    feature_variance,
    group_count,
    resampled_variances,
    variance_interval,
)
from unweave.interpretation.lsdi import (
    DisentanglementIndex,
    disentanglement_index,
    disentanglement_indices,
)
from unweave.interpretation.recovery import Recovery, factor_recovery
from unweave.interpretation.together import unreadable
from unweave.objectives.divergence import (
    INFORMATIVE_NATS,
    informative_dimensions,
    kl_from_standard_normal,
)
from unweave.runs.model import Model
from unweave.statistics import CONFIDENCE, finite_or_none, percentile_interval

MOST_ROWS = {"table": 100_000, "images": 10_000}
BASE_CODES = {"table": 2048, "images": 128}
RESAMPLES = 200
FEWEST_RESAMPLES, _RESAMPLED_ENTRIES = 50, 5_000_000  # the table of a colour image is large

Interval = tuple[float, float]
Sampler = tuple[int, Callable[[np.ndarray], np.ndarray]]
"""A number of groups of rows, and a function from P weightings of these to P tables."""


@dataclass(frozen=True, repr=False)
class Reading(Displayed):
    """How the dimensions of a run's latent space drive the features.

    Attributes
    ----------
    model : Model
    rows : numpy.ndarray
        The N rows of the data that were read.
    codes : numpy.ndarray
        Posterior means of these rows, N x K.
    kl, kl_error : numpy.ndarray
        Mean KL of each dimension in nats, and its standard error, K each.
    informative : tuple of int
    variance : FeatureVariance
        The result of FVH-LT.
    regression : BlockSparseRegression
        The result of DBSR-LS.
    indices : dict of str to DisentanglementIndex
        LSDI of ``fvh_lt`` and ``dbsr_ls``.
    intervals : dict of str to tuple of float
        95 % intervals of both and of their ``mean``, over the rows.
    signed : numpy.ndarray
        DBSR-LS's table with the signs of its coefficients, J x K.
    bounds : dict of str to numpy.ndarray
        The same intervals of every entry of both tables, 2 x J x K.
    agreement : Agreement
    recovery : Recovery or None
        None unless continuous factors are known.
    constant : tuple of int
        Features that do not vary in the data.
    """

    model: Model
    rows: np.ndarray
    codes: np.ndarray
    kl: np.ndarray
    kl_error: np.ndarray
    informative: tuple[int, ...]
    variance: FeatureVariance
    regression: BlockSparseRegression
    indices: dict[str, DisentanglementIndex]
    intervals: dict[str, Interval]
    signed: np.ndarray
    bounds: dict[str, np.ndarray]
    agreement: Agreement
    recovery: Recovery | None
    constant: tuple[int, ...]

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        low, high = self.intervals["mean"]
        features, table = feature_names(self.model), self.variance.table
        return {
            "model": self.model.title,
            "rows": f"{len(self.rows):,}",
            "LSDI": f"{self.index['mean']:.2f} [{low:.2f}, {high:.2f}]",
            **{f"z{k}": strongest(table, features, k) for k in self.informative},
        }

    @property
    def tables(self) -> dict[str, np.ndarray]:
        """Both association tables, J x K."""
        return {"fvh_lt": self.variance.table, "dbsr_ls": self.regression.table}

    @property
    def index(self) -> dict[str, float]:
        """LSDI of both tables, and the mean of the two."""
        return with_mean(self.indices)

    def to_json(self) -> dict[str, Any]:
        """Return the run's own figures; `Interpretation.to_json` holds the aligned tables."""
        return {
            "run": str(self.model.folder) if self.model.folder else None,
            "model": self.model.name,
            "seed": self.model.seed,
            "rows": len(self.rows),
            "informative": list(self.informative),
            "kl": finite_or_none(self.kl.tolist()),
            "lsdi": {
                **self.index,
                "attainable": {name: each.attainable for name, each in self.indices.items()},
                "interval": {name: list(each) for name, each in self.intervals.items()},
            },
            "fvh_lt": self.variance.to_json(),
            "dbsr_ls": self.regression.to_json(),
            "agreement": self.agreement.to_json(),
        }


def with_mean(indices: dict[str, DisentanglementIndex]) -> dict[str, float]:
    """Return the values of the indices, and their mean."""
    values = {name: each.value for name, each in indices.items()}
    return values | {"mean": float(np.mean(list(values.values())))}


def strongest(table: np.ndarray, features: Sequence[str], k: int, most: int = 5) -> str:
    """Return the features that dimension `k` moves most, with their values in a J x K table."""
    column = table[:, k]
    leading = [int(j) for j in column.argsort()[::-1][:most] if column[j] >= 0.05]
    return ", ".join(f"{features[j]} {column[j]:.2f}" for j in leading) or "–"


def feature_names(model: Model) -> tuple[str, ...]:
    """Return the J features' names: columns of a table; pixels as ``y,x``, in colour ``c,y,x``."""
    if model.table is not None:
        return tuple(model.table.feature_names)
    shape = model.sample_shape
    if len(shape) == 1:
        return tuple(f"x{index}" for index in range(1, shape[0] + 1))
    places = np.ndindex(*shape)
    if shape[0] == 1:
        return tuple(f"{y},{x}" for _, y, x in places)
    return tuple(f"{c},{y},{x}" for c, y, x in places)


def read_run(
    model: Model,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    threshold: float = INFORMATIVE_NATS,
    seed: int = 0,
) -> Reading:
    """Read one run on some rows of data.

    Parameters
    ----------
    model : Model
        A model whose codes are latent values alone.
    dataset : Dataset
        The data as the model reads it (see `Model.dataset`).
    rows : numpy.ndarray
        The N rows to read.
    threshold : float
        Mean KL in nats above which a dimension is informative.
    seed : int
        Seed of base codes, draws, folds and resamples.

    Raises
    ------
    RequestError
        If the model learned from labels, or its codes are not finite.
    """
    if not model.can_be_read:
        raise RequestError(unreadable(model))
    mean, log_variance = model.latent(dataset, rows)
    if not np.isfinite(mean).all() or np.isnan(log_variance).any():
        raise RequestError(f"{model.title}: its codes are not finite; train it again")
    kl, kl_error = _divergence(mean, log_variance)
    spread = mean.var(0, dtype=float).tolist()
    informative = tuple(informative_dimensions(kl.tolist(), spread, threshold, model.module.kept))
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal(mean.shape, dtype=np.float32)
    draws = mean + np.exp(log_variance / 2) * noise
    values = FeatureValues(model, dataset, rows, mean)
    order = generator.permutation(len(mean))
    count = min(BASE_CODES[dataset.kind], len(mean))
    # Evenly spaced, so that every group of draws has base codes of its own rows.
    base = order[np.arange(count) * len(mean) // count]
    squares = values.mean_squares(np.array_split(rows[order], group_count(count, len(mean))))
    variance = values.of_variance(
        feature_variance(values.decode, mean[base], draws[order], squares, informative, seed=seed)
    )
    fit = block_sparse_regression(mean, values.filled, informative, seed=seed)
    regression = replace(fit, table=values.of_coefficients(fit.table))
    tables = {"fvh_lt": variance.table, "dbsr_ls": regression.table}
    indices = {name: disentanglement_index(each, informative) for name, each in tables.items()}
    samplers: dict[str, Sampler] = {
        "fvh_lt": (len(variance.sizes), lambda w: resampled_variances(variance, w)),
        "dbsr_ls": (
            len(fit.moments.counts),
            lambda w: values.of_coefficients(resampled_regressions(fit, w)),
        ),
    }
    intervals, bounds = _intervals(
        samplers, variance.table.size, with_mean(indices), informative, generator
    )
    bounds["fvh_lt"] = variance_interval(variance)
    names = feature_names(model)
    agreement = agreement_of(
        variance.table, regression.table, variance.linearity, mean, names, informative
    )
    return Reading(
        model,
        rows,
        mean,
        kl,
        kl_error,
        informative,
        variance,
        regression,
        indices,
        intervals,
        regression.table * values.signs(fit.coefficients.T),
        bounds,
        agreement,
        _recovery(dataset, rows, mean, informative),
        values.constant,
    )


def _divergence(mean: np.ndarray, log_variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each dimension's mean KL and its standard error over the rows."""
    both = (torch.from_numpy(each).double() for each in (mean, log_variance))
    kl = kl_from_standard_normal(*both).numpy()
    if np.isinf(kl).any():  # Codes without a posterior are certain.
        return kl.mean(0), np.zeros(kl.shape[1])
    return kl.mean(0), kl.std(0, ddof=min(1, len(kl) - 1)) / np.sqrt(len(kl))


def _intervals(
    samplers: Mapping[str, Sampler],
    size: int,
    index: dict[str, float],
    informative: tuple[int, ...],
    generator: np.random.Generator,
) -> tuple[dict[str, Interval], dict[str, np.ndarray]]:
    """Return bootstrap intervals of LSDI and of every entry, over groups of rows.

    With fewer different rows a table is less blurred, so that resampled indices are higher than the
    index: only their spread is used, in an interval around the index.
    """
    affordable = _RESAMPLED_ENTRIES // size
    count = min(max(affordable, FEWEST_RESAMPLES), RESAMPLES)
    values, bounds = {}, {}
    for name, (groups, resampled) in samplers.items():
        even = np.full(groups, 1 / groups)
        weights = generator.multinomial(groups, even, size=count).astype(float)
        tables = resampled(weights)
        values[name], _ = disentanglement_indices(tables.astype(np.float64), informative)
        bounds[name] = percentile_interval(tables)
    values["mean"] = (values["fvh_lt"] + values["dbsr_ls"]) / 2
    wide = ndtri((1 + CONFIDENCE) / 2)
    intervals = {
        name: (max(index[name] - wide * each.std(), 0.0), min(index[name] + wide * each.std(), 1.0))
        for name, each in values.items()
    }
    return {name: (float(low), float(high)) for name, (low, high) in intervals.items()}, bounds


def _recovery(
    dataset: Dataset, rows: np.ndarray, codes: np.ndarray, informative: tuple[int, ...]
) -> Recovery | None:
    factors = dataset.factors
    if factors is None or any(size is not None for size in factors.sizes):
        return None
    return factor_recovery(codes, factors.values[rows], informative)
