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
    scores = ", ".join(
        f"{'as they are' if name == 'none' else name} {value:.2f}"
        for name, value in found.simplicity().items()
    )
    method = found.turns[0].method
    if found.turned is not None:
        return (
            f"The features point to a turn of these dimensions: by {method} their loadings are "
            f"simpler on held-out rows ({scores})."
        )
    said = "the dimensions stay as they are" if method == "none" else f"turned by {method}"
    return f"Simplicity of the loadings on held-out rows: {scores}; {said}."


def turn_notes(found: Interpretation) -> list[str]:
    """Return the remarks on the turns of all runs, each once."""
    return list(dict.fromkeys(note for turn in found.turns for note in turn.notes))


def turn_summary(summary: Mapping[str, Any]) -> str:
    """Return how a run was turned, from its summary; "" if it was not."""
    turn = summary.get("turn") or {}
    if turn.get("method", "none") == "none":
        return ""
    scores = turn["simplicity"]
    return (
        f"{turn['dimensions']} factors turned by {turn['method']}; simplicity of the loadings on "
        f"held-out rows {scores['none']:.2f} before, {scores[turn['method']]:.2f} after"
    )
