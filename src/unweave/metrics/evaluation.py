"""From a run and its data to the JSON document of its scores."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch

from unweave.data import Dataset, SplitName
from unweave.errors import RequestError, UnweaveError, pick
from unweave.metrics.registry import SCORES, WHOLE_SCORES
from unweave.metrics.score import FactorScore, PosteriorScore, ReconstructionScore, Score
from unweave.metrics.subject import Subject
from unweave.runs.model import Model

logger = logging.getLogger("unweave")

SEED = 0
WholeScore = FactorScore | PosteriorScore
SPLITS = ("train", "validation", "test", "all")


def evaluate_models(
    models: Sequence[Model], data: Any, metrics: str | Iterable[str] | None, split: str
) -> list[dict[str, Any]]:
    """Score each run; see `unweave.evaluate`."""
    wanted = named_scores(metrics)
    pick(split, SPLITS, "split")
    documents = []
    last: tuple[Any, Dataset] | None = None
    for model in models:
        # Seeds of one study share their data, which can take long to read.
        key = (model.data["source"] if data is None else id(data), model.table, model.sample_shape)
        if last is None or last[0] != key:
            last = key, model.dataset(data)
        if data is None and not _is_own(model, last[1]):
            logger.warning(
                "%s: %s has changed since the run was trained on it; all its rows are scored",
                model.folder or model.name,
                last[1].name,
            )
        documents.append(evaluate_model(model, last[1], wanted, split))
    return documents


def evaluate_model(
    model: Model, dataset: Dataset, wanted: Sequence[Score] | None, split: str
) -> dict[str, Any]:
    """Return the document of one run: all scores of one pass over the rows that count.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        As `Model.dataset` returns it.
    wanted : sequence of Score, optional
        Every score that the data allows unless given.
    split : str
        One of `SPLITS`; of no effect unless the dataset is what the run was trained on.

    Raises
    ------
    RequestError
        If a wanted score needs what the data has not, or there are no rows.
    UnweaveError
        If a reconstruction is not finite.
    """
    obstacles = {score.name: score.obstacle(dataset, model) for score in wanted or SCORES.values()}
    omitted = {name: why for name, why in obstacles.items() if why}
    if wanted and omitted:
        said = "; ".join(f"{name} {why}" for name, why in omitted.items())
        raise RequestError(f"--metrics: {dataset.name} has no such score: {said}")
    split, rows = _rows_that_count(model, dataset, split)
    if not len(rows):
        raise RequestError(f"{dataset.name}: its {split} split has no rows; give other data")
    scores = [SCORES[name] for name in obstacles if name not in omitted]
    return {
        "run": None if model.folder is None else str(model.folder),
        "data": dataset.name,
        "split": split,
        "count": len(rows),
        "scores": scores_of(Subject(model, dataset, rows), scores),
        "omitted": omitted,
    }


def scores_of(subject: Subject, scores: Sequence[Score]) -> dict[str, dict[str, Any]]:
    """Return what JSON shows of each score, in their order."""
    found: dict[str, dict[str, Any]] = {}
    each = [score for score in scores if isinstance(score, ReconstructionScore)]
    if each:
        found |= _reconstruction_scores(subject, each)
    found |= _whole_scores(subject, [each for each in scores if isinstance(each, WholeScore)])
    return {score.name: found[score.name] for score in scores}


def _whole_scores(subject: Subject, scores: Sequence[WholeScore]) -> dict[str, dict[str, Any]]:
    """Score all codes, or posteriors, together; one function is called once."""
    told: dict[Any, Mapping[str, Any]] = {}
    found = {}
    for score in scores:
        if score.function not in told:
            if not np.isfinite(subject.codes).all():
                model = subject.model.folder or subject.model.name
                raise UnweaveError(f"{model}: codes of {subject.dataset.name} are not finite")
            told[score.function] = _told(subject, score)
        parts = told[score.function]
        values = {row.shown for row in WHOLE_SCORES if row.function is score.function}
        found[score.name] = {
            "value": parts[score.shown],
            **{key: each for key, each in parts.items() if key not in values},
            **_left_out(subject, score),
            **_unit(score, subject),
        }
    return found


def _told(subject: Subject, score: WholeScore) -> Mapping[str, Any]:
    # Every score draws by itself: which others were asked for does not matter.
    generator = np.random.default_rng(SEED)
    if isinstance(score, FactorScore):
        return score.function(subject.codes, subject.truth, generator)
    return score.function(*subject.posterior, generator)


def _left_out(subject: Subject, score: WholeScore) -> dict[str, list[str]]:
    """Return which factors do not vary in these rows, where it matters."""
    if isinstance(score, FactorScore) and subject.truth.left_out:
        return {"left_out": list(subject.truth.left_out)}
    return {}


def _reconstruction_scores(
    subject: Subject, scores: Sequence[ReconstructionScore]
) -> dict[str, dict[str, Any]]:
    """Score every sample in one pass, and return mean and deviation over them."""
    parts: dict[str, list[torch.Tensor]] = {score.name: [] for score in scores}
    for samples, reconstructions in subject.pairs():
        if not torch.isfinite(reconstructions).all():
            model = subject.model.folder or subject.model.name
            raise UnweaveError(f"{model}: reconstructions of {subject.dataset.name} are not finite")
        for score in scores:
            parts[score.name].append(score.function(samples, reconstructions))
    found = {}
    for score in scores:
        values = torch.cat(parts[score.name]).double()
        found[score.name] = {
            "value": values.mean().item(),
            # The deviation of these samples, not an estimate for others: 0 for a single one.
            "sd": values.std(correction=0).item(),
            "count": len(values),
            **_unit(score, subject),
        }
    return found


def _unit(score: Score, subject: Subject) -> dict[str, str]:
    unit = score.units.get(subject.dataset.kind)
    return {"unit": unit} if unit else {}


def named_scores(metrics: str | Iterable[str] | None) -> list[Score] | None:
    """Return the scores of the given names, each once, in order; None for None.

    Parameters
    ----------
    metrics : str or iterable of str, optional
        Names, or one text with commas between them.

    Raises
    ------
    RequestError
        If a name is unknown (suggests the nearest), or there is none.
    """
    if metrics is None:
        return None
    names = metrics.split(",") if isinstance(metrics, str) else metrics
    known = list(dict.fromkeys(pick(name.strip(), SCORES, "metric") for name in names))
    if not known:
        raise RequestError(f"--metrics: name at least one of {', '.join(SCORES)}")
    return [SCORES[name] for name in known]


def _rows_that_count(model: Model, dataset: Dataset, split: str) -> tuple[str, np.ndarray]:
    """Return a split of the data the run was trained on, all rows of any other data."""
    if split == "all" or not _is_own(model, dataset):
        return "all", np.arange(len(dataset))
    return split, dataset.rows(cast(SplitName, split))


def _is_own(model: Model, dataset: Dataset) -> bool:
    return dataset.matches(str(model.data["fingerprint"]))
