"""Synthetic factor-analysis tables whose true structure is known.

X = F Λᵀ + noise, with simple structure: each feature loads on one factor (Lu, Liu,
Tan and Zhao's FA15, FA24 and FA100, whose generator is not in print; this is ours).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from unweave.data.dataset import Dataset, Factors
from unweave.data.fingerprint import fingerprint_of
from unweave.data.schema import TableSchema
from unweave.data.splits import require_rows
from unweave.data.tables import table_dataset
from unweave.errors import RequestError, pick

FactorLaw = Literal["uniform", "gaussian"]

BLOCKS = {
    "fa15": (7, 5, 3),
    "fa24": (9, 7, 5, 3),
    "fa100": (16, 14, 13, 12, 11, 10, 9, 7, 5, 3),
}
NOISE_SD = 0.1
GENERATOR_SEED = 2018


def factor_analysis(
    blocks: Sequence[int],
    *,
    rows: int = 5000,
    seed: int = GENERATOR_SEED,
    factors: FactorLaw = "uniform",
    name: str = "factor-analysis",
    source: str = "",
    schema: TableSchema | None = None,
) -> Dataset:
    """Draw a table of ``sum(blocks)`` features driven by ``len(blocks)`` factors.

    Parameters
    ----------
    blocks : sequence of int
        Number of features that load on each factor.
    rows : int
    seed : int
        Of the generator; it has nothing to do with a training seed.
    factors : {"uniform", "gaussian"}
        Law of the independent factors, of mean 0 and variance 1. Equally strong
        Gaussian factors are identifiable only up to a rotation.
    name, source : str
    schema : TableSchema, optional
        Of a trained run: standardise by its means and deviations.

    Returns
    -------
    Dataset
        Samples rows x features, standardised; factors rows x factors, continuous;
        ``factors.loadings`` features x factors.

    Raises
    ------
    RequestError
        If a block is smaller than 1, `rows` than 16, or `factors` is unknown.
    """
    pick(factors, get_args(FactorLaw), "value of factors")
    if not blocks or min(blocks) < 1:
        raise RequestError(f"blocks={list(blocks)}: every factor needs at least one feature")
    require_rows(rows, f"rows={rows}: a factor-analysis table")
    if seed < 0:
        raise RequestError(f"seed={seed}: give a whole number from 0 on")
    generator = np.random.default_rng(seed)
    loadings = draw_loadings(blocks, generator)
    shape = (rows, len(blocks))
    if factors == "uniform":
        scores = generator.uniform(-np.sqrt(3), np.sqrt(3), size=shape)
    else:
        scores = generator.standard_normal(shape)
    noise = NOISE_SD * generator.standard_normal((rows, len(loadings)))
    titles = [f"x{j}" for j in range(1, len(loadings) + 1)]
    frame = pd.DataFrame(scores @ loadings.T + noise, columns=titles)
    dataset = table_dataset(frame, name=name, source=source, schema=schema, counters=False)
    names = tuple(f"factor {k}" for k in range(1, len(blocks) + 1))
    known = Factors(names, scores, (None,) * len(blocks), loadings)
    fingerprint = fingerprint_of(dataset.fingerprint, scores)
    return replace(dataset, factors=known, fingerprint=fingerprint)


def draw_loadings(blocks: Sequence[int], generator: np.random.Generator) -> np.ndarray:
    """Draw simple-structure loadings, uniform in [0.5, 1], features x factors."""
    loadings = np.zeros((sum(blocks), len(blocks)))
    factor_of_feature = np.repeat(np.arange(len(blocks)), blocks)
    rows = np.arange(len(loadings))
    loadings[rows, factor_of_feature] = generator.uniform(0.5, 1.0, size=len(loadings))
    return loadings
