"""Decisions of a study in sentences: one for each pair of methods, by its headline score."""

from __future__ import annotations

from collections.abc import Sequence

from unweave.studies.power import LEVEL, POWER, Comparison, comparisons
from unweave.studies.results import Study

HEADLINES = ("factor-vae-score", "mig", "dci-disentanglement", "total-correlation")
MOST_SENTENCES = 20


def headline(study: Study) -> str | None:
    """Return the score that a report puts first; None where the study has none of them."""
    return next((name for name in HEADLINES if name in study.scores), None)


def headline_comparisons(study: Study) -> list[Comparison]:
    """Return the comparisons of all pairs of methods by the headline score, or the first one."""
    first = headline(study)
    return list(comparisons(study, scores=study.scores[:1] if first is None else [first]))


def decisions(found: Sequence[Comparison]) -> list[str]:
    """Return how many comparisons are decided, a sentence on each, and how that was judged.

    Empty where there is nothing to compare.
    """
    if not found:
        return []
    count = sum(each.decided for each in found)
    shown = [each.sentence for each in found[:MOST_SENTENCES]]
    left = len(found) - len(shown)
    more = [f"{left} more pairs: `unweave power` names them all."] if left else []
    return [f"Decided: {count} of {len(found)} comparisons.", *shown, *more, plan_text(POWER)]


def plan_text(power: float) -> str:
    """Return how pairs were decided and seeds planned."""
    return (
        f"Decided by Student's paired test at {LEVEL:.0%}, corrected by Holm for the pairs of a "
        f"score. Seeds are for a power of {power:.0%} at {LEVEL:.0%} divided by the pairs: that to "
        "expect, as far as the seeds so far tell the deviation. Plan again when there are more."
    )
