"""Runs that can be read together: of the same data, with codes of the same kind and number."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from unweave.errors import RequestError
from unweave.runs.folder import is_finished, read_config
from unweave.runs.model import Model

MOST_BESIDE = 4


def unreadable(model: Model) -> str:
    """Return why a model that learned from labels cannot be read."""
    return (
        f"{model.title}: {model.name} learned from labels, so that its codes are not latent "
        "values alone; give runs of the variational family, such as bf-vae, or of ae"
    )


def check_together(models: Sequence[Model]) -> None:
    """Check that runs can be read side by side.

    Raises
    ------
    RequestError
        If there are none, one learned from labels, or they differ in data or latent_dim.
    """
    if not models:
        raise RequestError("no run to read; give at least one")
    first = models[0]
    for model in models:
        if not model.can_be_read:
            raise RequestError(unreadable(model))
        if model.data["fingerprint"] != first.data["fingerprint"]:
            raise RequestError(
                f"{model.title}: was trained on other data ({model.data['name']}) than "
                f"{first.title} ({first.data['name']}); give runs of one data set"
            )
        if model.latent_dim != first.latent_dim:
            raise RequestError(
                f"{model.title}: has latent_dim = {model.latent_dim} where {first.title} "
                f"has {first.latent_dim}; give runs of one latent_dim"
            )


def check_seeds_of_one_setting(models: Sequence[Model]) -> None:
    """Check that runs differ in their seeds alone, and have posteriors.

    Raises
    ------
    RequestError
        If there are fewer than two, or they cannot be read side by side, are of different models,
        settings, columns or turns, share a seed, or have no posterior.
    """
    check_together(models)
    first = models[0]
    if not first.has_posterior:
        raise RequestError(
            f"{first.title}: {first.name} has no posterior; a certificate is for runs of the "
            "variational family, such as vae"
        )
    if len(models) < 2:
        raise RequestError(
            f"{first.title}: a certificate compares runs of several seeds; train another seed "
            "with the same settings and give both"
        )
    seeds: dict[int, Model] = {}
    for model in models:
        other = _difference(model, first)
        if other:
            raise RequestError(
                f"{model.title}: differs from {first.title} in {other}; a certificate compares "
                "runs that differ in their seeds alone"
            )
        if model.seed in seeds:
            raise RequestError(
                f"{model.title}: has the seed {model.seed} of {seeds[model.seed].title}; a run "
                "agrees with itself, so give runs of different seeds"
            )
        seeds[model.seed] = model


def seeds_of_one_setting(models: Sequence[Model]) -> list[list[Model]]:
    """Return the groups of two runs or more that differ in their seeds alone."""
    groups: list[list[Model]] = []
    for model in models:
        for group in groups:
            with contextlib.suppress(RequestError):
                check_seeds_of_one_setting([*group, model])
                group.append(model)
                break
        else:
            groups.append([model])
    return [group for group in groups if len(group) > 1]


def seeds_beside(model: Model) -> list[Model]:
    """Return other finished runs in the same parent folder that differ in their seeds alone."""
    if model.folder is None or not model.can_be_read:
        return []
    found = [model]
    for config in sorted(model.folder.parent.glob("*/config.json")):
        folder = config.parent
        if len(found) > MOST_BESIDE or folder == model.folder or not is_finished(folder):
            continue
        with contextlib.suppress(RequestError):
            stored = read_config(folder)
            if stored["networks"] or stored["model"] != model.name:
                continue
            other = Model.load(folder)
            check_seeds_of_one_setting([*found, other])
            found.append(other)
    return found[1:]


def _difference(model: Model, first: Model) -> str:
    """Return the first thing beside the seed in which two runs differ; "" if nothing does."""
    if model.name != first.name:
        return f"the model ({model.name} and {first.name})"
    for name, value in vars(first.settings).items():
        if (own := getattr(model.settings, name)) != value:
            return f"{name} ({own} and {value})"
    if model.training != first.training:
        return "the settings of its training"
    if _columns(model) != _columns(first):
        return "the columns it reads"
    turns = [(each.turn or {}).get("method", "none") for each in (model, first)]
    return "" if turns[0] == turns[1] else f"its turn ({turns[0]} and {turns[1]})"


def _columns(model: Model) -> tuple[str, ...]:
    return () if model.table is None else tuple(model.table.feature_names)
