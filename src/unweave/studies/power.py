"""Power of a study: the methods that it tells apart, and the seeds that the others need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from unweave.arguments import checked
from unweave.display import Displayed
from unweave.errors import RequestError
from unweave.metrics.registry import SCORES
from unweave.statistics import finite_or_none
from unweave.studies.paired_test import holm, p_value, seeds_needed
from unweave.studies.plan import PLAN_FILE, read_plan
from unweave.studies.results import Study, collect
from unweave.studies.statistics import Summary

LEVEL, POWER = 0.05, 0.8
# Of the range of a score that has two ends, such as 0 to 1.
SHARE_OF_RANGE = 0.05


@dataclass(frozen=True)
class Comparison:
    """Two methods by one score, on equal seeds.

    Attributes
    ----------
    score, one, other : str
    difference : Summary
        `one` less `other`, over the seeds of both.
    p : float
        Of Student's paired test; NaN for one seed.
    p_holm : float
        The same, corrected by Holm for all pairs of methods of this score.
    stated : float or None
        A difference to plan for, beside the observed one.
    seeds_for_observed, seeds_for_stated : int or None
        Seeds of each method that find such a difference, each pair's level divided by the
        number of pairs; None where more than 100,000 are needed, or nothing is known of it.
    """

    score: str
    one: str
    other: str
    difference: Summary
    p: float
    p_holm: float
    stated: float | None
    seeds_for_observed: int | None
    seeds_for_stated: int | None

    @property
    def decided(self) -> bool:
        """Whether the two are told apart at 5 %, all pairs of the score considered."""
        return self.p_holm < LEVEL

    @property
    def sentence(self) -> str:
        """What is known of the two, and how many seeds would tell more."""
        found = self.difference
        seeds = f"{found.count} seed{'' if found.count == 1 else 's'}"
        if self.decided:
            first, second = self.one, self.other
            if found.mean < 0:
                first, second = second, first
            return (
                f"{self.score}: {first} is above {second} by {abs(found.mean):.3g} ({seeds}, "
                f"p = {self.p_holm:.2g} by Holm)."
            )
        start = f"{self.score}: {self.one} and {self.other} are not told apart by {seeds}"
        if found.count < 2:
            return f"{start}; train at least 2 of each."
        needs = []
        if found.mean:
            what = f"the observed difference of {abs(found.mean):.3g}"
            needs.append(f"{_seeds_text(self.seeds_for_observed)} would find {what}")
        if self.stated is not None:
            what = f"a difference of {self.stated:.3g}"
            needs.append(f"{_seeds_text(self.seeds_for_stated)} would find {what}")
        return f"{start} (p = {self.p_holm:.2g} by Holm){': ' if needs else ''}{', '.join(needs)}."

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        known: dict[str, Any] = finite_or_none(
            {
                "score": self.score,
                "method": self.one,
                "other": self.other,
                "seeds": self.difference.count,
                "difference": self.difference.mean,
                "sd": self.difference.sd,
                "p": self.p,
                "p_holm": self.p_holm,
                "decided": self.decided,
                "seeds_for_observed": self.seeds_for_observed,
                "stated": self.stated,
                "seeds_for_stated": self.seeds_for_stated,
                "sentence": self.sentence,
            }
        )
        return known


@dataclass(frozen=True, repr=False)
class Power(Displayed):
    """The comparisons of a study.

    Attributes
    ----------
    folder : Path
    power : float
        The chance with which the seeds that are named find a difference.
    comparisons : tuple of Comparison
        Score after score, every pair of methods.
    """

    folder: Path
    power: float
    comparisons: tuple[Comparison, ...]

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        decided = sum(each.decided for each in self.comparisons)
        return {
            "folder": self.folder,
            "decided": f"{decided} of {len(self.comparisons)} comparisons",
            **{
                f"{each.score}: {each.one}, {each.other}": each.sentence
                for each in self.comparisons
            },
        }

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "study": str(self.folder),
            "level": LEVEL,
            "power": self.power,
            "comparisons": [each.to_json() for each in self.comparisons],
        }


@checked
def power(
    study: Study | Path | str, *, difference: float | None = None, power: float = POWER
) -> Power:
    """Tell which methods of a study differ, and how many seeds the other pairs need.

    Methods are compared as in the study: by their differences on equal seeds. A pair is decided
    by Student's paired test at 5 %, corrected by Holm for the number of pairs. Seeds are
    planned by the noncentral t distribution, from the deviation of these differences and from
    how far so few seeds leave it open (`expected_power`), with 5 % divided by the number of
    pairs (Bonferroni).

    Parameters
    ----------
    study : Study or path
        A finished study, or its folder.
    difference : float, optional
        The difference to plan for, in units of each score; by default 5 % of the range
        of scores that have one.
    power : float
        The chance with which the planned seeds find the difference.

    Raises
    ------
    RequestError
        If the study is unfinished, or has one method or one seed alone.
    """
    if not 0 < power < 1:
        raise RequestError(f"power={power:g}: give a chance between 0 and 1, such as 0.8")
    if difference is not None and not (difference > 0 and np.isfinite(difference)):
        raise RequestError(f"difference={difference:g}: give a number above 0")
    if not isinstance(study, Study):
        study = _collected(Path(study))
    missing = len(study.missing) + len(study.broken)
    if missing:
        raise RequestError(
            f"{study.folder}: {missing} of {study.plan.count} runs are not finished; run the study "
            "again, or take them out of its file"
        )
    if len(study.methods) < 2:
        raise RequestError(
            f"{study.folder}: the study has one method, {study.methods[0]}; a comparison needs two"
        )
    if len(study.plan.seeds) < 2:
        raise RequestError(
            f"{study.folder}: the study has one seed, from which nothing is known of the others; "
            "run it with at least 2"
        )
    return Power(study.folder, power, comparisons(study, difference, power))


def comparisons(
    study: Study,
    difference: float | None = None,
    power: float = POWER,
    scores: Sequence[str] | None = None,
) -> tuple[Comparison, ...]:
    """Return every pair of methods by some scores, or by all, of the seeds that are finished."""
    return tuple(
        each
        for score in (study.scores if scores is None else scores)
        for each in _of_score(study, score, difference, power)
    )


def _of_score(study: Study, score: str, stated: float | None, power: float) -> list[Comparison]:
    pairs = [
        (one, other, found)
        for one, other in combinations(study.methods, 2)
        if (found := study.difference(one, other, score)) is not None
    ]
    stated = _share_of_range(score) if stated is None else stated
    level = LEVEL / max(len(pairs), 1)
    chances = np.array([p_value(found.mean, found.sd, found.count) for _, _, found in pairs])
    corrected = holm(chances)
    return [
        Comparison(
            score,
            one,
            other,
            found,
            float(p),
            float(p_holm),
            stated,
            seeds_needed(found.mean, found.sd, level, power, found.count - 1),
            None
            if stated is None
            else seeds_needed(stated, found.sd, level, power, found.count - 1),
        )
        for (one, other, found), p, p_holm in zip(pairs, chances, corrected, strict=True)
    ]


def _seeds_text(count: int | None) -> str:
    return f"{'more than 100,000' if count is None else f'{count:,}'} seeds of each"


def _share_of_range(score: str) -> float | None:
    if score not in SCORES:
        return None
    low, high = SCORES[score].range
    return SHARE_OF_RANGE * (high - low) if np.isfinite(high - low) else None


def _collected(folder: Path) -> Study:
    if not (folder / PLAN_FILE).is_file():
        raise RequestError(f"{folder}: holds no study (it has no {PLAN_FILE}); name its folder")
    return collect(read_plan(folder / PLAN_FILE), folder)
