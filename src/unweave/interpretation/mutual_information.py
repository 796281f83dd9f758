"""Mutual information between the dimensions of two sets of codes, by their ranks."""

from __future__ import annotations

import numpy as np

from unweave.statistics import bins_of_equal_count, entropy

BINS = 20
MOST_ROWS = 10_000


def mutual_information(left: np.ndarray, right: np.ndarray, bins: int | None = None) -> np.ndarray:
    """Return I(left_i; right_j) in nats, between equally filled bins of ranks.

    The plug-in estimate minus its bias (B − 1)² / 2N (Miller and Madow), at least 0. By ranks, no
    monotone change of a dimension matters, such as one of sign or scale.

    Parameters
    ----------
    left, right : numpy.ndarray
        N x K and N x L, of paired rows. Of more than 10,000 rows, evenly spaced ones are taken.
    bins : int, optional
        The number B of bins; unless given 20, or fewer if a cell would hold fewer than 5 rows.

    Returns
    -------
    numpy.ndarray
        K x L; 0 where a column is constant.
    """
    if len(left) != len(right):
        raise ValueError(f"{len(left)} rows are paired with {len(right)}")
    step = -(-len(left) // MOST_ROWS)
    left, right = left[::step], right[::step]
    count = len(left)
    bins = bins or int(np.clip(np.sqrt(count / 5), 2, BINS))
    both = [bins_of_equal_count(values, bins) for values in (left, right)]
    found = np.zeros((left.shape[1], right.shape[1]))
    for i, one in enumerate(both[0].T):
        for j, other in enumerate(both[1].T):
            if one.max() and other.max():
                found[i, j] = _information(one, other, bins)
    return found


def _information(one: np.ndarray, other: np.ndarray, bins: int) -> float:
    joint = np.bincount(one * bins + other, minlength=bins * bins).reshape(bins, bins)
    shares = joint / len(one)
    parts = [each[each > 0] for each in (shares.sum(1), shares.sum(0), shares.ravel())]
    rows, columns, cells = map(entropy, parts)
    bias = (len(parts[0]) - 1) * (len(parts[1]) - 1) / (2 * len(one))
    return float(max(rows + columns - cells - bias, 0.0))
