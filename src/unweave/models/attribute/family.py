"""The attribute family's record: its terms, its named corners, its defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from unweave.data import UNKNOWN
from unweave.models.attribute.model import AttributeModel
from unweave.models.attribute.settings import AttributeSettings
from unweave.models.columns import table_columns
from unweave.models.corner import Corner
from unweave.models.defaults import Defaults, kind_of
from unweave.models.family import Family, Labelled
from unweave.nets.columns import ColumnLayout
from unweave.nets.convolution import doubling_channels, image_decoder, image_encoder, leaky_relu
from unweave.nets.initial import start_at_mean
from unweave.nets.perceptron import table_decoder, table_encoder
from unweave.objectives.decorrelation import DECORRELATION, DISTANCE_CORRELATION
from unweave.objectives.squared_error import SQUARED_ERROR
from unweave.objectives.structural_similarity import STRUCTURAL_DISSIMILARITY
from unweave.objectives.targets import ACCURACY, DISCRIMINATIVE, Targets, has_targets
from unweave.objectives.term import Term

# These weights are a compromise (docs/results/faces.md). The decorrelation sets in over the
# first third of the steps: in full from the start it slows down the reconstruction.
_DCOV, _XCOV = "linear(0, 63, 0.3)", "linear(0, 6, 0.3)"
# Strokes fill few pixels, so the squared error is small beside the decorrelation.
_DCOV_SMALL = "linear(0, 126, 0.3)"
_PAPER_GAMMA = {"gamma": 5.0}
_EDITED_BY_DEGREE = {"alpha": 15.0}

CORNERS: dict[str, Corner] = {
    "ae": Corner(
        "a plain autoencoder, to compare reconstructions with",
        "Song, Koyejo and Zhang (arXiv 1912.11675), Table 1",
        {"decoder_input": "nothing", "beta": 0.0},
    ),
    "dis-ae": Corner(
        "an autoencoder whose decoder is given the label",
        "Song, Koyejo and Zhang (arXiv 1912.11675), equation 1",
        {"decoder_input": "label"},
        # The paper's figure 3: without decorrelation, styles need a narrow code.
        Defaults(paper_small_images={"latent_dim": 2}),
    ),
    "dis-ae-xcov": Corner(
        "the same, with label and latent values uncorrelated",
        "Cheung et al. (2015), equation 5",
        {"decoder_input": "label", "decorrelation": "cross-covariance", "gamma": _XCOV},
        Defaults(paper=_PAPER_GAMMA),
    ),
    "mdd-ae-xcov": Corner(
        "edits by degree: a soft target, uncorrelated with the latent values",
        "Song, Koyejo and Zhang (arXiv 1912.11675), equations 1 and 15",
        {"decorrelation": "cross-covariance", "gamma": _XCOV},
        Defaults(
            large_images=_EDITED_BY_DEGREE,
            paper=_PAPER_GAMMA,
            paper_large_images={"alpha": 1.0},
        ),
    ),
    "mdd-ae-dcov": Corner(
        "edits by degree: a soft target, independent of the latent values by distance covariance",
        "Song, Koyejo and Zhang (arXiv 1912.11675), equations 1 and 14",
        {"decorrelation": "distance-covariance", "gamma": _DCOV},
        Defaults(
            small_images={"gamma": _DCOV_SMALL},
            large_images=_EDITED_BY_DEGREE,
            paper=_PAPER_GAMMA,
            paper_large_images={"alpha": 1.0},
        ),
    ),
}

# Chosen so that a default run on two cores ends within 15 minutes (docs/benchmarks.md). The
# form `paper` has the paper's weights and the published networks of its follow-up, with values
# in [0, 1] for digits and in [-1, 1] for faces.
DEFAULTS = Defaults(
    tables={
        "latent_dim": 10,
        "steps": 6000,
        "batch_size": 256,
        "learning_rate": "cosine(0.003, 0.00001, 1)",
    },
    images={"learning_rate": "cosine(0.002, 0.00002, 1)", "batch_size": 128},
    small_images={"latent_dim": 8, "steps": 4000},
    large_images={"steps": 2000},
    paper={
        "form": "paper",
        "mse_weight": 1.0,
        "mse_over": "sum",
        "alpha": 0.0,
        "beta": 1.0,
        "labels_over": "mean",
        "normalise": False,
        "normalise_target": False,
        "target_gradient": "all",
        "distance_estimate": "v-statistic",
        "learning_rate": 1e-4,
        "adam_beta1": 0.5,
    },
    paper_small_images={
        "channels": (32, 64),
        "units": (1000,),
        "latent_dim": 16,
        "batch_size": 100,
        "steps": 10000,
    },
    paper_large_images={
        "channels": (64, 128, 256),
        "units": (4000, 2000),
        "latent_dim": 1000,
        "value_width": 2.0,
        "batch_size": 128,
        "steps": 2000,
    },
)


def build(
    settings: AttributeSettings,
    shape: Sequence[int],
    population: int,
    encoder: nn.Module | None,
    decoder: nn.Module | None,
    targets: Targets,
    terms: Sequence[Term],
    examples: np.ndarray | None = None,
    layout: ColumnLayout | None = None,
) -> AttributeModel:
    """Return an attribute model; see `Family.build`."""
    codes = len(targets) + settings.latent_dim
    images = kind_of(shape) == "images"
    columns = None
    if not images:
        columns, widths = table_columns(layout, shape[0])
        encoder = encoder or table_encoder(widths.inputs, codes, settings.hidden)
        decoder = decoder or table_decoder(codes + widths.given, widths.units, settings.hidden)
    elif encoder is None or decoder is None:
        channels = settings.channels or doubling_channels(*shape[1:])
        networks: tuple[Any, ...] = channels, settings.units, leaky_relu, True
        encoder = encoder or image_encoder(shape, codes, *networks)
        if decoder is None:
            decoder = image_decoder(codes, shape, *networks)
            if examples is not None and settings.form == "tuned":
                mean = torch.from_numpy(examples.mean((0, 2, 3)) / 255).float()
                start_at_mean(decoder, mean, logits=True)
    return AttributeModel(encoder, decoder, settings, terms, targets, images, columns)


def complete(
    settings: AttributeSettings,
    shape: Sequence[int],
    examples: np.ndarray,
    layout: ColumnLayout | None = None,
) -> AttributeSettings:
    """Return the settings without the structural dissimilarity, which is for images only."""
    if kind_of(shape) == "images":
        return settings
    return dataclasses.replace(settings, alpha=0.0)  # type: ignore[call-arg]


def summary(model: AttributeModel, batches: Labelled) -> dict[str, Any]:
    """Return ``accuracy``: the share of known labels that ŷ, made discrete, gets right.

    Empty if the model does not learn from labels, or if no label is known.
    """
    if not model.learns_from_labels:
        return {}
    soft, labels = [], []
    for samples, known in batches:
        if known is None:
            return {}
        soft.append(model.soft_targets(samples).cpu())
        labels.append(known.cpu())
    known_labels = torch.cat(labels)
    if (known_labels == UNKNOWN).all():
        return {}
    return {"accuracy": model.targets.accuracy(torch.cat(soft), known_labels).item()}


ATTRIBUTE = Family(
    name="attribute",
    title="attribute autoencoders",
    options=AttributeSettings,
    terms=(
        SQUARED_ERROR,
        STRUCTURAL_DISSIMILARITY,
        DISCRIMINATIVE,
        ACCURACY,
        DISTANCE_CORRELATION,
        DECORRELATION,
    ),
    corners=CORNERS,
    defaults=DEFAULTS,
    build=build,
    complete=complete,
    summary=summary,
    has_posterior=False,
    has_labels=True,
    needs_labels=has_targets,
    forms=("tuned", "paper"),
)
