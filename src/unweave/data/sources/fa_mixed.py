"""A synthetic table of known factors, with columns of all kinds, a fifth of its cells blank.

Simple structure as in FA24: each column is driven by one factor. The column's signal is
s = λ f, with the loading λ uniform in [0.5, 1] and independent factors f of mean 0 and
variance 1, uniform; its kind says what becomes of the signal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.factors import Factors
from unweave.data.files.bounds import require_cells
from unweave.data.options import Option
from unweave.data.source import Source
from unweave.data.sources.factor_analysis import GENERATOR_SEED, NOISE_SD, ROWS, draw_loadings
from unweave.data.splits import require_rows
from unweave.data.tables.read import read_table
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema

BLANK = 20  # per cent of all cells
PATTERNS = ("random", "by-value")
# The kinds of the columns that each factor drives.
KINDS = (
    ("real", "ordinal", "count", "binary", "category", "positive", "date", "real", "ordinal"),
    ("real", "ordinal", "category", "count", "binary", "positive", "real"),
    ("real", "ordinal", "category", "count", "time"),
    ("real", "ordinal", "real"),
)
_COLOURS = np.array(["green", "red", "grey", "blue"])
_FIRST_DAY = pd.Timestamp("2020-01-01")


def read(
    rows: int = ROWS,
    seed: int = GENERATOR_SEED,
    blank: int = BLANK,
    pattern: str = "random",
    schema: TableSchema | TableRequest | None = None,
) -> Contents:
    """Draw the table.

    Parameters
    ----------
    rows : int
    seed : int
        Seed of the generator; it has nothing to do with a training seed.
    blank : int
        Per cent of the cells that are blank.
    pattern : {"random", "by-value"}
        Whether all cells are blank equally often, or those of high signals more often: with
        probability ``blank / 50 logistic(3 s)``, so that what is seen of a column is not like what
        is not.
    schema : TableSchema or TableRequest, optional
        As for `read_table`.

    Raises
    ------
    RequestError
        If `rows` is under 16.
    """
    require_rows(rows, f"rows={rows}: a factor-analysis table")
    require_cells(f"rows={rows}", rows, sum(map(len, KINDS)), "ask for fewer", copies=3)
    generator = np.random.default_rng(seed)
    kinds = [kind for own in KINDS for kind in own]
    loadings = draw_loadings([len(own) for own in KINDS], generator)
    scores = generator.uniform(-np.sqrt(3), np.sqrt(3), size=(rows, len(KINDS)))
    signals = scores @ loadings.T
    columns = {
        f"{kind} {place}": pd.Series(_CELLS[kind](signal, generator))
        for place, (kind, signal) in enumerate(zip(kinds, signals.T, strict=True), start=1)
    }
    odds = np.full(signals.shape, blank / 100)
    if pattern == "by-value":
        odds = blank / 50 / (1 + np.exp(-3 * signals))
    hidden = generator.uniform(size=signals.shape) < odds
    frame = pd.DataFrame(
        {name: own.mask(hidden[:, place]) for place, (name, own) in enumerate(columns.items())}
    )
    names = tuple(f"factor {k}" for k in range(1, len(KINDS) + 1))
    return replace(
        read_table(frame, schema=schema, counters=False),
        factors=Factors(names, scores, (None,) * len(KINDS), loadings),
        synthetic=True,
        index=None,
    )


def _noisy(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return signal + NOISE_SD * generator.standard_normal(len(signal))


def _real(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return 5 + 12 * _noisy(signal, generator)


def _positive(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return np.asarray(np.exp(3 + 1.3 * _noisy(signal, generator)))


def _count(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return generator.poisson(np.exp(1.5 + 0.7 * signal)).astype(float)


def _binary(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return np.where(4 * signal + generator.logistic(size=len(signal)) > 0, "yes", "no")


def _ordinal(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    cuts = 5 * np.array([-0.9, -0.3, 0.3, 0.9])
    score = 5 * signal + generator.logistic(size=len(signal))
    return np.asarray(1.0 + (score[:, None] > cuts).sum(1))


def _category(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    slopes, offsets = np.array([-9.0, -3.0, 3.0, 9.0]), np.array([-4.0, 0.0, 0.0, -4.0])
    logits = signal[:, None] * slopes + offsets
    levels = (logits + generator.gumbel(size=logits.shape)).argmax(1)
    return np.asarray(_COLOURS[levels], dtype=object)


def _date(signal: np.ndarray, generator: np.random.Generator) -> pd.Series:
    days = np.round(200 * _noisy(signal, generator))
    return pd.Series(_FIRST_DAY + pd.to_timedelta(days, unit="D"))


def _time(signal: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    minutes = np.clip(np.round(720 + 180 * _noisy(signal, generator)), 0, 1439).astype(int)
    return np.array([f"{each // 60:02d}:{each % 60:02d}" for each in minutes], dtype=object)


_CELLS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray | pd.Series]] = {
    "real": _real,
    "positive": _positive,
    "count": _count,
    "binary": _binary,
    "ordinal": _ordinal,
    "category": _category,
    "date": _date,
    "time": _time,
}

SOURCE = Source(
    name="fa-mixed",
    description="synthetic: 24 columns of all kinds driven by 4 known factors, a fifth blank",
    kind="table",
    licence="generated here",
    read=read,
    options=(
        Option("rows", ROWS, int, "number of rows"),
        Option("seed", GENERATOR_SEED, int, "seed of the generator", least=0),
        Option("blank", BLANK, int, "per cent of blank cells", least=0, most=50),
        Option(
            "pattern",
            "random",
            str,
            "blank cells: random, or by-value (high values more often)",
            choices=PATTERNS,
        ),
    ),
)
