"""The rule by which settings are ranked without labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unweave.studies.criteria import Criteria

NEAR = 0.05
RULE = (
    "Of the settings whose number of dimensions that can be believed is within 5 % of the most, "
    "the one of the highest held-out log-likelihood."
)


def near_the_most(found: Sequence[Criteria]) -> list[bool]:
    """Return which settings have nearly as many believable dimensions as the best one."""
    believed = np.array([each.believed for each in found])
    return [bool(each) for each in believed >= (1 - NEAR) * believed.max(initial=0.0)]


def ranked(found: Sequence[Criteria]) -> list[int]:
    """Return the places of settings from the best to the worst, by `RULE`.

    The rule is applied again and again to those that are left: the best one, then the best one
    of the others. Only the order of likelihoods matters, and numbers of dimensions are compared by
    their ratio, so that neither needs a scale.
    """
    left, order = list(range(len(found))), []
    while left:
        near = near_the_most([found[place] for place in left])
        standing = [place for place, is_near in zip(left, near, strict=True) if is_near]
        best = max(standing, key=lambda place: found[place].nats)
        order.append(best)
        left.remove(best)
    return order
