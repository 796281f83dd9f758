"""How often 95 % intervals hold the value they are meant for, by simulation.

    python benchmarks/intervals.py

First Student's interval of a mean over 3, 5 and 10 seeds, and of paired differences of methods that
are equal; then the intervals of a reading over rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unweave.statistics import mean_interval
from unweave.studies.statistics import paired_difference

TIMES = 4_000
Draw = Callable[[np.random.Generator, int], np.ndarray]
SHAPES: dict[str, tuple[Draw, float]] = {
    "normal": (lambda g, n: g.normal(size=n), 0.0),
    "uniform": (lambda g, n: g.uniform(size=n), 0.5),
    "below 1, beta(8, 2)": (lambda g, n: g.beta(8, 2, n), 0.8),
    "skewed, gamma(4)": (lambda g, n: g.gamma(4, size=n), 4.0),
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


def main() -> None:
    print("| scores | 3 seeds: covered, false differences | 5 seeds | 10 seeds |")
    over_seeds()


if __name__ == "__main__":
    main()
