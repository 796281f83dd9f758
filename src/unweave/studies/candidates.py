"""Candidates: the settings among which a choice is made, and the values that are tried."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.models.families import MODELS, family_of
from unweave.nets.columns import ColumnLayout
from unweave.schedules import Schedule
from unweave.studies.plan import Method, folder_label
from unweave.training.request import check_settings, settings_for

# What a setting is multiplied by, from its default on the data; a strength has `STRENGTH`.
MULTIPLES: dict[str, tuple[float, ...]] = {
    "latent_dim": (0.5, 1, 2),
    "likelihood_variance": (1, 10),
}
STRENGTH = (0.25, 1, 4)
# What is tried of a setting whose default is none.
WHERE_NONE: dict[str, tuple[Any, ...]] = {"capacity": ("none", 25.0)}


def default_grid(
    model: str, dataset: Dataset, fixed: Mapping[str, Any]
) -> dict[str, tuple[Any, ...]]:
    """Return the values that are tried of each setting of a model.

    The settings of its strength (`Corner.strengths`) and K; and the variance of the Gaussian
    likelihood, where β does not stand for it: of numbers alone, only their ratio matters.

    Parameters
    ----------
    model : str
    dataset : Dataset
    fixed : mapping of str to Any
        Settings that are not varied.

    Raises
    ------
    RequestError
        If nothing of the model can be chosen without labels.
    """
    if not family_of(model).has_posterior:
        raise RequestError(
            f"{model}: has no posterior, so that there is no likelihood to choose its settings by; "
            "name a model of the variational family, such as beta-vae"
        )
    settings, _ = settings_for(model, dataset, fixed)
    layout = ColumnLayout.of(dataset.table)
    strengths = MODELS[model].strengths
    names = [*strengths, "latent_dim"]
    if _has_variance(settings.to_json()["likelihood"], layout):
        is_plain = layout is None or layout.is_plain
        names += [] if "beta" in strengths and is_plain else ["likelihood_variance"]
    grid = {
        name: _values(name, getattr(settings, name), name in strengths, dataset)
        for name in names
        if name not in fixed
    }
    return {name: values for name, values in grid.items() if len(values) > 1}


def _has_variance(likelihood: str, layout: ColumnLayout | None) -> bool:
    if likelihood != "columns" or layout is None:
        return likelihood != "bernoulli"
    return any(layout.columns[place].likelihood == "gaussian" for place in layout.learned)


def _values(name: str, default: Any, is_strength: bool, dataset: Dataset) -> tuple[Any, ...]:
    """Return the values to try, the default among them; one where it is a schedule."""
    if default is None:
        return WHERE_NONE[name]
    if isinstance(default, Schedule):
        return (default,)
    factors = STRENGTH if is_strength else MULTIPLES[name]
    if isinstance(default, int):
        most = dataset.sample_shape[0] if dataset.kind == "table" else math.inf
        wide = (max(2, min(round(default * factor), most)) for factor in factors)
        return tuple(dict.fromkeys(int(value) for value in wide))
    return tuple(float(f"{default * factor:g}") for factor in factors)


def methods_of(
    model: str, grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]
) -> tuple[Method, ...]:
    """Return a method for every combination of a grid's values; `fixed` is what they all have.

    Raises
    ------
    RequestError
        If a setting is unknown, a value does not suit it, a list is empty, or a setting is both
        fixed and varied.
    """
    for name, values in grid.items():
        if not len(values):
            raise RequestError(f"grid: {name} has no values; give it two or more")
        if name in fixed:
            raise RequestError(f"{name}={fixed[name]}: is fixed and has candidates; give it once")
        for value in values:
            check_settings(model, {name: value})
    combinations = list(itertools.product(*(dict.fromkeys(map(plain, v)) for v in grid.values())))
    methods = []
    for values in combinations:
        changes = dict(zip(grid, values, strict=True))
        check_settings(model, {**fixed, **changes})
        varied = [f"{name}={value}" for name, value in changes.items()]
        methods.append(Method(folder_label(model, varied), model, {**fixed, **changes}))
    return tuple(methods)


def plain(value: Any) -> Any:
    """Return a value as a study file holds it: a list of numbers is a text."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return value if isinstance(value, bool | int | float) else str(value)
