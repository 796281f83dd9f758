"""Titles and labels in figures and tables: of runs, dimensions, loss terms and traversals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unweave.editing.aggregate_posterior import PRIOR_MEAN
from unweave.editing.traversal import Traversal
from unweave.objectives.term import Term
from unweave.runs.model import Model
from unweave.runs.names import title_of_run


def run_title(model: Model) -> str:
    """Return the title of a run: its model, data and seed."""
    return title_of_run(model.name, model.data["name"], model.seed)


def dimension_label(name: str, kl: float, between: str = " · ") -> str:
    """Return ``z3 · KL 2.14 nats``; the name alone where the KL is not known."""
    return f"{name}{between}KL {nats(kl)} nats" if math.isfinite(kl) else name


def nats(value: float) -> str:
    """Return a KL divergence with the digits that matter: 12.3, 2.14, 0.052, 0.002.

    A dash stands for codes without a posterior, which have no divergence.
    """
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 0.1:
        return f"{value:.2f}"
    return f"{value:.2g}" if abs(value) >= 0.01 else f"{value:.1g}"


def term_label(name: str) -> str:
    """Return a loss term's name as text: ``total correlation``, ``KL``."""
    return "KL" if name == "kl" else name.replace("_", " ")


def term_unit(name: str, logged: Sequence[str], terms: Sequence[Term]) -> str:
    """Return the unit of a loss term, "" for a pure number.

    Parameters
    ----------
    name : str
        The name of a term, or ``loss``. The loss has the unit that all of its terms share;
        where they differ it is a ``weighted sum``.
    logged : sequence of str
        The names of all terms that the run logged.
    terms : sequence of Term
        The terms of the model's family, which declare their units.
    """
    declared = {term.name: term for term in terms}
    if name != "loss":
        return declared[name].unit if name in declared else ""
    summed = [
        term for term in terms if term.name in logged and not (term.watched or term.adversary)
    ]
    units = {term.unit for term in summed}
    return units.pop() if len(units) == 1 else "weighted sum"


def term_axis(name: str, logged: Sequence[str], terms: Sequence[Term]) -> str:
    """Return the label of a loss term's axis: its unit, or, of a pure number, its symbol.

    Parameters
    ----------
    name, logged, terms : as for `term_unit`
    """
    symbols = {term.name: term.symbol for term in terms}
    return term_unit(name, logged, terms) or symbols.get(name, "")


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
