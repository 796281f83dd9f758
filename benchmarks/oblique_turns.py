"""How much simpler oblimin has to be than varimax to be worth correlated factors.

    python benchmarks/oblique_turns.py [--tables 70]

From each family of the tables with known factors that calibrate the certificate, so many are drawn;
codes are their principal components, two more than there are factors. Both turns are compared with
the factors: the mean absolute correlation of the best one-to-one match, 0 for a factor without one.
The first table sets that beside the gain in simplicity on held-out rows, by which a turn is chosen;
the second has what each margin would reach on average.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from unweave.errors import RequestError
from unweave.interpretation.turns import find_turn
from unweave.statistics import correlations

sys.path.append(str(Path(__file__).parents[1] / "tools"))
from generated_tables import CALIBRATION, HELD_OUT, draw

METHODS = ("varimax", "oblimin")
MARGINS = (0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1)
GAINS = (-1, 0, 0.01, 0.02, 0.03, 0.05, 1)
MORE = 2  # components beyond the number of factors


def recovered(codes, factors):
    """Return the mean absolute correlation of factors with their matches."""
    found = np.abs(correlations(codes, factors))
    return found[linear_sum_assignment(-found)].sum() / factors.shape[1]


def turns_of(table):
    """Return simplicity on held-out rows and recovery of both turns; None where one fails."""
    features = table.frame.to_numpy(float)
    features = features[:, features.std(0) > 0]
    features = (features - features.mean(0)) / features.std(0)
    count = min(table.factors.shape[1] + MORE, features.shape[1] - 1)
    codes = np.linalg.svd(features, full_matrices=False)[0][:, :count] * np.sqrt(len(features))
    decoded = codes @ np.linalg.lstsq(codes, features, rcond=None)[0]
    found = {}
    for method in METHODS:
        try:
            turn = find_turn(codes, features, method, decoded=decoded)
        except RequestError:
            return None
        turned = turn.apply(codes)[:, : turn.kept]
        found[method] = recovered(turned, table.factors)
        found[f"{method} simplicity"] = turn.simplicity[method]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=70, help="of each family")
    asked = parser.parse_args()
    families = {name: each for name, each in (CALIBRATION | HELD_OUT).items() if not each.none}
    rows = []
    for number in range(asked.tables):
        for name, family in families.items():
            found = turns_of(draw(family, np.random.default_rng([number, 77])))
            rows += [] if found is None else [{"family": name, **found}]
    frame = pd.DataFrame(rows)
    gain = frame["oblimin simplicity"] - frame["varimax simplicity"]
    more = frame["oblimin"] - frame["varimax"]
    grouped = more.groupby(pd.cut(gain, GAINS))
    print(f"{len(frame)} tables\n")
    print(grouped.agg(["size", "mean", "median", lambda each: (each > 0).mean()]).round(4))
    print()
    for margin in MARGINS:
        reached = np.where(gain > margin, frame["oblimin"], frame["varimax"]).mean()
        print(f"oblimin where it is simpler by more than {margin}: {reached:.4f}")


if __name__ == "__main__":
    main()
