"""Results of a study, collected from the folders of its runs."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from unweave.display import Displayed
from unweave.errors import UnweaveError
from unweave.files import write_json, write_text
from unweave.metrics.registry import SCORES
from unweave.statistics import finite_or_none, rank_correlation
from unweave.studies.job import Job, ScoresDocument, jobs_of, read_summary, stored_scores
from unweave.studies.plan import StudyPlan
from unweave.studies.statistics import Summary, paired_difference, summary_of

logger = logging.getLogger("unweave")
RESULTS_FILE, TABLE_FILE = "results.json", "results.csv"
# Any two pairs have a rank correlation of 1 or −1.
FEWEST_PAIRS = 3


@dataclass(frozen=True)
class Result:
    """A finished run.

    Attributes
    ----------
    method : str
        The method's label.
    seed : int
    folder : Path
    values : dict of str to float
        Every score's value.
    units : dict of str to str
    seconds : float
    steps : int
        Duration of its training.
    informative : int or None
        The number of informative dimensions; None for models without a posterior.
    """

    method: str
    seed: int
    folder: Path
    values: dict[str, float]
    units: dict[str, str]
    seconds: float
    steps: int
    informative: int | None


@dataclass(frozen=True, repr=False)
class Study(Displayed):
    """All runs of a study.

    Attributes
    ----------
    plan : StudyPlan
    folder : Path
    results : tuple of Result
    missing : tuple of str
        Runs that are not finished, a line each.
    broken : tuple of str
        Runs that cannot be read, or that this study did not ask for, a line each.
    """

    plan: StudyPlan
    folder: Path
    results: tuple[Result, ...]
    missing: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def methods(self) -> list[str]:
        """Labels of methods with results, in the plan's order."""
        found = {result.method for result in self.results}
        return [method.label for method in self.plan.methods if method.label in found]

    @property
    def titles(self) -> dict[str, str]:
        """The methods' titles, by their labels."""
        return {method.label: method.title for method in self.plan.methods}

    @property
    def scores(self) -> list[str]:
        """Names of all scores, in the order of the first run's."""
        return list(dict.fromkeys(name for result in self.results for name in result.values))

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        means = {
            score: ", ".join(
                f"{method} {each.mean:.3g}"
                for method in self.methods
                if (each := self.summary(method, score))
            )
            for score in self.scores
        }
        return {
            "data": self.plan.data,
            "runs": f"{len(self.results)} finished",
            "missing": len(self.missing) or "",
            "broken": len(self.broken) or "",
            "folder": self.folder,
            **means,
        }

    def by_seed(self, method: str, score: str) -> dict[int, float]:
        """Return a method's values of a score, by seed."""
        return {
            result.seed: result.values[score]
            for result in self.results
            if result.method == method and score in result.values
        }

    def summary(self, method: str, score: str) -> Summary | None:
        """Return a method's values of a score over its seeds; None where it has none."""
        values = list(self.by_seed(method, score).values())
        return summary_of(np.array(values)) if values else None

    def difference(self, one: str, other: str, score: str) -> Summary | None:
        """Return by how much `one` exceeds `other` on equal seeds."""
        return paired_difference(self.by_seed(one, score), self.by_seed(other, score))

    def best(self, score: str) -> str | None:
        """Return the method of the best mean of a score; None without two of them to compare."""
        means = {
            method: each.mean for method in self.methods if (each := self.summary(method, score))
        }
        if len(means) < 2 or score not in SCORES:
            return None
        pick = max if SCORES[score].higher_is_better else min
        return pick(means, key=lambda method: means[method])

    def rank_correlations(self) -> np.ndarray:
        """Return Spearman's correlations of the scores over all runs; NaN where unknown."""
        names = self.scores
        table = np.full((len(names), len(names)), np.nan)
        for i, j in np.ndindex(table.shape):
            pairs = [
                (result.values[names[i]], result.values[names[j]])
                for result in self.results
                if names[i] in result.values and names[j] in result.values
            ]
            if pairs:
                table[i, j] = rank_correlation(*np.array(pairs).T, fewest=FEWEST_PAIRS)
        return table

    def to_json(self) -> dict[str, Any]:
        """Return the document that `results.json` holds."""
        return {
            "data": self.plan.data,
            "split": self.plan.split,
            "runs": len(self.results),
            "missing": list(self.missing),
            "broken": list(self.broken),
            "methods": {
                method: {
                    score: each.to_json()
                    for score in self.scores
                    if (each := self.summary(method, score))
                }
                for method in self.methods
            },
            "differences": [
                {"method": one, "other": other, "score": score, **each.to_json()}
                for one, other in combinations(self.methods, 2)
                for score in self.scores
                if (each := self.difference(one, other, score))
            ],
            "rank_correlations": {
                "scores": self.scores,
                "values": finite_or_none(self.rank_correlations().tolist()),
            },
        }


def collect(plan: StudyPlan, folder: Path) -> Study:
    """Return the results of a plan's finished runs.

    Broken runs are named in the log, left out, and counted.
    """
    results: list[Result] = []
    missing: list[str] = []
    broken: list[str] = []
    for job in sorted(jobs_of(plan, folder), key=lambda job: plan.methods.index(job.method)):
        (seed,) = job.seeds
        try:
            scores = stored_scores(job, seed)
            if scores is None:
                missing.append(f"{job.run_folder(seed)}: is not finished")
            else:
                results.append(_result(job, seed, scores))
        except (UnweaveError, OSError) as error:
            broken.append(str(error))
    for line in broken:
        logger.warning("left out: %s", line)
    return Study(plan, folder, tuple(results), tuple(missing), tuple(broken))


def write_results(study: Study, folder: Path) -> None:
    """Write `results.json`, and `results.csv` with a line for each run."""
    write_json(folder / RESULTS_FILE, study.to_json())
    write_text(folder / TABLE_FILE, csv_text(study))


def csv_text(study: Study) -> str:
    """Return a line for each run: method, seed, duration of its training, every score."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["method", "seed", "steps", "seconds", "informative", *study.scores])
    for result in study.results:
        cells = [_cell(result.values.get(score)) for score in study.scores]
        known = ["" if result.informative is None else result.informative]
        writer.writerow([result.method, result.seed, result.steps, result.seconds, *known, *cells])
    return text.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None else repr(value)


def _result(job: Job, seed: int, document: ScoresDocument) -> Result:
    folder = job.run_folder(seed)
    seconds, steps, count = read_summary(folder)
    scores = document["scores"]
    wanted: Sequence[str] = job.scores or list(scores)
    values = {name: float(scores[name]["value"]) for name in wanted if name in scores}
    units = {name: scores[name]["unit"] for name in values if "unit" in scores[name]}
    return Result(job.method.label, seed, folder, values, units, seconds, steps, count)
