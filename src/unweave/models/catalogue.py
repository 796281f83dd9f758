"""The named models: every one a row of settings over its family's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from unweave.errors import pick

Kind = Literal["images", "table"]


@dataclass(frozen=True)
class Corner:
    """A named model.

    Attributes
    ----------
    summary, source : str
        One line, and the paper with its equation.
    settings : mapping
        What sets it apart from the family's defaults, on any data.
    table, images : mapping
        What it sets besides, on tables and on images.
    """

    summary: str
    source: str
    settings: Mapping[str, Any]
    table: Mapping[str, Any] = field(default_factory=dict)
    images: Mapping[str, Any] = field(default_factory=dict)

    def settings_for(self, kind: Kind) -> dict[str, Any]:
        """Return this corner's settings on one kind of data."""
        return {**self.settings, **(self.table if kind == "table" else self.images)}


VARIATIONAL: dict[str, Corner] = {
    "vae": Corner(
        "the plain variational autoencoder",
        "Kingma and Welling (2014), equation 10",
        {"beta": 1.0},
    ),
    "beta-vae": Corner(
        "a KL divergence weighed more than the fit",
        "Higgins et al. (2017), equation 4",
        {"beta": 4.0},
    ),
    "annealed-vae": Corner(
        "a KL divergence held at a capacity that rises",
        "Burgess et al. (2018), equation 8",
        {"beta": 100.0, "capacity": 25.0},
    ),
    "factor-vae": Corner(
        "total correlation penalised by a discriminator's density ratio",
        "Kim and Mnih (2018), equation 2",
        {"total_correlation": "density-ratio"},
        table={"gamma": 10.0},
        images={"gamma": 35.0},
    ),
    "beta-tcvae": Corner(
        "total correlation penalised by its minibatch-weighted estimate (gamma = beta - 1)",
        "Chen et al. (2018), equation 4",
        {"total_correlation": "minibatch-weighted", "gamma": 5.0},
    ),
    "dip-vae-i": Corner(
        "the covariance of the encoder's means drawn to the identity",
        "Kumar, Sattigeri and Balakrishnan (2018), equation 6",
        {"covariance_of": "mean", "lambda_off_diagonal": 10.0, "lambda_diagonal": 100.0},
    ),
    "dip-vae-ii": Corner(
        "the covariance of the aggregate posterior drawn to the identity",
        "Kumar, Sattigeri and Balakrishnan (2018), equation 7",
        {"covariance_of": "aggregate", "lambda_off_diagonal": 10.0, "lambda_diagonal": 10.0},
    ),
    "bf-vae": Corner(
        "KL, capacity, total correlation and covariance in one objective",
        "Lang and Liu (arXiv 2603.11242)",
        {"total_correlation": "density-ratio"},
        # A KL that starts too dear for any dimension and cheapens lets them in one after
        # the other, the strongest direction first: they come out along single factors
        # even where these are Gaussian (docs/results/factor-analysis.md).
        table={"gamma": 5.0, "beta": "exponential(200, 1, 0.3)"},
        images={"gamma": 20.0, "beta": "exponential(20, 1, 0.6)"},
    ),
}

# Smaller than the published discriminator of images, which a table does not need.
FAMILY_DEFAULTS: dict[Kind, dict[str, Any]] = {
    "table": {"discriminator_hidden": (128, 128, 128)},
    "images": {},
}

# How much these weigh is a compromise (docs/results/faces.md). The decorrelation sets in over
# the first third: from the start it slows down the reconstruction.
_DCOV, _XCOV = "linear(0, 63, 0.3)", "linear(0, 6, 0.3)"
_STRUCTURE = 15.0

ATTRIBUTE: dict[str, Corner] = {
    "ae": Corner(
        "a plain autoencoder, for its reconstructions to be compared with",
        "Song, Koyejo and Zhang (arXiv 1912.11675), Table 1",
        {"decoder_input": "nothing", "beta": 0.0},
    ),
    "dis-ae": Corner(
        "an autoencoder whose decoder is told the label",
        "Song, Koyejo and Zhang (arXiv 1912.11675), equation 1",
        {"decoder_input": "label"},
    ),
    "dis-ae-xcov": Corner(
        "the same, label and latent values uncorrelated",
        "Cheung et al. (2015), equation 5",
        {"decoder_input": "label", "decorrelation": "cross-covariance", "gamma": _XCOV},
    ),
    "mdd-ae-xcov": Corner(
        "edits by degree: a soft target, uncorrelated with the latent values",
        "Song, Koyejo and Zhang (arXiv 1912.11675), equations 1 and 15",
        {"decorrelation": "cross-covariance", "gamma": _XCOV},
        images={"alpha": _STRUCTURE},
    ),
    "mdd-ae-dcov": Corner(
        "edits by degree: a soft target, independent of the latent values by distance covariance",
        "Song, Koyejo and Zhang (arXiv 1912.11675), equations 1 and 14",
        {"decorrelation": "distance-covariance", "gamma": _DCOV},
        images={"alpha": _STRUCTURE},
    ),
}

MODELS: dict[str, Corner] = VARIATIONAL | ATTRIBUTE


def corner(name: str) -> Corner:
    """Return the named model's row.

    Raises
    ------
    RequestError
        If there is none of that name; suggests the nearest.
    """
    return MODELS[pick(name, MODELS, "model")]
