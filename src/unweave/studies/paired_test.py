"""Student's paired test: its p-value, its power, the seeds it needs, and Holm's correction."""

from __future__ import annotations

import math

import numpy as np

MOST_SEEDS = 100_000


def p_value(mean: float, sd: float, count: int) -> float:
    """Return the two-sided p-value of a mean of paired differences; NaN for fewer than two.

    Student (1908): t = mean √n / sd with n − 1 degrees of freedom.
    """
    from scipy.special import stdtr

    if count < 2:
        return math.nan
    if not sd:
        return 0.0 if mean else 1.0
    return float(2 * stdtr(count - 1, -abs(mean) / sd * math.sqrt(count)))


def power_of(difference: float, sd: float, count: int, level: float) -> float:
    """Return the chance that the two-sided test finds a difference.

    Cohen (1988), section 2.3: under a true difference d, t has the noncentral t distribution
    of n − 1 degrees of freedom and noncentrality d √n / sd.

    Parameters
    ----------
    difference, sd : float
        The true mean of the paired differences, and their standard deviation, above 0.
    count : int
        Seeds of each method, at least 2.
    level : float
        The chance of finding a difference where there is none.
    """
    from scipy.special import nctdtr, stdtrit

    critical = stdtrit(count - 1, 1 - level / 2)
    noncentrality = abs(difference) / sd * math.sqrt(count)
    # SciPy has no number for tails of less than any double.
    upper, lower = nctdtr(count - 1, noncentrality, np.array([critical, -critical]))
    return float(1 - upper + np.nan_to_num(lower))


def seeds_needed(difference: float, sd: float, level: float, power: float) -> int | None:
    """Return the fewest seeds of each method that find a difference with a given power.

    None where more than 100,000 are needed, where the deviation is not known, or where
    there is no difference.
    """
    if math.isnan(sd) or not difference:
        return None
    if not sd:
        return 2
    low, high = 1, 2
    while power_of(difference, sd, high, level) < power:
        if high >= MOST_SEEDS:
            return None
        low, high = high, min(2 * high, MOST_SEEDS)
    while high - low > 1:
        middle = (low + high) // 2
        enough = power_of(difference, sd, middle, level) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number; NaN stays NaN, and counts as a test.

    Holm (1979): the i-th smallest of m, times m − i + 1, and no less than those before it.
    """
    count = len(p_values)
    corrected = np.empty(count)
    order = np.argsort(p_values)
    scaled = p_values[order] * np.arange(count, 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return corrected
