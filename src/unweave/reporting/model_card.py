"""Model cards: a run's data, settings, scores, health and dimensions as Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from unweave.models.families import MODELS
from unweave.runs.model import Model

_NORMAL = 1.96


def model_card(
    model: Model,
    scores: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, str],
    picture: str = "",
) -> str:
    """Return the text of a model card, with the metadata that the Hub reads at its head.

    Parameters
    ----------
    model : Model
    scores : mapping
        Scores as `unweave.evaluate` returns them, on the test split.
    dimensions : mapping of str to str
        What each informative dimension moves.
    picture : str
        The file name of a picture beside the card, if any.
    """
    parts = [
        f"---\nlibrary_name: unweave\ntags: [unweave, disentanglement, {model.name}]\n---\n",
        f"# {model.name} on {model.data['name']}\n",
        f"{MODELS[model.name].summary.capitalize()} ({MODELS[model.name].source}).\n",
        _table(("fact", "value"), {key: str(value) for key, value in model.facts().items()}),
        f"## Health\n\n{model.health.get('note') or 'Nothing was found wrong.'}\n",
    ]
    if scores:
        values = {name: _with_interval(score) for name, score in scores.items()}
        parts += [f"## Scores on the test split\n\n{_table(('score', 'value'), values)}"]
    if dimensions:
        heads = ("dimension", "moves most, by FVH-LT")
        parts += [f"## What the dimensions stand for\n\n{_table(heads, dimensions)}"]
    if picture:
        parts += [f"![Each row moves one dimension, the others stay.]({picture})\n"]
    settings = {**model.settings.to_json(), **model.training.to_json()}
    listed = _table(("setting", "value"), {name: str(value) for name, value in settings.items()})
    parts += [f"## Settings\n\n{listed}"]
    return "\n".join(parts)


def _with_interval(score: Mapping[str, Any]) -> str:
    """Return a score, with the 95 % interval of its mean where it is a mean over samples."""
    text = f"{score['value']:.4g}"
    if "sd" in score and score.get("count"):
        half = _NORMAL * score["sd"] / math.sqrt(score["count"])
        text += f" [{score['value'] - half:.4g}, {score['value'] + half:.4g}]"
    return f"{text} {score.get('unit') or ''}".rstrip()


def _table(heads: tuple[str, str], rows: Mapping[str, str]) -> str:
    lines = [heads, ("---", "---"), *((name, value) for name, value in rows.items() if value)]
    cells = ([" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
