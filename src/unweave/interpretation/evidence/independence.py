"""Independence: whether independent components of resampled rows point to the axis."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import linear_sum_assignment

from unweave.errors import RequestError
from unweave.independent_components import halves_components, matched
from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity
from unweave.statistics import correlations

_RANDOM_TURNS = 200


def independence(observed: Observed) -> np.ndarray:
    """Return 1 − w_k (1 − r_k), P: how far components that are found for sure lie elsewhere.

    r_k is the largest correlation with a FastICA component, the mean of both halves of the rows,
    and w_k how sure the components are that the dimension consists of: Σ_c o_kc² a_c / Σ_c o_kc²,
    with o_kc its correlation with component c of one half, and a_c that component's with its match
    in the other half, counted from the median of random turns, 0, to 1. Every turn of Gaussian
    factors is as independent as any other: there the halves disagree, and say nothing.
    """
    if observed.count < 2:
        return np.ones(observed.count)
    # In an order of their own: tables are often sorted.
    codes = np.random.default_rng(observed.seed).permutation(observed.codes)
    try:
        found = halves_components(codes, observed.seed)
    except RequestError:  # Codes that depend on each other have no components of their own.
        return np.ones(observed.count)
    overlaps = [np.abs(correlations(codes, each)) for each in found]
    nearest = np.mean([each.max(1) for each in overlaps], axis=0)
    between, places = matched(*found)
    chance = random_overlap(observed.count)
    sure = ((between - chance) / (1 - chance)).clip(0, 1)
    weights = np.mean([_share(overlaps[half], sure, places[half]) for half in (0, 1)], axis=0)
    return np.asarray(1 - weights * (1 - nearest))


def _share(overlap: np.ndarray, sure: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the mean of `sure` over the components at `places`, by their squared overlap, P."""
    squares = overlap[:, places] ** 2
    return np.asarray(squares @ sure / squares.sum(1).clip(1e-12))


@cache
def random_overlap(count: int) -> float:
    """Return the median |cosine| of matched axes of two random orthonormal bases of `count`."""
    generator = np.random.default_rng(0)
    found = []
    for _ in range(_RANDOM_TURNS):
        overlap = np.abs(np.linalg.qr(generator.standard_normal((count, count)))[0])
        found.append(overlap[linear_sum_assignment(-overlap)])
    return float(np.median(found))


QUANTITY = Quantity(
    name="independence",
    title="agreement with independent components",
    source="FastICA of Hyvärinen (1999) on halves of the rows",
    supporting="no independent component that is found for sure lies elsewhere",
    lacking="independent components lie elsewhere",
    function=independence,
)
