"""From a model's name, settings and the shape of a sample to a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import nn

from unweave.models.attribute import AttributeModel
from unweave.models.attribute_settings import AttributeSettings, attribute_defaults
from unweave.models.catalogue import ATTRIBUTE, FAMILY_DEFAULTS, Kind, corner
from unweave.models.targets import Targets
from unweave.models.variational import VariationalModel
from unweave.models.variational_settings import VariationalSettings
from unweave.nets.convolution import (
    default_channels,
    doubling_channels,
    image_decoder,
    image_encoder,
)
from unweave.nets.perceptron import discriminator, table_decoder, table_encoder

ModelSettings = VariationalSettings | AttributeSettings
FAMILIES: tuple[type[ModelSettings], ...] = (VariationalSettings, AttributeSettings)


def settings_class(name: str) -> type[ModelSettings]:
    """Return what the named model is set by."""
    corner(name)
    return AttributeSettings if name in ATTRIBUTE else VariationalSettings


def kind_of(shape: Sequence[int]) -> Kind:
    """Tell what samples of a shape, (C, H, W) or (J,), are."""
    return "table" if len(shape) == 1 else "images"


def model_defaults(name: str, shape: Sequence[int], form: str = "tuned") -> dict[str, Any]:
    """Return where a named model's settings depart from its family's own, on one shape.

    `form` is a setting of the attribute family, by which others are chosen.
    """
    kind = kind_of(shape)
    own = corner(name).settings_for(kind)
    if settings_class(name) is AttributeSettings:
        return attribute_defaults(own, shape, form)
    return {**FAMILY_DEFAULTS[kind], **own}


def model_settings(name: str, shape: Sequence[int], changes: dict[str, Any]) -> ModelSettings:
    """Return a named model's settings on samples of one shape, with the user's `changes`."""
    family = settings_class(name)
    read = family.read(changes)
    defaults = model_defaults(name, shape, read.get("form", "tuned"))
    return family(**family.read({**defaults, **read}))


def decide_likelihood(
    settings: ModelSettings, shape: Sequence[int], examples: np.ndarray
) -> ModelSettings:
    """Return the settings with an "auto" likelihood decided from some of the samples.

    Bernoulli where four pixels in five are (within 2 %) black or white, as in
    silhouettes and in pen strokes; Gaussian for other pictures and for tables.
    """
    if not isinstance(settings, VariationalSettings) or settings.likelihood != "auto":
        return settings
    extreme = (examples <= 5) | (examples >= 250)
    binary = kind_of(shape) == "images" and examples.shape[1] == 1 and extreme.mean() >= 0.8
    return dataclasses.replace(settings, likelihood="bernoulli" if binary else "gaussian")


def build_model(
    settings: ModelSettings,
    shape: Sequence[int],
    population: int,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
    targets: Targets | None = None,
) -> VariationalModel | AttributeModel:
    """Return the model for samples of `shape`, with freshly initialised networks.

    Parameters
    ----------
    settings : VariationalSettings or AttributeSettings
    shape : sequence of int
        (C, H, W) of an image or (J,) of a row.
    population : int
        Number of training samples.
    encoder, decoder : torch.nn.Module, optional
        Your own, in place of the ones the settings describe: N x … to N x E encoder
        outputs, and N x D codes to N x …. A variational model has E = 2K and D = K, an
        attribute model of L targets E = D = L + K.
    targets : Targets, optional
        Of an attribute model; none for a plain autoencoder.
    """
    if isinstance(settings, AttributeSettings):
        return _build_attribute(settings, shape, encoder, decoder, targets or Targets())
    codes = settings.latent_dim
    if kind_of(shape) == "table":
        layers = settings.hidden, settings.activation
        encoder = encoder or table_encoder(shape[0], 2 * codes, *layers)
        decoder = decoder or table_decoder(codes, shape[0], *layers)
    elif encoder is None or decoder is None:
        channels = settings.channels or default_channels(*shape[1:])
        encoder = encoder or image_encoder(shape, 2 * codes, channels, (settings.units,))
        decoder = decoder or image_decoder(codes, shape, channels, (settings.units,))
    adversary = (
        discriminator(codes, settings.discriminator_hidden)
        if settings.total_correlation == "density-ratio"
        else None
    )
    return VariationalModel(encoder, decoder, settings, population, adversary)


def _build_attribute(
    settings: AttributeSettings,
    shape: Sequence[int],
    encoder: nn.Module | None,
    decoder: nn.Module | None,
    targets: Targets,
) -> AttributeModel:
    codes = len(targets) + settings.latent_dim
    images = kind_of(shape) == "images"
    if not images:
        encoder = encoder or table_encoder(shape[0], codes, settings.hidden)
        decoder = decoder or table_decoder(codes, shape[0], settings.hidden)
    elif encoder is None or decoder is None:
        channels = settings.channels or doubling_channels(*shape[1:])
        networks: tuple[Any, ...] = channels, settings.units, True
        encoder = encoder or image_encoder(shape, codes, *networks)
        decoder = decoder or image_decoder(codes, shape, *networks)
    return AttributeModel(encoder, decoder, settings, targets, images)
