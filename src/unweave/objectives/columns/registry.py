"""All likelihoods of columns, by their names."""

from __future__ import annotations

from collections.abc import Mapping

from unweave.objectives.columns import (
    bernoulli,
    categorical,
    gaussian,
    negative_binomial,
    ordered_logit,
)
from unweave.objectives.columns.distribution import Distribution

DISTRIBUTIONS: Mapping[str, Distribution] = {
    module.DISTRIBUTION.name: module.DISTRIBUTION
    for module in (gaussian, bernoulli, categorical, ordered_logit, negative_binomial)
}
