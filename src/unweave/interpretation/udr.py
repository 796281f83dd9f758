"""UDR, unsupervised disentanglement ranking: the agreement of independent runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unweave.errors import RequestError
from unweave.statistics import correlations, ranks


def unsupervised_disentanglement_ranking(
    codes: Sequence[np.ndarray], informative: Sequence[Sequence[int]]
) -> np.ndarray:
    """Return UDR of every run: the median of its similarity to each other run.

    Duan et al. (2020), with Spearman's correlation (their UDR_S). Of two runs whose informative
    dimensions have absolute correlations R_ab, r_a is the largest of a row, r_b of a column:

        UDR = (Σ_b r_b² / Σ_a R_ab  +  Σ_a r_a² / Σ_b R_ab) / (d_a + d_b)

    Parameters
    ----------
    codes : sequence of numpy.ndarray
        Codes of the same rows by each of the R runs, N x K each.
    informative : sequence of sequence of int
        For each run the dimensions that count.

    Returns
    -------
    numpy.ndarray
        R values in [0, 1]. Two runs have similarity 0 if one has no informative dimension.

    Raises
    ------
    RequestError
        If there are fewer than two runs.
    """
    if len(codes) < 2:
        raise RequestError("UDR compares several runs; give at least two")
    ranked = [ranks(each[:, list(which)]) for each, which in zip(codes, informative, strict=True)]
    similarity = np.zeros((len(ranked), len(ranked)))
    for run, one in enumerate(ranked):
        for other in range(run):
            similarity[run, other] = similarity[other, run] = _similarity(one, ranked[other])
    others = ~np.eye(len(ranked), dtype=bool)
    return np.array([np.median(row[keep]) for row, keep in zip(similarity, others, strict=True)])


def _similarity(one: np.ndarray, other: np.ndarray) -> float:
    if not one.shape[1] or not other.shape[1]:
        return 0.0
    table = np.abs(correlations(one, other))
    score = 0.0
    for axis in (0, 1):
        sums = table.sum(axis)
        score += float((table.max(axis) ** 2 / np.where(sums > 0, sums, 1)).sum())
    return score / float(table.shape[0] + table.shape[1])
