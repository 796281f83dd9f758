"""One job of a study: train a method's seeds, score them, keep what was found beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unweave.errors import RequestError, UnweaveError
from unweave.files import write_json
from unweave.metrics.registry import SCORES
from unweave.studies.plan import Method, Plan

SCORES_FILE = "scores.json"


@dataclass(frozen=True)
class Job:
    """Some seeds of a method.

    Attributes
    ----------
    folder : Path
        The study's.
    data : str
    method : Method
    seeds : tuple of int
        One, or several in a row that are trained together.
    scores : tuple of str or None
    split : str
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
        """Return all that decides what a run's scores are."""
        method = asdict(self.method)
        return {"data": self.data, **method, "seed": seed, "split": self.split}

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` makes a job of."""
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


def jobs_of(plan: Plan, folder: Path, device: str = "auto") -> list[Job]:
    """Return a job for every run of a plan.

    Seeds outermost: a study that is stopped has as many of each method as can be.
    """
    return [
        Job(folder, plan.data, method, (seed,), plan.scores, plan.split, device)
        for seed in plan.seeds
        for method in plan.methods
    ]


def do_job(job: Job) -> list[str]:
    """Train and score what is not yet; return what went wrong, a line each.

    Safe to be killed at any moment and to be done again: runs go on from their checkpoints,
    and scores are written whole, after everything else.
    """
    try:
        if any(stored_scores(job, seed) is None for seed in job.seeds):
            _train(job)
            for seed in job.seeds:
                _score(job, seed)
    except (UnweaveError, OSError) as error:
        if len(job.seeds) == 1:
            folder = str(job.run_folder(job.seeds[0]))
            return [f"{folder}: {' '.join(str(error).split()).removeprefix(f'{folder}: ')}"]
        # One of several: each by itself shows which, and the others get done.
        return [line for seed in job.seeds for line in do_job(replace(job, seeds=(seed,)))]
    return []


def _train(job: Job) -> None:
    import unweave as uw

    options = {"resume": True, "progress": False, "device": job.device, **job.method.changes}
    place = job.folder / job.method.label
    uw.train_seeds(
        job.method.model, job.data, seed=job.seeds[0], seeds=len(job.seeds), out=place, **options
    )


def _score(job: Job, seed: int) -> None:
    import unweave as uw

    if stored_scores(job, seed) is not None:
        return
    began = time.perf_counter()
    run = uw.load(job.run_folder(seed), device=job.device)
    dataset = run.dataset()
    obstacles = {name: SCORES[name].obstacle(dataset, run) for name in job.scores or SCORES}
    wanted = [name for name, why in obstacles.items() if not why]
    document = uw.evaluate(run, dataset, wanted, job.split)
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
    """Return a run's seconds, its steps, and how many of its dimensions are informative.

    Raises
    ------
    RequestError
        If its summary is damaged.
    """
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        informative = summary.get("informative")
        count = None if informative is None else len(informative)
        return float(summary["seconds"]), int(summary["steps"]), count
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RequestError(f"{folder}: its summary.json is damaged; remove the folder") from None


class OtherRunError(RequestError):
    """Where a run should be, another study's is."""


def stored_scores(job: Job, seed: int) -> dict[str, Any] | None:
    """Return what a run's scores are, None where they are not there yet.

    Raises
    ------
    OtherRunError
        If the folder holds another run than the study asks for.
    RequestError
        If it is damaged.
    """
    folder = job.run_folder(seed)
    path = folder / SCORES_FILE
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        stored, asked = document["request"], document["asked"]
        for each in document["scores"].values():
            float(each["value"])
        known = document["scores"].keys() | document["omitted"].keys()
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        raise RequestError(f"{path}: is damaged; remove it to have it computed anew") from None
    request = job.request(seed)
    for key in {**request, **stored}:
        if stored.get(key) != request.get(key):
            raise OtherRunError(
                f"{folder}: holds a run with {key} = {stored.get(key)}, not {request.get(key)}; "
                "name another --out"
            )
    for name in ("summary.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise RequestError(f"{folder}: its {name} is gone; remove the folder")
    read_summary(folder)
    enough = asked is None if job.scores is None else set(job.scores) <= known
    return document if enough else None
