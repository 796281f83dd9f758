"""UDR, unsupervised disentanglement ranking: how far independent runs agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from unweave.errors import RequestError
from unweave.interpretation.correlation import correlations


def unsupervised_disentanglement_ranking(
    codes: Sequence[np.ndarray], informative: Sequence[Sequence[int]]
) -> np.ndarray:
    """Return UDR of every run: the median of its likeness with each other run.

    Duan et al. (2020), with Spearman's correlation (their UDR_S). Of two runs with absolute
    correlations R_ab of informative dimensions, r_a the largest of a row and r_b of a column:

        UDR = (Σ_b r_b² / Σ_a R_ab  +  Σ_a r_a² / Σ_b R_ab) / (d_a + d_b)

    Parameters
    ----------
    codes : sequence of numpy.ndarray
        R times N x K, of the same rows.
    informative : sequence of sequence of int
        For each run the dimensions that count.

    Returns
    -------
    numpy.ndarray
        R values in [0, 1]; 0 between runs one of which has no informative dimension.

    Raises
    ------
    RequestError
        If there are fewer than two runs.
    """
    if len(codes) < 2:
        raise RequestError("UDR compares several runs; give two at least")
    ranks = [
        np.asarray(rankdata(each[:, list(which)], axis=0))
        for each, which in zip(codes, informative, strict=True)
    ]
    likeness = np.zeros((len(ranks), len(ranks)))
    for run, one in enumerate(ranks):
        for other in range(run):
            likeness[run, other] = likeness[other, run] = _likeness(one, ranks[other])
    others = ~np.eye(len(ranks), dtype=bool)
    return np.array([np.median(row[keep]) for row, keep in zip(likeness, others, strict=True)])


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    if not one.shape[1] or not other.shape[1]:
        return 0.0
    table = np.abs(correlations(one, other))
    score = 0.0
    for axis in (0, 1):
        sums = table.sum(axis)
        score += float((table.max(axis) ** 2 / np.where(sums > 0, sums, 1)).sum())
    return score / float(table.shape[0] + table.shape[1])
