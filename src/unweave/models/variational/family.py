"""The variational family's record: its terms, its named corners, its defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from unweave.errors import RequestError
from unweave.models.columns import table_columns
from unweave.models.corner import Corner
from unweave.models.defaults import Defaults, kind_of
from unweave.models.family import Family, Labelled
from unweave.models.objective import ObjectiveModel
from unweave.models.variational.model import VariationalModel
from unweave.models.variational.settings import VariationalSettings
from unweave.nets.columns import ColumnLayout
from unweave.nets.convolution import default_channels, image_decoder, image_encoder
from unweave.nets.initial import NETWORKS, start_at_mean, start_at_prior
from unweave.nets.perceptron import discriminator, table_decoder, table_encoder
from unweave.objectives.covariance import DIAGONAL, OFF_DIAGONAL
from unweave.objectives.divergence import KL, informative_dimensions, kl_from_standard_normal
from unweave.objectives.likelihoods import RECONSTRUCTION
from unweave.objectives.targets import Targets
from unweave.objectives.term import Term
from unweave.objectives.total_correlation import DENSITY_RATIO, DISCRIMINATOR, MINIBATCH_WEIGHTED
from unweave.schedules import value_at

CORNERS: dict[str, Corner] = {
    "vae": Corner(
        "the plain variational autoencoder",
        "Kingma and Welling (2014), equation 10",
        {"beta": 1.0},
    ),
    "beta-vae": Corner(
        "a KL divergence weighed more than the fit",
        "Higgins et al. (2017), equation 4",
        {"beta": 4.0},
        strengths=("beta",),
    ),
    "annealed-vae": Corner(
        "a KL divergence held at a capacity that rises",
        "Burgess et al. (2018), equation 8",
        {"beta": 100.0, "capacity": 25.0},
        strengths=("capacity",),
    ),
    "factor-vae": Corner(
        "total correlation penalised by a discriminator's density ratio",
        "Kim and Mnih (2018), equation 2",
        {"total_correlation": "density-ratio"},
        # Two dimensions learn alone: a shape's position takes both, and they are turned to x and y;
        # more of them would bend it. Gamma ends where the paper has it: a large one from the start
        # shuts the dimensions that open late, of shape and orientation (docs/benchmarks.md).
        Defaults(
            tables={"gamma": 10.0},
            small_images={"gamma": 35.0},
            large_images={
                "gamma": "exponential(0.1, 35, 1)",
                "beta": "exponential(300, 1, 0.12)",
                "open_dimensions": "step(2, 10, 0.14)",
                "turning": 0.13,
                "learning_rate": "cosine(0.001, 0.0001, 1)",
                "adversary_learning_rate": 1e-3,
                "discriminator_hidden": (256, 256, 256, 256),
            },
        ),
        strengths=("gamma",),
    ),
    "beta-tcvae": Corner(
        "total correlation penalised by its minibatch-weighted estimate (gamma = beta - 1)",
        "Chen et al. (2018), equation 4",
        {"total_correlation": "minibatch-weighted", "gamma": 5.0},
        strengths=("gamma",),
    ),
    "dip-vae-i": Corner(
        "the covariance of the encoder's means drawn to the identity",
        "Kumar, Sattigeri and Balakrishnan (2018), equation 6",
        {"covariance_of": "mean", "lambda_off_diagonal": 10.0, "lambda_diagonal": 100.0},
        strengths=("lambda_off_diagonal",),
    ),
    "dip-vae-ii": Corner(
        "the covariance of the aggregate posterior drawn to the identity",
        "Kumar, Sattigeri and Balakrishnan (2018), equation 7",
        {"covariance_of": "aggregate", "lambda_off_diagonal": 10.0, "lambda_diagonal": 10.0},
        strengths=("lambda_off_diagonal",),
    ),
    "ada-gvae": Corner(
        "a beta-vae of pairs of samples: what a pair shares is averaged",
        "Locatello et al. (2020), section 4",
        {"beta": 4.0, "pairs": "averaged"},
    ),
    "bf-vae": Corner(
        "KL, capacity, total correlation and covariance in one objective",
        "Lang and Liu (arXiv 2603.11242)",
        {"total_correlation": "density-ratio"},
        # At first beta is too large for any dimension to be informative. As it falls, they
        # open one after the other, the strongest direction first, and come out along single
        # factors even where these are Gaussian (docs/results/factor-analysis.md). A direction
        # opens at the ratio of what it explains to the noise: 0.1 of a number's variance, but
        # about as much as the variance of levels. On tables of levels alone weak directions that
        # start closed were seen to stay so, and beta is 1 throughout (docs/methods/rotation.md).
        Defaults(
            tables={"gamma": 5.0, "beta": "exponential(200, 1, 0.3)"},
            tables_of_levels={"beta": 1.0},
            images={"gamma": 20.0, "beta": "exponential(20, 1, 0.6)"},
            # Small images have fewer nats to win: from 20, nothing of 8 x 8 digits opens at first.
            small_images={"beta": "exponential(3, 1, 0.6)"},
        ),
        strengths=("gamma", "capacity"),
    ),
}

# Chosen so that a default run on two cores ends within 15 minutes (docs/benchmarks.md). A table
# needs a smaller discriminator than the published one.
DEFAULTS = Defaults(
    tables={
        "discriminator_hidden": (128, 128, 128),
        "steps": 6000,
        "batch_size": 256,
        "learning_rate": "cosine(0.003, 0.00001, 1)",
        "adversary_learning_rate": 1e-3,
    },
    images={"batch_size": 64, "network": "tuned"},
    small_images={"steps": 10000},
    large_images={"steps": 6000},
)


def build(
    settings: VariationalSettings,
    shape: Sequence[int],
    population: int,
    encoder: nn.Module | None,
    decoder: nn.Module | None,
    targets: Targets,
    terms: Sequence[Term],
    examples: np.ndarray | None = None,
    layout: ColumnLayout | None = None,
) -> VariationalModel:
    """Return a variational model; see `Family.build`."""
    if settings.turning and not (encoder is None and decoder is None):
        raise RequestError(
            f"turning={settings.turning:g}: turns the first and last layers of the built-in "
            "networks; set it to 0 with networks of your own"
        )
    codes, columns = settings.latent_dim, None
    if kind_of(shape) == "table":
        layers = settings.hidden, settings.activation
        variance = value_at(settings.likelihood_variance, 0, 1)
        learned = settings.column_variance == "learned"
        columns, widths = table_columns(layout, shape[0], variance, learned)
        encoder = encoder or table_encoder(widths.inputs, 2 * codes, *layers)
        decoder = decoder or table_decoder(codes + widths.given, widths.units, *layers)
    elif encoder is None or decoder is None:
        own_encoder, own_decoder = _image_networks(settings, shape, examples)
        encoder, decoder = encoder or own_encoder, decoder or own_decoder
    adversary = None
    if settings.total_correlation == "density-ratio":
        adversary = discriminator(codes, settings.discriminator_hidden)
    return VariationalModel(encoder, decoder, settings, terms, population, adversary, columns)


def _image_networks(
    settings: VariationalSettings, shape: Sequence[int], examples: np.ndarray | None
) -> tuple[nn.Module, nn.Module]:
    """Return encoder and decoder of images, as the setting ``network`` says."""
    codes = settings.latent_dim
    channels = settings.channels or default_channels(*shape[1:])
    network = NETWORKS[settings.network]
    layers = channels, (settings.units,), network.activation
    encoder = image_encoder(shape, 2 * codes, *layers)
    decoder = image_decoder(codes, shape, *layers)
    if network.at_prior:
        start_at_prior(encoder, codes)
    if network.at_mean and examples is not None:
        mean = torch.from_numpy(examples.mean((0, 2, 3)) / 255).float()
        start_at_mean(decoder, mean, settings.likelihood == "bernoulli")
    return encoder, decoder


def complete(
    settings: VariationalSettings,
    shape: Sequence[int],
    examples: np.ndarray,
    layout: ColumnLayout | None = None,
) -> VariationalSettings:
    """Return the settings with an "auto" likelihood replaced, judging by some of the samples.

    Bernoulli for images of one channel of which four pixels in five are black or white within
    2 %, such as silhouettes and pen strokes; Gaussian for other images. For tables a likelihood
    for each column, or Gaussian for those read in the coding "gaussian".

    Raises
    ------
    RequestError
        If the likelihood named does not suit the data.
    """
    if kind_of(shape) == "table":
        return _complete_table(settings, layout)
    if settings.likelihood == "columns" or settings.column_variance == "learned":
        named = (
            "likelihood=columns" if settings.likelihood == "columns" else "column_variance=learned"
        )
        raise RequestError(f"{named}: is for tables, and these are images; leave it out")
    if settings.likelihood != "auto":
        return settings
    extreme = (examples <= 5) | (examples >= 250)
    binary = kind_of(shape) == "images" and examples.shape[1] == 1 and extreme.mean() >= 0.8
    return dataclasses.replace(settings, likelihood="bernoulli" if binary else "gaussian")


def _complete_table(
    settings: VariationalSettings, layout: ColumnLayout | None
) -> VariationalSettings:
    if settings.likelihood == "bernoulli":
        raise RequestError(
            "likelihood=bernoulli: is for images, whose values are in [0, 1]; leave it out, and "
            "two-valued columns have it"
        )
    if settings.likelihood == "gaussian" and layout is not None and not layout.is_plain:
        raise RequestError(
            "likelihood=gaussian: the table has blanks or columns that are no plain numbers; "
            "read it with coding=gaussian, or leave the likelihood out"
        )
    if settings.likelihood != "auto":
        return settings
    return dataclasses.replace(settings, likelihood="gaussian" if layout is None else "columns")


def summary(model: ObjectiveModel, batches: Labelled) -> dict[str, Any]:
    """Return ``kl``, the nats of each dimension, and ``informative``, indices of dimensions."""
    parts, means = [], []
    for samples, _ in batches:
        mean, log_variance = model.posterior(samples)
        parts.append(kl_from_standard_normal(mean.double(), log_variance.double()))
        means.append(mean.double())
    kl = torch.cat(parts).mean(0).tolist()
    variances = torch.cat(means).var(0, correction=0).tolist()
    return {"kl": kl, "informative": informative_dimensions(kl, variances, kept=model.kept)}


VARIATIONAL = Family(
    name="variational",
    title="variational autoencoders",
    options=VariationalSettings,
    terms=(
        RECONSTRUCTION,
        KL,
        OFF_DIAGONAL,
        DIAGONAL,
        MINIBATCH_WEIGHTED,
        DENSITY_RATIO,
        DISCRIMINATOR,
    ),
    corners=CORNERS,
    defaults=DEFAULTS,
    build=build,
    complete=complete,
    summary=summary,
    has_posterior=True,
    has_labels=False,
    needs_pairs=lambda settings: settings.pairs != "none",
)
