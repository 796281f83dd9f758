"""Replication: how many dimensions of a run are found again by runs of other seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unweave.errors import RequestError
from unweave.statistics import correlations, ranks


def replicated_dimensions(
    codes: Sequence[np.ndarray], informative: Sequence[Sequence[int]]
) -> float:
    """Return the number of dimensions that two runs share, averaged over all pairs of runs.

    Σ_k r²(z_k, z'_π(k)) over the one-to-one matching π of informative dimensions with the largest
    sum, r being Spearman's correlation: the variance of ranks that a dimension of one run has in
    common with its own counterpart in the other. Unlike a mean over dimensions (UDR), it grows with
    each dimension that is found again, and dimensions that are not neither raise nor lower it.

    Parameters
    ----------
    codes : sequence of numpy.ndarray
        Codes of the same rows by each of the R runs, N x K each.
    informative : sequence of sequence of int
        For each run the dimensions that count.

    Raises
    ------
    RequestError
        If there are fewer than two runs.
    """
    from scipy.optimize import linear_sum_assignment

    if len(codes) < 2:
        raise RequestError("replication compares several runs; give at least two")
    ranked = [ranks(each[:, list(which)]) for each, which in zip(codes, informative, strict=True)]
    shared = []
    for run, one in enumerate(ranked):
        for other in ranked[:run]:
            squares = correlations(one, other) ** 2
            shared.append(squares[linear_sum_assignment(squares, maximize=True)].sum())
    return float(np.mean(shared))
