"""All families and their named models."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from torch import nn

from unweave.errors import pick
from unweave.models.attribute.family import ATTRIBUTE
from unweave.models.corner import Corner
from unweave.models.family import Family
from unweave.models.objective import ObjectiveModel
from unweave.models.variational.family import VARIATIONAL
from unweave.nets.columns import ColumnLayout
from unweave.objectives.targets import Targets
from unweave.settings import Settings

FAMILIES: tuple[Family, ...] = (VARIATIONAL, ATTRIBUTE)
# A view: a corner that is added to its family's table is found here too. (A ChainMap iterates
# from its last map.)
MODELS: Mapping[str, Corner] = ChainMap(
    *(cast(dict[str, Corner], family.corners) for family in reversed(FAMILIES))
)


def family_of(name: str) -> Family:
    """Return the family of a named model.

    Raises
    ------
    RequestError
        If there is no model of that name; the nearest name is suggested.
    """
    pick(name, MODELS, "model")
    return next(family for family in FAMILIES if name in family.corners)


def model_settings(
    name: str,
    shape: Sequence[int],
    changes: Mapping[str, Any],
    examples: np.ndarray | None = None,
    layout: ColumnLayout | None = None,
) -> Settings:
    """Return a named model's settings on samples of one shape, with the user's `changes`.

    Parameters
    ----------
    name : str
    shape : sequence of int
        (C, H, W) of an image or (J,) of a row.
    changes : mapping of str to Any
        Settings of the model's family; texts are converted.
    examples : numpy.ndarray, optional
        Some of the training samples, to decide the settings that depend on the data.
    layout : ColumnLayout, optional
        The columns of a table in the coding "columns".
    """
    family = family_of(name)
    settings, read = family.settings, family.settings.read(changes)
    of_levels = layout is not None and layout.is_of_levels
    values = family.default_values(name, shape, str(read.get("form", "")), of_levels=of_levels)
    own = {key: value for key, value in values.items() if key in settings.names()}
    chosen = settings(**settings.read({**own, **read}))
    return chosen if examples is None else family.complete(chosen, shape, examples, layout)


def build_model(
    name: str,
    settings: Settings,
    shape: Sequence[int],
    population: int,
    encoder: nn.Module | None = None,
    decoder: nn.Module | None = None,
    targets: Targets | None = None,
    examples: np.ndarray | None = None,
    layout: ColumnLayout | None = None,
) -> ObjectiveModel:
    """Return the named model for samples of `shape`, with freshly initialised networks.

    Parameters
    ----------
    name : str
    settings : Settings
        Settings of the model's family.
    shape : sequence of int
        (C, H, W) of an image or (J,) of a row.
    population : int
        Number of training samples.
    encoder, decoder : torch.nn.Module, optional
        Networks to use in place of those that the settings describe: N x … to N x E encoder
        outputs, and N x D codes to N x …. A variational model has E = 2K and D = K, an
        attribute model of L targets E = D = L + K.
    targets : Targets, optional
        The labels, for a model that learns from them.
    examples : numpy.ndarray, optional
        Some of the training samples, at whose mean a decoder of images starts.
    layout : ColumnLayout, optional
        The columns of a table in the coding "columns". A network of one's own then takes and
        returns what stands for these columns.
    """
    family = family_of(name)
    return family.build(
        settings,
        shape,
        population,
        encoder,
        decoder,
        targets or Targets(),
        family.all_terms,
        examples,
        layout,
    )
