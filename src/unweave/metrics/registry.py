"""The table of all scores, collected from the files that declare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unweave.data.declarations import declared
from unweave.metrics import scores
from unweave.metrics.score import FactorScore, PosteriorScore, ReconstructionScore, Score

# The order of tables and JSON: by kind, then as listed here, then by the names of modules.
_KINDS = (ReconstructionScore, FactorScore, PosteriorScore)
_ORDER = (
    "factor-vae-score",
    "beta-vae-score",
    "mig",
    "dci-disentanglement",
    "dci-completeness",
    "dci-informativeness",
    "sap",
    "modularity",
    "explicitness",
    "irs",
    "info-m",
    "info-e",
    "info-c",
    "mcc",
    "mcc-spearman",
    "mig-sup",
    "jemmig",
    "dcimig",
    "dci-explicitness",
    "mutual-information",
    "total-correlation",
    "dimension-wise-kl",
)


def collect() -> dict[str, Score]:
    """Return the scores by name, as the modules of `unweave.metrics.scores` declare them.

    Raises
    ------
    TypeError
        If a module declares none.
    """
    found = declared(scores.__name__, scores.__path__, Score)
    return {score.name: score for score in sorted(found, key=_place)}


def _place(score: Score) -> tuple[int, int]:
    kind = [isinstance(score, each) for each in _KINDS].index(True)
    return kind, _ORDER.index(score.name) if score.name in _ORDER else len(_ORDER)


SCORES = collect()


def document_of(score: FactorScore | PosteriorScore, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON shows of a score: its ``value``, and the rest of what was found.

    Parameters
    ----------
    score : FactorScore or PosteriorScore
    found : mapping
        As its function returns it; the values of other scores of this function are left out.
    """
    values = {
        row.shown
        for row in SCORES.values()
        if isinstance(row, FactorScore | PosteriorScore) and row.function is score.function
    }
    rest = {key: each for key, each in found.items() if key not in values}
    return {"value": found[score.shown], **rest}
