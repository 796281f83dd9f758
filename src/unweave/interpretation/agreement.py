"""Agreement of FVH-LT and DBSR-LS on the leading dimension of each feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.statistics import correlations, finite_or_none, rank_correlation

LEAST = 0.02  # share of a feature's variance below which neither reading sees it move
CLOSE = 0.8  # ratio of two entries from which they are nearly tied
CURVED = 0.5  # linear share of an effect below which it is curved
CORRELATED = 0.3


@dataclass(frozen=True)
class Disagreement:
    """A feature whose leading dimension differs between the two readings.

    Attributes
    ----------
    feature : str
    fvh_lt, dbsr_ls : int
        The leading dimension in each reading.
    reason : str
        The likely cause, or that none of the known causes applies.
    """

    feature: str
    fvh_lt: int
    dbsr_ls: int
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return all of it."""
        return vars(self)


@dataclass(frozen=True)
class Agreement:
    """How often two association tables have the same leading dimension for a feature.

    Attributes
    ----------
    share : float
        Share of the features that either reading sees move whose leading dimension is the same
        in both; NaN without such features.
    features : int
        The number of these features.
    rank_correlation : float
        Spearman's correlation of all entries of informative columns; NaN if either is constant.
    disagreements : tuple of Disagreement
    """

    share: float
    features: int
    rank_correlation: float
    disagreements: tuple[Disagreement, ...]

    def to_json(self) -> dict[str, Any]:
        """Return all of it; NaN becomes None."""
        document: dict[str, Any] = finite_or_none(
            {**vars(self), "disagreements": [each.to_json() for each in self.disagreements]}
        )
        return document


def agreement_of(
    variance: np.ndarray,
    regression: np.ndarray,
    linearity: np.ndarray,
    codes: np.ndarray,
    features: Sequence[str],
    informative: Sequence[int],
) -> Agreement:
    """Compare the tables of FVH-LT and DBSR-LS feature by feature.

    A linear regression misses a dimension that raises a feature at both of its ends, and finds
    one that merely correlates with the dimension that moves the feature. Where neither is the
    case, two dimensions may simply matter about equally.

    Parameters
    ----------
    variance, regression : numpy.ndarray
        V of FVH-LT and |Θ| of DBSR-LS, J x K.
    linearity : numpy.ndarray
        `FeatureVariance.linearity`, J x K.
    codes : numpy.ndarray
        N x K.
    features : sequence of str
        J names.
    informative : sequence of int
        The columns that are compared.
    """
    columns = np.array(informative, dtype=int)
    if not len(columns):
        return Agreement(float("nan"), 0, float("nan"), ())
    left, right = variance[:, columns], regression[:, columns]
    # For independent codes |Θ| is a correlation: its square is a share of variance.
    seen = np.flatnonzero(np.maximum(left.max(1), right.max(1) ** 2) >= LEAST)
    first, second = left[seen].argmax(1), right[seen].argmax(1)
    correlation = np.abs(correlations(codes[:, columns], codes[:, columns]))
    found = []
    for j, a, b in zip(seen, first, second, strict=True):
        if a != b:
            among = left[j], right[j], linearity[j, columns], correlation
            reason = _reason(*among, a, b, [f"z{k}" for k in columns])
            found.append(Disagreement(features[int(j)], int(columns[a]), int(columns[b]), reason))
    share = float((first == second).mean()) if len(seen) else float("nan")
    return Agreement(share, len(seen), rank_correlation(left.ravel(), right.ravel()), tuple(found))


def _reason(
    variance: np.ndarray,
    regression: np.ndarray,
    linearity: np.ndarray,
    correlation: np.ndarray,
    first: int,
    second: int,
    names: Sequence[str],
) -> str:
    if regression[second] == 0:
        return "no linear effect at all"
    if linearity[first] < CURVED:
        return f"curved: {linearity[first]:.0%} of what {names[first]} does is linear"
    if variance[second] >= CLOSE * variance[first] or (
        regression[first] >= CLOSE * regression[second]
    ):
        return "nearly tied: one reading has both dimensions alike"
    if correlation[first, second] >= CORRELATED:
        return f"{names[first]} and {names[second]} correlate ({correlation[first, second]:.2f})"
    return "unexplained: what the decoder does and how the data goes differ"
