"""Words that stand on figures of traversals."""

from __future__ import annotations

import math

from unweave.editing.start import PRIOR_MEAN
from unweave.editing.traversal import Traversal
from unweave.runs.model import Model


def run_title(model: Model) -> str:
    """Return what names a run in a title: model, data and seed."""
    return f"{model.name} on {model.data['name']}, seed {model.seed}"


def dimension_label(name: str, kl: float, between: str = " · ") -> str:
    """Return ``z3 · KL 2.14 nats``; the name alone where the KL is not known."""
    return f"{name}{between}KL {nats(kl)} nats" if math.isfinite(kl) else name


def nats(value: float) -> str:
    """Return a KL with the digits that matter: 12.3, 2.14, 0.052, 0.002."""
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 0.1:
        return f"{value:.2f}"
    return f"{value:.2g}" if abs(value) >= 0.01 else f"{value:.1g}"


def term_words(term: str) -> str:
    """Return a loss term's name in words: ``total correlation``, ``KL``."""
    return "KL" if term == "kl" else term.replace("_", " ")


def percent(probability: float) -> str:
    """Return ``97.5 %`` for 0.975."""
    return f"{100 * probability:.3g} %"


def traversal_title(traversal: Traversal, name: str) -> str:
    """Return a title that says what moves, from where, and how far."""
    low, high = percent(traversal.quantiles[0]), percent(traversal.quantiles[-1])
    what = "dimension" if len(traversal.dimensions) == 1 else "each dimension"
    law = "the prior" if traversal.base_name == PRIOR_MEAN else "its aggregate posterior"
    title = (
        f"Latent traversal: {name}\nFrom {traversal.base_name}, {what} alone moves "
        f"from the {low} to the {high} quantile of {law}."
    )
    return f"{title}\nNote: {traversal.note}." if traversal.note else title
