"""How a turn of trained runs changes what is recovered: known factors, or known groups of items.

    python benchmarks/rotation.py RUN… [--method varimax]

Of data with known continuous factors: how many of them a dimension matches at |r| >= 0.97, and the
false discovery rate. Of a table of items that are named by a letter and a number (A1, A2, …, N5):
how many items have the leading dimension of their letter, where letters and dimensions are paired
as well as they can be.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

import unweave as uw
from unweave.interpretation.columns import FeatureValues
from unweave.interpretation.recovery import factor_recovery
from unweave.interpretation.turns import pattern

ITEM = re.compile(r"([A-Z])\d+")
MATCH = 0.97


def found_of(model: uw.Model) -> str:
    data = model.dataset()
    informative = model.summary["informative"]
    codes = model.encode(data)
    if data.factors is not None:
        known = factor_recovery(codes, data.factors.values, informative)
        matched = sum(value >= MATCH for value in known.correlations)
        return f"{matched} of {len(known.correlations)} factors, FDR {known.fdr:.2f}"
    rows = np.arange(len(data))
    values = FeatureValues(model, data, rows, codes)
    features, names = values.filled(rows), values.names(data.table.feature_names)
    letters = [match and match[1] for match in map(ITEM.fullmatch, names)]
    items = [j for j, letter in enumerate(letters) if letter]
    loadings = pattern(codes[:, informative], features[:, items])
    count = with_their_group(loadings, [letters[j] for j in items])
    return f"{count} of {len(items)} items"


def with_their_group(loadings: np.ndarray, groups: Sequence[str]) -> int:
    """Return how many items have the leading dimension of their group, paired one to one."""
    names = sorted(set(groups))
    table = np.zeros((len(names), loadings.shape[1]))
    for group, leading in zip(groups, np.abs(loadings).argmax(1), strict=True):
        table[names.index(group), leading] += 1
    return int(table[linear_sum_assignment(-table)].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--method", default="varimax")
    asked = parser.parse_args()
    print("| run | open | as learned | turned | kept | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for run in asked.runs:
        model = uw.load(run)
        begun = time.perf_counter()
        turned = model.rotate(method=asked.method)
        seconds = time.perf_counter() - begun
        cells = [len(model.summary["informative"]), found_of(model), found_of(turned)]
        print(f"| {run} | {' | '.join(map(str, cells))} | {turned.summary['turn']['dimensions']} "
              f"| {seconds:.1f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
