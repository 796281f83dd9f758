"""Synthetic factor-analysis tables whose true structure is known.

X = F Λᵀ + noise, with simple structure: each feature loads on one factor (Lu, Liu,
Tan and Zhao's FA15, FA24 and FA100, whose generator is not in print; this is ours).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents, assemble
from unweave.data.dataset import Dataset
from unweave.data.factors import Factors
from unweave.data.files.bounds import require_cells
from unweave.data.former import samples_and_factor_values
from unweave.data.options import Option
from unweave.data.source import Source
from unweave.data.splits import require_rows
from unweave.data.tables.read import read_table
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema
from unweave.errors import RequestError, pick

FactorLaw = Literal["uniform", "gaussian"]

BLOCKS = {
    "fa15": (7, 5, 3),
    "fa24": (9, 7, 5, 3),
    "fa100": (16, 14, 13, 12, 11, 10, 9, 7, 5, 3),
}
NOISE_SD = 0.1
ROWS = 5000
GENERATOR_SEED = 2018


def factor_analysis(
    blocks: Sequence[int],
    *,
    rows: int = ROWS,
    seed: int = GENERATOR_SEED,
    factors: FactorLaw = "uniform",
    name: str = "factor-analysis",
) -> Dataset:
    """Draw a table of ``sum(blocks)`` features driven by ``len(blocks)`` factors.

    Parameters
    ----------
    blocks : sequence of int
        Number of features that load on each factor.
    rows : int
        Number of rows.
    seed : int
        Seed of the generator; it has nothing to do with a training seed.
    factors : {"uniform", "gaussian"}
        Law of the independent factors, which have mean 0 and variance 1. Equally strong
        Gaussian factors are identifiable only up to a rotation.
    name : str
        What the dataset is called.

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
    return assemble(read(blocks, rows=rows, seed=seed, factors=factors), name)


def read(
    blocks: Sequence[int],
    *,
    rows: int = ROWS,
    seed: int = GENERATOR_SEED,
    factors: FactorLaw = "uniform",
    schema: TableSchema | TableRequest | None = None,
) -> Contents:
    """Draw the contents of `factor_analysis`, standardised by a schema where there is one."""
    pick(factors, get_args(FactorLaw), "value of factors")
    if not blocks or min(blocks) < 1:
        raise RequestError(f"blocks={list(blocks)}: every factor needs at least one feature")
    require_rows(rows, f"rows={rows}: a factor-analysis table")
    require_cells(f"rows={rows}", rows, sum(blocks), "ask for fewer", copies=3)
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
    names = tuple(f"factor {k}" for k in range(1, len(blocks) + 1))
    return replace(
        read_table(frame, schema=schema, counters=False),
        factors=Factors(names, scores, (None,) * len(blocks), loadings),
        synthetic=True,
        former=samples_and_factor_values,
    )


def draw_loadings(blocks: Sequence[int], generator: np.random.Generator) -> np.ndarray:
    """Draw simple-structure loadings, uniform in [0.5, 1], features x factors."""
    loadings = np.zeros((sum(blocks), len(blocks)))
    factor_of_feature = np.repeat(np.arange(len(blocks)), blocks)
    rows = np.arange(len(loadings))
    loadings[rows, factor_of_feature] = generator.uniform(0.5, 1.0, size=len(loadings))
    return loadings


SOURCES = tuple(
    Source(
        name=name,
        description=f"synthetic: {sum(blocks)} features driven by {len(blocks)} known factors",
        kind="table",
        licence="generated here",
        read=partial(read, blocks),
        options=(
            Option("rows", ROWS, int, "number of rows"),
            Option("seed", GENERATOR_SEED, int, "seed of the generator", least=0),
            Option(
                "factors",
                "uniform",
                str,
                "law of the factors: uniform or gaussian",
                choices=get_args(FactorLaw),
            ),
        ),
    )
    for name, blocks in BLOCKS.items()
)
