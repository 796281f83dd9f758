"""Decorrelation of the soft target and the latent values, by the measure the settings name."""

from __future__ import annotations

import math

import torch

from unweave.objectives.cross_covariance import cross_covariance_penalty
from unweave.objectives.distance_covariance import (
    bias_corrected_distance_correlation,
    squared_distance_covariance,
    unbiased_squared_distance_covariance,
)
from unweave.objectives.outputs import AttributeOutputs
from unweave.objectives.precision import autocast_kind
from unweave.objectives.targets import has_targets
from unweave.objectives.term import Term, Weight

_FEWEST_ROWS = 4  # that an unbiased distance covariance can be taken of
_LEAST_DEVIATION = 0.05  # of an element when it is scaled: a very rare attribute stays small


def _decorrelation(outputs: AttributeOutputs) -> torch.Tensor:
    settings, soft, latent = outputs.settings, outputs.soft, outputs.latent
    if len(soft) < _FEWEST_ROWS:
        return latent.new_zeros(())
    if settings.target_gradient != "all":
        soft = soft.detach()
    if settings.normalise_target:
        # A rare attribute varies little and would hardly count; many attributes count as one.
        deviation = soft.detach().std(0).clamp_min(_LEAST_DEVIATION)
        soft = soft / (deviation * math.sqrt(soft.shape[1]))
    # Differences of products would lose their digits in half precision.
    with torch.autocast(autocast_kind(latent), enabled=False):
        if settings.decorrelation == "cross-covariance":
            return cross_covariance_penalty(soft, latent)
        if settings.distance_estimate == "unbiased":
            return unbiased_squared_distance_covariance(soft, latent)
        return squared_distance_covariance(soft, latent)


def _distance_correlation(outputs: AttributeOutputs) -> torch.Tensor:
    if len(outputs.soft) < _FEWEST_ROWS:
        return outputs.latent.new_zeros(())
    return bias_corrected_distance_correlation(outputs.soft, outputs.latent)


GAMMA = Weight("gamma", "γ", "weight of the decorrelation")
DISTANCE_CORRELATION = Term(
    name="distance_correlation",
    symbol="R*(ŷ, z)",
    unit="",
    source="Székely and Rizzo (2014), proposition 1",
    value=_distance_correlation,
    used=has_targets,
    watched=True,
)
DECORRELATION = Term(
    name="decorrelation",
    symbol="L_dec(ŷ, z)",
    unit="covariance measure",
    source="Song, Koyejo and Zhang (arXiv 1912.11675), equations 14 and 15",
    value=_decorrelation,
    weight=GAMMA,
    used=lambda settings: has_targets(settings) and settings.decorrelation != "none",
)
