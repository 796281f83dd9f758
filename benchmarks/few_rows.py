"""Scores whose right value is known, on few rows and on many.

    python benchmarks/few_rows.py

Against factors: five independent ones of 3, 6, 40, 32 and 32 levels as codes, the same with noise
of 0.3 deviations, and ten dimensions of noise. The parts of the KL: K Gaussian codes, those of each
pair correlated, with posteriors of one width.
"""

from __future__ import annotations

import numpy as np

from unweave.metrics.registry import SCORES
from unweave.metrics.score import FactorScore
from unweave.metrics.scores.divergence_split import divergence_split
from unweave.metrics.truth import truth_of

LEVELS = (3, 6, 40, 32, 32)
NAMES = ("mig", "modularity", "irs")


def against_factors(rows: int) -> None:
    """Print the corrected and the uncorrected scores of three codes."""
    generator = np.random.default_rng(1)
    factors = generator.integers(0, LEVELS, (rows, len(LEVELS)))
    scaled = (factors - factors.mean(0)) / factors.std(0)
    codes = {
        "factors": scaled,
        "factors and noise": scaled + 0.3 * generator.standard_normal(scaled.shape),
        "noise": generator.standard_normal((rows, 10)),
    }
    for kind, values in codes.items():
        cells = []
        for name in NAMES:
            score = SCORES[name]
            assert isinstance(score, FactorScore)
            found = score.function(values, truth_of(factors), np.random.default_rng(0))
            cells.append(f"{found['value']:.3f} ({found['uncorrected']:.3f})")
        print(f"| {kind} | {rows:,} | {' | '.join(cells)} |", flush=True)


def parts_of_the_kl(width: int, correlation: float, deviation: float, rows: int) -> None:
    """Print total correlation and mutual information beside their true values, for five draws."""
    covariance = np.eye(width)
    for k in range(0, width - 1, 2):
        covariance[k, k + 1] = covariance[k + 1, k] = correlation
    shared = -0.5 * np.log(np.linalg.det(covariance))
    information = -shared - width * np.log(deviation)
    totals, told, bias = [], [], []
    for seed in range(5):
        generator = np.random.default_rng(seed)
        of_means = covariance - deviation**2 * np.eye(width)
        means = generator.multivariate_normal(np.zeros(width), of_means, rows)
        found = divergence_split(means, np.full(means.shape, 2 * np.log(deviation)), generator)
        totals.append(found["total_correlation"])
        told.append(found["mutual_information"])
        bias.append(found["bias"])
    print(
        f"| {width} | {deviation} | {rows:,} | {shared:.3f} | {np.mean(totals):.3f} ± "
        f"{np.std(totals, ddof=1):.3f} | {information:.2f} | {np.mean(told):.2f} | "
        f"{np.mean(bias):.2f} |",
        flush=True,
    )


def main() -> None:
    print(f"| code | rows | {' | '.join(NAMES)} |")
    for rows in (500, 10_000):
        against_factors(rows)
    print("| K | σ | rows | TC | found | I | found | bias |")
    for width, correlation in ((3, 0.0), (3, 0.6), (6, 0.0), (6, 0.6)):
        for deviation in (0.3, 0.15):
            for rows in (500, 5000):
                parts_of_the_kl(width, correlation, deviation, rows)


if __name__ == "__main__":
    main()
