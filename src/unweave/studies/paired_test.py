"""Student's paired test: its p-value, its power, the seeds it needs, and Holm's correction."""

from __future__ import annotations

import math

import numpy as np

MOST_SEEDS = 100_000
# Of the quadrature over deviations: 200 change no number of seeds by a thousandth.
NODES = 16


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
    return float(_power(np.array(abs(difference) / sd), count, level))


def _power(effects: np.ndarray, count: int, level: float) -> np.ndarray:
    """Return the power at differences that are given in standard deviations."""
    from scipy.special import nctdtr, stdtrit

    critical = stdtrit(count - 1, 1 - level / 2)
    shift = effects * math.sqrt(count)
    upper, lower = (nctdtr(count - 1, shift, end) for end in (critical, -critical))
    # SciPy has no number where a tail is less than any double.
    upper = np.where(np.isnan(upper), shift < critical, upper)
    return np.asarray(1 - upper + np.nan_to_num(lower))


def expected_power(difference: float, sd: float, freedom: int, count: int, level: float) -> float:
    """Return the power to expect where the standard deviation was itself estimated.

    The mean of `power_of` over the deviations σ that an estimate `sd` of ν degrees of
    freedom leaves open, σ² = ν sd² / χ²_ν: the assurance of O'Hagan, Stevens and Campbell
    (2005). Planned with `sd` in place of σ, tests of few seeds fall short of their power.

    Parameters
    ----------
    difference, sd, count, level : as for `power_of`
    freedom : int
        ν: seeds that `sd` was estimated from, less 1.
    """
    from scipy.special import gammaincinv

    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    chi_squared = 2 * gammaincinv(freedom / 2, (nodes + 1) / 2)
    deviations = sd * np.sqrt(freedom / chi_squared)
    return float(weights / 2 @ _power(abs(difference) / deviations, count, level))


def seeds_needed(
    difference: float, sd: float, level: float, power: float, freedom: int | None = None
) -> int | None:
    """Return the fewest seeds of each method that find a difference with a given power.

    None where more than 100,000 are needed, where the deviation is not known, or where
    there is no difference.

    Parameters
    ----------
    difference, sd, level : as for `power_of`
    power : float
    freedom : int, optional
        Degrees of freedom of `sd` where it is an estimate; then the expected power is meant.
    """
    if math.isnan(sd) or not difference:
        return None
    if not sd:
        return 2

    def reached(count: int) -> bool:
        if freedom is None:
            return power_of(difference, sd, count, level) >= power
        return expected_power(difference, sd, freedom, count, level) >= power

    low, high = 1, 2
    while not reached(high):
        if high >= MOST_SEEDS:
            return None
        low, high = high, min(2 * high, MOST_SEEDS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
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
