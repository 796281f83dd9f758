"""Simplicity: whether the features that a dimension moves are moved by it alone."""

from __future__ import annotations

import numpy as np

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity


def exclusiveness(squares: np.ndarray) -> np.ndarray:
    """Return Σ_j s_jk (s_jk / Σ_l s_jl) / Σ_j s_jk of J x P squared loadings, P.

    The share that a dimension has of what all do to a feature, averaged over the features in
    proportion to what it does to them; 1 if none of them loads on another dimension, 0 if it does
    nothing.
    """
    whole = squares.sum(1, keepdims=True)
    own = squares / np.where(whole > 0, whole, 1)
    mass = squares.sum(0)
    return np.asarray((squares * own).sum(0) / np.where(mass > 0, mass, 1))


def simplicity_of_loadings(observed: Observed) -> np.ndarray:
    """Return the exclusiveness of the mean squared derivatives at real codes, P.

    For a linear decoder these are squared loadings.
    """
    return exclusiveness((observed.effects**2).mean(0))


QUANTITY = Quantity(
    name="simplicity",
    title="simplicity of loadings",
    source="after Kaiser (1974)",
    supporting="the features it moves are its own",
    lacking="it shares its features with other dimensions",
    function=simplicity_of_loadings,
)
