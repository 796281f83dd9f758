"""Values of a score over seeds: means with intervals, and differences on equal seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.statistics import finite_or_none, mean_interval


@dataclass(frozen=True)
class Summary:
    """Values of one method over its seeds.

    Attributes
    ----------
    count : int
    mean, median : float
    sd : float
        Standard deviation of single runs, with n − 1 in the denominator; NaN for one run.
    low, high : float
        Student's 95 % interval of the mean; NaN for fewer than two values.
    """

    count: int
    mean: float
    median: float
    sd: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """Return all of it; NaN becomes None."""
        known = finite_or_none(vars(self))
        return {
            **{name: known[name] for name in ("count", "mean", "median", "sd")},
            "interval": None if known["low"] is None else [self.low, self.high],
        }


def summary_of(values: np.ndarray) -> Summary:
    """Return mean, median, deviation and Student's interval of the mean.

    Parameters
    ----------
    values : numpy.ndarray
        One for each seed, finite, at least one.
    """
    values = np.asarray(values, dtype=float)
    low, high = mean_interval(values)
    sd = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return Summary(len(values), float(values.mean()), float(np.median(values)), sd, low, high)


def paired_difference(one: Mapping[int, float], other: Mapping[int, float]) -> Summary | None:
    """Return the summary of `one` less `other` on the seeds of both; None if they share none.

    Its interval is for this pair alone: of many pairs of equal methods, a twentieth excludes 0.
    """
    shared = [seed for seed in one if seed in other]
    if not shared:
        return None
    return summary_of(np.array([one[seed] - other[seed] for seed in shared]))
