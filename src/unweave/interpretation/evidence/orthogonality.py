"""Orthogonality of the decoder's Jacobian at real codes."""

from __future__ import annotations

import numpy as np

from unweave.interpretation.evidence.observed import Observed
from unweave.interpretation.evidence.quantity import Quantity


def jacobian_orthogonality(observed: Observed) -> np.ndarray:
    """Return 1 − the largest |cosine| with another column of the Jacobian, P.

    The mean over real codes, weighed by the length of the dimension's own column.
    """
    effects = observed.effects
    lengths = np.linalg.norm(effects, axis=1)
    unit = effects / np.where(lengths > 0, lengths, 1)[:, None]
    cosines = np.abs(np.einsum("mjk,mjl->mkl", unit, unit))
    cosines[:, range(observed.count), range(observed.count)] = 0
    weights = lengths.sum(0)
    mean = (lengths * cosines.max(2)).sum(0) / np.where(weights > 0, weights, 1)
    return np.asarray(np.where(weights > 0, 1 - mean, 0))


QUANTITY = Quantity(
    name="jacobian_orthogonality",
    title="orthogonality of the decoder's Jacobian",
    source="Rolínek, Zietlow and Martius (2019)",
    supporting="it moves the features in a direction of its own",
    lacking="it moves features as another dimension does",
    function=jacobian_orthogonality,
)
