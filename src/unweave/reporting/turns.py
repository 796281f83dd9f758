"""Sentences about turns of latent dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unweave.interpretation.interpret import Interpretation


def turn_text(found: Interpretation) -> str:
    """Return what was found about turning the dimensions of runs; "" if it was not looked for."""
    if not found.turns:
        return ""
    method = found.turns[0].method
    said = "the dimensions stay as they are" if method == "none" else f"turned by {method}"
    if independence := found.independence():
        scores = _listed(independence)
        if found.turned is not None:
            return (
                "The codes point to a turn of these dimensions: their independent components are "
                f"farther from normal on held-out rows ({scores})."
            )
        return f"Distance of the codes from normal ones on held-out rows: {scores}; {said}."
    scores = _listed(found.simplicity())
    if found.turned is not None:
        return (
            f"The features point to a turn of these dimensions: by {method} their loadings are "
            f"simpler on held-out rows ({scores})."
        )
    return f"Simplicity of the loadings on held-out rows: {scores}; {said}."


def _listed(scores: Mapping[str, float]) -> str:
    names = {"none": "as they are"}
    return ", ".join(f"{names.get(key, key)} {_number(value)}" for key, value in scores.items())


def turn_notes(found: Interpretation) -> list[str]:
    """Return the remarks on the turns of all runs, each once."""
    return list(dict.fromkeys(note for turn in found.turns for note in turn.notes))


def turn_summary(summary: Mapping[str, Any]) -> str:
    """Return how a run was turned, from its summary; "" if it was not."""
    turn = summary.get("turn") or {}
    if turn.get("method", "none") == "none":
        return ""
    what, scores = "simplicity of the loadings", turn["simplicity"]
    if turn["method"] == "ica" and turn.get("independence"):
        what, scores = "distance of the codes from normal ones", turn["independence"]
    return (
        f"{turn['dimensions']} factors turned by {turn['method']}; {what} on held-out rows "
        f"{_number(scores['none'])} before, {_number(scores[turn['method']])} after"
    )


def _number(score: float) -> str:
    """Return a score with two digits after the point, or after its zeros."""
    return f"{score:.2f}" if score >= 0.1 else f"{score:.2g}"
