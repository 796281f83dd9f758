"""The table of all scores, collected from the files that declare them."""

from __future__ import annotations

import importlib
import pkgutil

from unweave.metrics import scores
from unweave.metrics.score import FactorScore, PosteriorScore, ReconstructionScore, Score

# The order of tables and JSON: by kind, then by these modules, then by the names of others.
_KINDS = (ReconstructionScore, FactorScore, PosteriorScore)
_MODULES = (
    "reconstruction",
    "factor_vae_score",
    "beta_vae_score",
    "mutual_information_gap",
    "dci",
    "separated_attribute_predictability",
    "modularity",
    "explicitness",
    "interventional_robustness",
    "divergence_split",
)


def collect() -> dict[str, Score]:
    """Return the scores by name, as the modules of `unweave.metrics.scores` declare them.

    Raises
    ------
    TypeError
        If a module declares none.
    """
    known = {name: place for place, name in enumerate(_MODULES)}
    names = {module.name for module in pkgutil.iter_modules(scores.__path__)}
    found: list[Score] = []
    for name in sorted(names, key=lambda name: (known.get(name, len(known)), name)):
        found += _declared(f"{scores.__name__}.{name}")
    found.sort(key=_place_of_kind)
    return {score.name: score for score in found}


def _declared(module_name: str) -> tuple[Score, ...]:
    module = importlib.import_module(module_name)
    declared = getattr(module, "SCORES", None) or (getattr(module, "SCORE", None),)
    if not all(isinstance(each, _KINDS) for each in declared):
        raise TypeError(f"{module_name} must end in SCORE = FactorScore(...), or another kind")
    return tuple(declared)


def _place_of_kind(score: Score) -> int:
    return [isinstance(score, kind) for kind in _KINDS].index(True)


SCORES = collect()
