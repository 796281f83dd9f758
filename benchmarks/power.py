"""The power of a planned number of seeds, by simulation.

    python benchmarks/power.py

For effects of 0.5 to 2 deviations of the paired differences, for one pair and for the 21 pairs of
seven methods: the seeds that are planned for 80 %, their exact power, and how often so many find
the difference. Scores are normal, pile up below 1, or are skewed. The last columns plan from 5
seeds drawn before, as a study does: by the expected power, and as if their deviation were the
true one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from unweave.studies.paired_test import power_of, seeds_needed
from unweave.studies.power import LEVEL, POWER

TIMES, PLANS, FEW = 20_000, 400, 5
Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
# Each of mean 0 and deviation 1.
SHAPES: dict[str, Draw] = {
    "normal": lambda g, size: g.normal(size=size),
    "below 1, beta(8, 2)": lambda g, size: (g.beta(8, 2, size) - 0.8) / np.sqrt(0.16 / 11),
    "skewed, gamma(4)": lambda g, size: g.gamma(4, size=size) / 2 - 2,
}


def share_found(draw: Draw, effect: float, seeds: int, level: float, times: int) -> float:
    """Return how often Student's paired test finds an effect, of differences of two methods."""
    generator = np.random.default_rng(seeds)
    one, other = (draw(generator, (times, seeds)) for _ in range(2))
    differences = (one - other) / np.sqrt(2) + effect
    return float((stats.ttest_1samp(differences, 0, axis=1).pvalue < level).mean())


def share_found_by_plans(draw: Draw, effect: float, level: float, trusted: bool) -> float:
    """Return the same where the deviation is that of 5 seeds drawn before.

    Parameters
    ----------
    draw, effect, level : as for `share_found`
    trusted : bool
        Whether to plan as if that deviation were the true one.
    """
    generator = np.random.default_rng(0)
    found = []
    for _ in range(PLANS):
        one, other = (draw(generator, (1, FEW)) for _ in range(2))
        sd = ((one - other) / np.sqrt(2)).std(ddof=1)
        seeds = seeds_needed(effect, sd, level, POWER, None if trusted else FEW - 1)
        assert seeds is not None
        found.append(share_found(draw, effect, seeds, level, 200))
    return float(np.mean(found))


def main() -> None:
    """Print a line for each effect and number of pairs."""
    few = f"from {FEW} seeds"
    print(f"| effect | pairs | seeds | exact | {' | '.join(SHAPES)} | {few} | {few}, trusted |")
    for effect in (0.5, 0.75, 1.0, 1.5, 2.0):
        for pairs in (1, 21):
            level = LEVEL / pairs
            seeds = seeds_needed(effect, 1.0, level, POWER)
            assert seeds is not None
            cells = [power_of(effect, 1.0, seeds, level)]
            cells += [share_found(draw, effect, seeds, level, TIMES) for draw in SHAPES.values()]
            cells += [
                share_found_by_plans(SHAPES["normal"], effect, level, trusted)
                for trusted in (False, True)
            ]
            text = " | ".join(f"{cell:.1%}" for cell in cells)
            print(f"| {effect} | {pairs} | {seeds} | {text} |", flush=True)


if __name__ == "__main__":
    main()
