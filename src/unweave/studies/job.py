"""One job of a study: some seeds of a method, trained and scored into their run folders."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from unweave.data import Dataset
from unweave.errors import RequestError, UnweaveError, shortened
from unweave.files import write_json
from unweave.metrics.evaluation import evaluate_models
from unweave.metrics.registry import SCORES
from unweave.runs.documents import read_document
from unweave.runs.model import Model
from unweave.runs.run_documents import read_summary_file
from unweave.studies.plan import Method, StudyPlan
from unweave.training.data import load_for_training
from unweave.training.devices import pick_device
from unweave.training.many_seeds import train_many
from unweave.training.request import TrainingRequest

SCORES_FILE = "scores.json"


class ScoreFacts(TypedDict):
    """One score of a run."""

    value: float
    unit: NotRequired[str]


class ScoresDocument(TypedDict):
    """``scores.json``: a run's scores, and what they were asked with."""

    request: dict[str, Any]
    asked: list[str] | None
    split: str
    count: int
    scores: dict[str, ScoreFacts]
    omitted: dict[str, str]


@dataclass(frozen=True)
class Job:
    """Some seeds of a method.

    Attributes
    ----------
    folder : Path
        The study's folder.
    data : str
        The name or path of the data.
    method : Method
    seeds : tuple of int
        One, or several consecutive ones that are trained together.
    scores : tuple of str or None
        Names of scores; every one that the data allows if None.
    split : str
        The part of the data that is scored.
    device : str
    """

    folder: Path
    data: str
    method: Method
    seeds: tuple[int, ...]
    scores: tuple[str, ...] | None
    split: str
    device: str = "auto"

    def run_folder(self, seed: int) -> Path:
        """Return the folder of one of its runs."""
        return self.folder / self.method.label / f"seed-{seed}"

    def request(self, seed: int) -> dict[str, Any]:
        """Return all that a run's scores depend on."""
        method = asdict(self.method)
        return {"data": self.data, **method, "seed": seed, "split": self.split}

    def to_json(self) -> dict[str, Any]:
        """Return the document that `from_json` reads."""
        return {**asdict(self), "folder": str(self.folder)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Job:
        """Return the job that `to_json` wrote."""
        seeds, scores = tuple(document["seeds"]), document["scores"]
        return cls(
            Path(document["folder"]),
            document["data"],
            Method(**document["method"]),
            seeds,
            scores and tuple(scores),
            document["split"],
            document["device"],
        )


def jobs_of(plan: StudyPlan, folder: Path, device: str = "auto") -> list[Job]:
    """Return a job for every run of a plan.

    Seeds are the outer loop, so that a study that is stopped has about as many of each method.
    """
    return [
        Job(folder, plan.data, method, (seed,), plan.scores, plan.split, device)
        for seed in plan.seeds
        for method in plan.methods
    ]


def do_job(job: Job, dataset: Dataset | None = None) -> list[str]:
    """Train and score what is missing; return what went wrong, a line for each failure.

    It can be killed at any moment and repeated: runs go on from their checkpoints, and scores
    are written whole, after everything else.

    Parameters
    ----------
    job : Job
    dataset : Dataset, optional
        The data, if it is at hand; by default it is loaded by its name.
    """
    try:
        if any(stored_scores(job, seed) is None for seed in job.seeds):
            _train(job, dataset)
            for seed in job.seeds:
                _score(job, seed, dataset)
    except (UnweaveError, OSError) as error:
        if len(job.seeds) == 1:
            folder = str(job.run_folder(job.seeds[0]))
            return [f"{folder}: {' '.join(str(error).split()).removeprefix(f'{folder}: ')}"]
        # Each seed by itself shows which one failed, and the others are finished.
        apart = [replace(job, seeds=(seed,)) for seed in job.seeds]
        return [line for each in apart for line in do_job(each, dataset)]
    return []


def _train(job: Job, dataset: Dataset | None) -> None:
    method, folders = job.method, {seed: job.run_folder(seed) for seed in job.seeds}
    shared = TrainingRequest(
        method.model, method.changes, resume=True, device=job.device, progress=False
    )
    for seed, folder in folders.items():
        replace(shared, seed=seed, out=folder).check()  # Before the data is read.
    first = next(iter(folders.values()))
    dataset = dataset or load_for_training(job.data, method.changes, first)
    for _ in train_many(shared, dataset, folders):
        pass  # Each run is written to its folder.


def _score(job: Job, seed: int, dataset: Dataset | None) -> None:
    if stored_scores(job, seed) is not None:
        return
    began = time.perf_counter()
    model = Model.load(job.run_folder(seed)).to(pick_device(job.device))
    dataset = model.dataset(dataset)
    obstacles = {name: SCORES[name].obstacle(dataset, model) for name in job.scores or SCORES}
    wanted = [name for name, why in obstacles.items() if not why]
    (document,) = evaluate_models([model], dataset, wanted, job.split)
    write_json(
        job.run_folder(seed) / SCORES_FILE,
        {
            "request": job.request(seed),
            "asked": job.scores and list(job.scores),
            **{key: document[key] for key in ("split", "count", "scores")},
            "omitted": {name: why for name, why in obstacles.items() if why},
            "seconds": round(time.perf_counter() - began, 3),
        },
    )


def read_summary(folder: Path) -> tuple[float, int, int | None]:
    """Return a run's seconds, its steps, and the number of its informative dimensions.

    Raises
    ------
    RequestError
        If its summary is damaged.
    """
    summary = read_summary_file(folder / "summary.json")
    informative = summary.get("informative")
    count = None if informative is None else len(informative)
    return summary["seconds"], summary["steps"], count


class OtherRunError(RequestError):
    """A run's folder holds a run of another study."""


def stored_scores(job: Job, seed: int) -> ScoresDocument | None:
    """Return the document of a run's scores; None if it has not been written yet.

    Raises
    ------
    OtherRunError
        If the folder holds a run that this study did not ask for.
    RequestError
        If a file in it is damaged.
    """
    folder = job.run_folder(seed)
    path = folder / SCORES_FILE
    if not path.is_file():
        return None
    document = read_document(path, ScoresDocument, "remove it, and it is computed again")
    stored, asked = document["request"], document["asked"]
    known = document["scores"].keys() | document["omitted"].keys()
    request = job.request(seed)
    for key in {**request, **stored}:
        if stored.get(key) != request.get(key):
            raise OtherRunError(
                f"{folder}: holds a run with {key} = {shortened(str(stored.get(key)))}, not "
                f"{shortened(str(request.get(key)))}; name another folder"
            )
    for name in ("summary.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise RequestError(f"{folder}: its {name} is gone; remove the folder")
    read_summary(folder)
    enough = asked is None if job.scores is None else set(job.scores) <= known
    return document if enough else None
