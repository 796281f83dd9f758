"""How often 95 % intervals hold the value they are meant for, by simulation.

    python benchmarks/intervals.py

First Student's interval of a mean over 3, 5 and 10 seeds, and of paired differences of methods that
are equal; then the intervals of a reading over rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unweave.interpretation.fvh_lt import feature_variance, group_count, variance_interval
from unweave.statistics import mean_interval
from unweave.studies.statistics import paired_difference

TIMES, ROW_TIMES = 4_000, 400
Draw = Callable[[np.random.Generator, int], np.ndarray]
SHAPES: dict[str, tuple[Draw, float]] = {
    "normal": (lambda g, n: g.normal(size=n), 0.0),
    "uniform": (lambda g, n: g.uniform(size=n), 0.5),
    "below 1, beta(8, 2)": (lambda g, n: g.beta(8, 2, n), 0.8),
    "skewed, gamma(4)": (lambda g, n: g.gamma(4, size=n), 4.0),
}
# Of each decoder, the variance that moving z0 brings, and all of it.
EFFECTS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float, float]] = {
    "2 z0": (lambda z: 2 * z[:, :1], 4.0, 4.0),
    "z0 z1": (lambda z: z[:, :1] * z[:, 1:2], 1.0, 1.0),
    "z0 + z0 z1 + z1² / 2": (
        lambda z: z[:, :1] + z[:, :1] * z[:, 1:2] + z[:, 1:2] ** 2 / 2,
        2.0,
        2.5,
    ),
    "z0²": (lambda z: z[:, :1] ** 2, 2.0, 2.0),
    "exp z0": (lambda z: np.exp(z[:, :1]), np.e**2 - np.e, np.e**2 - np.e),
}


def over_seeds() -> None:
    """Print coverage, and false differences, at 3, 5 and 10 seeds."""
    for shape, (draw, true) in SHAPES.items():
        cells = []
        for seeds in (3, 5, 10):
            generator = np.random.default_rng(seeds)
            ends = np.array([mean_interval(draw(generator, seeds)) for _ in range(TIMES)])
            covered = ((ends[:, 0] <= true) & (true <= ends[:, 1])).mean()
            differences = [
                paired_difference(*(dict(enumerate(draw(generator, seeds))) for _ in range(2)))
                for _ in range(TIMES)
            ]
            false = np.mean([each is not None and each.low * each.high > 0 for each in differences])
            cells.append(f"{covered:.1%}, {false:.1%}")
        print(f"| {shape} | {' | '.join(cells)} |", flush=True)


def over_rows() -> None:
    """Print coverage of FVH-LT's intervals for normal codes and features with noise of 0.3."""
    for effect, (decode, moved, whole) in EFFECTS.items():
        for rows in (500, 5000):
            covered, values, count = 0, [], min(2048, rows)
            true = moved / (whole + 0.09)
            for seed in range(ROW_TIMES):
                generator = np.random.default_rng(seed)
                codes = generator.standard_normal((rows, 3))
                features = decode(codes) + 0.3 * generator.standard_normal((rows, 1))
                groups = np.array_split(features - features.mean(0), group_count(count, rows))
                squares = np.stack([(group**2).mean(0) for group in groups])
                base = codes[np.arange(count) * rows // count]
                found = feature_variance(decode, base, codes, squares, [0], seed=seed)
                low, high = variance_interval(found)[:, 0, 0]
                covered += int(low <= true <= high)
                values.append(found.table[0, 0])
            mean, sd = np.mean(values), np.std(values)
            print(
                f"| {effect} | {rows:,} | {true:.3f} | {mean:.3f} ± {sd:.3f} | "
                f"{covered / ROW_TIMES:.1%} |",
                flush=True,
            )


def main() -> None:
    print("| scores | 3 seeds: covered, false differences | 5 seeds | 10 seeds |")
    over_seeds()
    print("| effect of z0 | rows | total index | found, mean ± sd | covered |")
    over_rows()


if __name__ == "__main__":
    main()
