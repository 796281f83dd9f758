"""Whether FVH-LT and DBSR-LS name the same leading dimension for a feature, and if not, why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.statistics import correlations, finite_or_none, rank_correlation

LEAST = 0.02  # of a feature's variance that both readings together must account for
CLOSE = 0.8  # second best, beside the best
CURVED = 0.5
CORRELATED = 0.3


@dataclass(frozen=True)
class Disagreement:
    """A feature whose leading dimension differs between the two readings.

    Attributes
    ----------
    feature : str
    fvh_lt, dbsr_ls : int
        The leading dimension of each.
    reason : str
        What sets them apart, of what was looked for.
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
    """How far two association tables name the same leading dimensions.

    Attributes
    ----------
    share : float
        Of the features that either reading sees move, those with one leading dimension in
        both; NaN where there is no such feature.
    features : int
        Their number.
    rank_correlation : float
        Spearman's, of all entries of informative columns; NaN where either is constant.
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
    """Compare FVH-LT's and DBSR-LS's tables feature by feature.

    A linear regression does not see a dimension that bends a feature up on both sides; it sees
    one that is correlated with the dimension that moves the feature. Where neither is the
    case, two dimensions may simply matter alike.

    Parameters
    ----------
    variance, regression : numpy.ndarray
        V and |Θ|, J x K.
    linearity : numpy.ndarray
        J x K, of `FeatureVariance`.
    codes : numpy.ndarray
        N x K.
    features : sequence of str
        J names.
    informative : sequence of int
    """
    columns = np.array(informative, dtype=int)
    if not len(columns):
        return Agreement(float("nan"), 0, float("nan"), ())
    left, right = variance[:, columns], regression[:, columns]
    # |Θ| is a correlation where the codes are independent: squared it is a share of variance.
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
