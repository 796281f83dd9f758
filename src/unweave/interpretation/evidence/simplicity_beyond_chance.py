"""Simplicity beyond chance: whether loadings are simpler than random ones that were turned."""

from __future__ import annotations

import contextlib

import numpy as np

from unweave.errors import RequestError
from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity
from unweave.interpretation.evidence.simplicity import exclusiveness
from unweave.interpretation.factor_rotation import varimax

DRAWS = 20
MOST = 5.0  # deviations; farther from chance than this is not told apart


def simplicity_beyond_chance(observed: Observed) -> np.ndarray:
    """Return how far the simplicity of the pattern loadings is from that of random ones, P."""
    return beyond_chance(observed.loadings, observed.seed)


def beyond_chance(loadings: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the `exclusiveness` of J x P loadings in deviations from that of random ones, P.

    Random loadings have any direction, the communalities of the given ones, and are turned by
    varimax as well, which makes the best of an accident. What varimax finds in features that load
    on all factors at random is no simpler than that, however well seeds and rows agree on it.
    Values are at most 5 in size; where nothing can be turned, 5 for a single dimension, and 0 if
    there are fewer features than dimensions.
    """
    features, count = loadings.shape
    if count < 2 or features < count:
        return np.full(count, MOST if count == 1 else 0.0)
    generator = np.random.default_rng(seed)
    lengths = np.linalg.norm(loadings, axis=1, keepdims=True)
    chance = []
    for _ in range(DRAWS):
        random = generator.standard_normal((features, count))
        random *= lengths / np.linalg.norm(random, axis=1, keepdims=True)
        with contextlib.suppress(RequestError):  # A turn that does not converge.
            chance.append(exclusiveness(varimax(random, seed=seed, starts=1).loadings ** 2))
    if not chance:
        return np.zeros(count)
    spread = max(float(np.std(chance)), 1e-6)
    found = exclusiveness(loadings**2) - np.mean(chance)
    return np.asarray((found / spread).clip(-MOST, MOST))


QUANTITY = Quantity(
    name="simplicity_beyond_chance",
    title="simplicity of loadings beyond chance",
    source="random loadings turned by Kaiser's (1958) varimax",
    supporting="its loadings are simpler than random ones that were turned",
    lacking="its loadings are hardly simpler than random ones that were turned",
    function=simplicity_beyond_chance,
)
