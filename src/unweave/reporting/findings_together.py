"""Findings about several runs in sentences, before the section of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unweave.interpretation.together import seeds_of_one_setting
from unweave.reporting.findings import MOST_NAMED
from unweave.reporting.run_facts import health_warning
from unweave.runs.model import Model


def findings_together(models: Sequence[Model], titles: Sequence[str], certified: bool) -> list[str]:
    """Return paragraphs: what the runs found, how sure that is, and what to do next.

    Parameters
    ----------
    models : sequence of Model
    titles : sequence of str
        How the page calls them.
    certified : bool
        Whether the page has a section with the certificate of their dimensions.
    """
    return [
        " ".join(_found(models)),
        f"How sure this is: {' '.join(_certainty(models, titles, certified))}",
        f"What to do next: {' '.join(_next(models))}",
    ]


def _found(models: Sequence[Model]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Model]] = {}
    for model in models:
        groups.setdefault((model.name, str(model.data["name"])), []).append(model)
    for (name, data), group in groups.items():
        runs = f"{len(group)} runs of {name} on {data}" if len(group) > 1 else f"{name} on {data}"
        if all("informative" in model.summary for model in group):
            counts = _span([len(model.summary["informative"]) for model in group], "")
            most = _span([model.latent_dim for model in group], "")
            yield f"{runs}: {counts} of {most} dimensions carry what the model keeps."
        elif all("accuracy" in model.summary for model in group):
            shares = _span([model.summary["accuracy"] for model in group], ".1%")
            yield f"{runs}: {shares} of the labels of test samples are told right."
        else:
            yield f"{runs}: codes of {group[0].latent_dim} values, without labels."


def _span(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def _certainty(models: Sequence[Model], titles: Sequence[str], certified: bool) -> Iterator[str]:
    wrong = [title for model, title in zip(models, titles, strict=True) if health_warning(model)]
    if wrong:
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        yield f"not to be trusted: {'; '.join(wrong[:MOST_NAMED])}{more}."
    same = max((len(group) for group in _seeds(models)), default=0)
    if certified:
        yield (
            f"{same} runs differ in their seeds alone; the section on which dimensions are real "
            "weighs what they agree on."
        )
    elif same:
        yield f"{same} runs differ in their seeds alone: what only one of them has may be chance."
    else:
        yield "no two runs differ in their seeds alone, so what one has found may be chance."


def _next(models: Sequence[Model]) -> Iterator[str]:
    if _seeds(models):
        yield (
            "interpret the runs of several seeds together (unweave.interpret), which puts their "
            "dimensions in one order and says how far they agree."
        )
    elif any(model.can_be_read for model in models):
        yield "train several seeds (unweave.train_seeds) of the setting that you prefer."
    else:
        yield "measure how strong the edits are (unweave.strength) before relying on them."


def _seeds(models: Sequence[Model]) -> list[list[Model]]:
    return seeds_of_one_setting([model for model in models if model.can_be_read])
