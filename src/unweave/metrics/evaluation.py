"""The scores of trained models, as documents for JSON."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch

from unweave.data import Dataset, SplitName
from unweave.errors import RequestError, UnweaveError, pick
from unweave.metrics.aliases import score_names
from unweave.metrics.encoded_rows import EncodedRows
from unweave.metrics.registry import SCORES, document_of
from unweave.metrics.score import FactorScore, PosteriorScore, ReconstructionScore, Score
from unweave.runs.model import Model

logger = logging.getLogger("unweave")

SEED = 0
# Scores of all rows together, of which one function may find several.
JointScore = FactorScore | PosteriorScore
# Scores of factors learn from some rows and are tested on others.
FEWEST_ROWS = 10
SPLITS = ("train", "validation", "test", "all")


def evaluate_models(
    models: Sequence[Model], data: Any, metrics: str | Iterable[str] | None, split: str
) -> list[dict[str, Any]]:
    """Return the document of each model's scores; see `unweave.evaluate`."""
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
                model.title,
                last[1].name,
            )
        documents.append(evaluate_model(model, last[1], wanted, split))
    return documents


def evaluate_model(
    model: Model, dataset: Dataset, wanted: Sequence[Score] | None, split: str
) -> dict[str, Any]:
    """Return the document of one model: its scores on the rows that count, encoded once.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        The data as `Model.dataset` returns it.
    wanted : sequence of Score, optional
        Every score that the data and the model allow unless given.
    split : str
        One of `SPLITS`; it has no effect unless the model was trained on this dataset.

    Raises
    ------
    RequestError
        If a wanted score needs what the data or the model lacks, or the split has no rows.
    UnweaveError
        If a reconstruction is not finite.
    """
    split, rows = _rows_that_count(model, dataset, split)
    if not len(rows):
        raise RequestError(f"{dataset.name}: its {split} split has no rows; give other data")
    encoded = EncodedRows(model, dataset, rows)
    obstacles = {score.name: _obstacle(score, encoded) for score in wanted or SCORES.values()}
    omitted = {name: why for name, why in obstacles.items() if why}
    if wanted and omitted:
        reasons = "; ".join(f"{name} {why}" for name, why in omitted.items())
        raise RequestError(
            f"metrics={','.join(omitted)}: cannot be computed on {dataset.name}: {reasons}; "
            "leave out what cannot be computed"
        )
    scores = [SCORES[name] for name in obstacles if name not in omitted]
    return {
        "run": None if model.folder is None else str(model.folder),
        "health": model.health or None,
        "data": dataset.name,
        "split": split,
        "count": len(rows),
        "scores": scores_of(encoded, scores),
        "omitted": omitted,
    }


def _obstacle(score: Score, encoded: EncodedRows) -> str:
    """Return why a score cannot be computed on these rows; ``""`` where it can."""
    why = score.obstacle(encoded.dataset, encoded.model)
    if not why and isinstance(score, ReconstructionScore) and not encoded.has_known_values:
        return "needs cells that are not blank; all are in these rows"
    if why or not isinstance(score, FactorScore):
        return why
    if len(encoded.rows) < FEWEST_ROWS:
        return f"needs {FEWEST_ROWS} rows at least, these are {len(encoded.rows)}"
    if not encoded.varying_factors:
        return f"needs known factors that vary; none does in these {len(encoded.rows)} rows"
    return score.obstacle_in(encoded.truth)


def scores_of(encoded: EncodedRows, scores: Sequence[Score]) -> dict[str, dict[str, Any]]:
    """Return what JSON shows of each score, in their order."""
    found: dict[str, dict[str, Any]] = {}
    each = [score for score in scores if isinstance(score, ReconstructionScore)]
    if each:
        found |= _reconstruction_scores(encoded, each)
    found |= _joint_scores(encoded, [each for each in scores if isinstance(each, JointScore)])
    return {score.name: found[score.name] for score in scores}


def _joint_scores(encoded: EncodedRows, scores: Sequence[JointScore]) -> dict[str, dict[str, Any]]:
    """Score all codes, or posteriors, together; every function is called once."""
    results: dict[Any, Mapping[str, Any]] = {}
    found = {}
    for score in scores:
        if score.function not in results:
            if not np.isfinite(encoded.codes).all():
                raise UnweaveError(
                    f"{encoded.model.title}: codes of {encoded.dataset.name} are not finite"
                )
            results[score.function] = _result(encoded, score)
        found[score.name] = {
            **document_of(score, results[score.function]),
            **_left_out(encoded, score),
            **_unit(encoded, score),
        }
    return found


def _result(encoded: EncodedRows, score: JointScore) -> Mapping[str, Any]:
    # Every score has its own draws, so that it does not depend on which others are asked for.
    generator = np.random.default_rng(SEED)
    if isinstance(score, FactorScore):
        codes = encoded.open_codes if score.open_only else encoded.codes
        return score.function(codes, encoded.truth, generator)
    return score.function(*encoded.posterior, generator)


def _left_out(encoded: EncodedRows, score: JointScore) -> dict[str, list[str]]:
    """Return which factors do not vary in these rows, for the scores that need them."""
    if isinstance(score, FactorScore) and encoded.truth.left_out:
        return {"left_out": list(encoded.truth.left_out)}
    return {}


def _reconstruction_scores(
    encoded: EncodedRows, scores: Sequence[ReconstructionScore]
) -> dict[str, dict[str, Any]]:
    """Score every sample in one pass, and return mean and deviation over them."""
    parts: dict[str, list[torch.Tensor]] = {score.name: [] for score in scores}
    for samples, reconstructions in encoded.pairs():
        if not torch.isfinite(reconstructions).all():
            raise UnweaveError(
                f"{encoded.model.title}: reconstructions of {encoded.dataset.name} are not finite"
            )
        for score in scores:
            parts[score.name].append(score.function(samples, reconstructions))
    found = {}
    for score in scores:
        values = torch.cat(parts[score.name]).double()
        values = values[~values.isnan()]
        found[score.name] = {
            "value": values.mean().item(),
            # The deviation of these samples, not an estimate for others: 0 for a single one.
            "sd": values.std(correction=0).item(),
            "count": len(values),
            **_unit(encoded, score),
        }
    return found


def _unit(encoded: EncodedRows, score: Score) -> dict[str, str]:
    unit = score.units.get(encoded.dataset.kind)
    return {"unit": unit} if unit else {}


def named_scores(metrics: str | Iterable[str] | None) -> list[Score] | None:
    """Return the scores of the given names, each once, in order; None for None.

    Parameters
    ----------
    metrics : str or iterable of str, optional
        Names or aliases (`unweave.metrics.aliases`), or one text with commas between them.

    Raises
    ------
    RequestError
        If a name is unknown (suggests the nearest), or there is none.
    """
    if metrics is None:
        return None
    names = metrics.split(",") if isinstance(metrics, str) else metrics
    known = list(dict.fromkeys(each for name in names for each in score_names(name.strip())))
    if not known:
        raise RequestError(f"metrics=[]: name at least one of {', '.join(SCORES)}")
    return [SCORES[name] for name in known]


def _rows_that_count(model: Model, dataset: Dataset, split: str) -> tuple[str, np.ndarray]:
    """Return the split if the model was trained on this data, all rows of any other data."""
    if split == "all" or not _is_own(model, dataset):
        return "all", np.arange(len(dataset))
    return split, dataset.rows(cast(SplitName, split))


def _is_own(model: Model, dataset: Dataset) -> bool:
    return dataset.matches(str(model.data["fingerprint"]))
