"""From settings and the shape of a sample to a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import nn

from unweave.models.catalogue import FAMILY_DEFAULTS, Kind, corner
from unweave.models.variational import VariationalModel
from unweave.models.variational_settings import VariationalSettings
from unweave.nets.convolution import default_channels, image_decoder, image_encoder
from unweave.nets.perceptron import discriminator, table_decoder, table_encoder


def model_settings(name: str, kind: Kind, changes: dict[str, Any]) -> VariationalSettings:
    """Return a named model's settings on one kind of data, with the user's `changes`."""
    defaults = {**FAMILY_DEFAULTS[kind], **corner(name).settings_for(kind)}
    return VariationalSettings(**VariationalSettings.read({**defaults, **changes}))


def decide_likelihood(
    settings: VariationalSettings, kind: Kind, examples: np.ndarray
) -> VariationalSettings:
    """Return the settings with an "auto" likelihood decided from some of the samples.

    Bernoulli where four pixels in five are (within 2 %) black or white, as in
    silhouettes and in pen strokes; Gaussian for other pictures and for tables.
    """
    if settings.likelihood != "auto":
        return settings
    extreme = (examples <= 5) | (examples >= 250)
    binary = kind == "images" and examples.shape[1] == 1 and extreme.mean() >= 0.8
    return dataclasses.replace(settings, likelihood="bernoulli" if binary else "gaussian")


def build_model(
    settings: VariationalSettings,
    shape: Sequence[int],
    population: int,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
) -> VariationalModel:
    """Return the model for samples of `shape`, with freshly initialised networks.

    Parameters
    ----------
    settings : VariationalSettings
    shape : sequence of int
        (C, H, W) of an image or (J,) of a row.
    population : int
        Number of training samples.
    encoder, decoder : torch.nn.Module, optional
        Your own, in place of the ones the settings describe: N x … to N x 2K, and
        N x K to N x ….
    """
    codes = settings.latent_dim
    if len(shape) == 1:
        layers = settings.hidden, settings.activation
        encoder = encoder or table_encoder(shape[0], 2 * codes, *layers)
        decoder = decoder or table_decoder(codes, shape[0], *layers)
    elif encoder is None or decoder is None:
        channels = settings.channels or default_channels(*shape[1:])
        encoder = encoder or image_encoder(shape, 2 * codes, channels, settings.units)
        decoder = decoder or image_decoder(codes, shape, channels, settings.units)
    adversary = (
        discriminator(codes, settings.discriminator_hidden)
        if settings.total_correlation == "density-ratio"
        else None
    )
    return VariationalModel(encoder, decoder, settings, population, adversary)
