"""Recovery of known factors by the informative dimensions of a latent space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unweave.statistics import correlations

MATCHED = 0.9


@dataclass(frozen=True)
class Recovery:
    """How latent dimensions and true factors correspond.

    Attributes
    ----------
    dimensions : tuple of int
        For each factor, the flagged dimension that matches it best; -1 where none is flagged.
    correlations : tuple of float
        For each factor, the absolute correlation with that dimension.
    fdr : float
        False discovery rate: the share of flagged dimensions that match no factor; 0 where none
        is flagged.
    power : float
        The share of the true factors that are found.
    """

    dimensions: tuple[int, ...]
    correlations: tuple[float, ...]
    fdr: float
    power: float


def factor_recovery(
    codes: np.ndarray, factors: np.ndarray, flagged: Sequence[int], matched: float = MATCHED
) -> Recovery:
    """Match flagged dimensions with continuous true factors.

    A flagged dimension is a true discovery if it is a factor's best match with an absolute
    correlation of at least `matched`; every other flagged dimension is a false one.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    factors : numpy.ndarray
        N x F, continuous.
    flagged : sequence of int
        The dimensions that are taken to be informative.
    matched : float
        The least absolute correlation of a match.

    Returns
    -------
    Recovery
    """
    if len(codes) != len(factors):
        raise ValueError(f"{len(codes)} codes but {len(factors)} rows of factors")
    count = factors.shape[1]
    if not flagged:
        return Recovery((-1,) * count, (0.0,) * count, 0.0, 0.0)
    correlation = np.abs(correlations(codes[:, list(flagged)], factors))
    best = correlation.argmax(0)
    strengths = correlation.max(0)
    found = strengths >= matched
    # Two factors may share their best dimension; it is one discovery then.
    true = len(set(best[found]))
    return Recovery(
        tuple(int(flagged[index]) for index in best),
        tuple(float(value) for value in strengths),
        (len(flagged) - true) / len(flagged),
        float(found.sum()) / count,
    )
