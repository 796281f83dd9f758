"""Pearson's correlation of columns, where a constant correlates with nothing."""

from __future__ import annotations

import numpy as np


def correlations(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the correlations of all columns of two tables of paired rows, K x L.

    0 where a column is constant. Of ranks they are Spearman's.
    """
    one, other = map(_unit_columns, (left, right))
    return np.asarray(one.T @ other)


def _unit_columns(values: np.ndarray) -> np.ndarray:
    centred = values.astype(np.float64) - values.mean(0, dtype=np.float64)
    norms = np.sqrt((centred**2).sum(0))
    return np.asarray(centred / np.where(norms > 0, norms, 1.0))
