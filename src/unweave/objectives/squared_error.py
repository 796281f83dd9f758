"""Squared error of reconstructions, in stated units."""

from __future__ import annotations

import math

import torch

from unweave.objectives.outputs import AttributeOutputs
from unweave.objectives.shapes import check_same_shape
from unweave.objectives.term import Term, Weight


def mean_squared_error(samples: torch.Tensor, decoded: torch.Tensor) -> torch.Tensor:
    """Return the mean of (x − x̂)² over the batch and all values of a sample.

    Song, Koyejo and Zhang (arXiv 1912.11675), equation 2, where it is a sum.

    Parameters
    ----------
    samples, decoded : torch.Tensor
        N x …, of equal shape: images in [0, 1], or rows.

    Returns
    -------
    torch.Tensor
        Scalar, in squared units of the samples.
    """
    check_same_shape(samples=samples, decoded=decoded)
    return (decoded - samples).square().mean()


def _in_stated_units(outputs: AttributeOutputs, error: torch.Tensor) -> torch.Tensor:
    """Return the error in units of the settings ``mse_over`` and ``value_width``."""
    settings = outputs.settings
    count = math.prod(outputs.samples.shape[1:]) if settings.mse_over == "sum" else 1
    scaled: torch.Tensor = count * settings.value_width**2 * error
    return scaled


MSE_WEIGHT = Weight(
    "mse_weight",
    "w",
    "weight of the squared error, in units of mse_over and value_width",
    default=100.0,
)
SQUARED_ERROR = Term(
    name="squared_error",
    symbol="‖x − x̂‖²",
    unit="squared sample units",
    source="Song, Koyejo and Zhang (arXiv 1912.11675), equation 2",
    value=lambda outputs: mean_squared_error(outputs.samples, outputs.decoded),
    weight=MSE_WEIGHT,
    weighed=_in_stated_units,
    used=lambda settings: True,
)
