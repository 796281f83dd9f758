"""A study done: every run of its plan, once, whatever happens on the way."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from unweave.data import Dataset, load_data
from unweave.errors import RequestError
from unweave.files import check_folder, write_text
from unweave.metrics.registry import SCORES
from unweave.studies.job import Job, OtherRunError, jobs_of, stored_scores
from unweave.studies.local import do_locally
from unweave.studies.on_ray import do_on_ray
from unweave.studies.plan import MOST_RUNS, PLAN_FILE, Plan, read_plan
from unweave.studies.results import Study, collect, write_results
from unweave.training.devices import pick_device
from unweave.training.request import settings_for

logger = logging.getLogger("unweave")
_NOTHING = "all of them finished: there is nothing to do"


def study(
    plan: Path | str | Plan,
    out: Path | str,
    *,
    processes: int | None = None,
    device: str = "auto",
    ray: str | None = None,
    yes: bool = False,
) -> Study:
    """Train and score every model, setting and seed of a study file; see what they say together.

    Every run is a folder of its own, ``out/METHOD/seed-S``. A study that was stopped or killed
    goes on where it was when it is asked for again; one that is finished does nothing.

    Parameters
    ----------
    plan : path
        A study file; see `read_plan`.
    out : path
        The study's folder.
    processes : int, optional
        How many work at once on this machine; one a processor, or one on a GPU, by default.
    device : str
        As for `train`.
    ray : str, optional
        A Ray cluster's address, to work there.
    yes : bool
        Begin even if there are more than 200 runs.

    Returns
    -------
    Study

    Raises
    ------
    RequestError
        If the file asks for what there is not, `out` holds another study's runs, or another
        process works there.
    """
    plan = plan if isinstance(plan, Plan) else read_plan(plan)
    folder = Path(out)
    if plan.count > MOST_RUNS and not yes:
        raise RequestError(
            f"this is a grid of {plan.count} runs, more than {MOST_RUNS}; add --yes if you mean it"
        )
    if processes is not None and processes < 1:
        raise RequestError(f"--processes {processes}: at least 1 must work")
    check_folder(folder)
    on_gpu = pick_device(device).type != "cpu"
    dataset = load_data(plan.data)
    # What is wrong with the last run, or its scores, is known before the first begins.
    for method in plan.methods:
        settings_for(method.model, dataset, method.changes)
    for name in plan.scores or ():
        if why := SCORES[name].obstacle(dataset):
            raise RequestError(f"{plan.data}: {name} {why}; take it out of scores")
    with _alone(folder):
        every = jobs_of(plan, folder, device)
        todo = [job for job in every if _is_open(job)]
        done = len(every) - len(todo)
        told = f"{done} of them finished" if todo else _NOTHING
        logger.info("%s: %d runs, %s", folder, len(every), told)
        write_text(folder / PLAN_FILE, plan.text)
        if todo:
            jobs = _together(todo, dataset)
            processors = os.cpu_count() or 1
            processes = min(processes or (1 if on_gpu else processors), len(jobs))
            threads = max(1, processors // processes)
            work = do_on_ray(jobs, ray, threads) if ray else do_locally(jobs, processes, threads)
            _report(work, len(every), done)
        found = collect(plan, folder)
        write_results(found, folder)
    return found


def _is_open(job: Job) -> bool:
    """Tell whether a run is still to be done; one that is damaged is, and says so then."""
    try:
        return stored_scores(job, job.seeds[0]) is None
    except OtherRunError:  # Nothing of it may be written over.
        raise
    except RequestError:
        return True


def _together(jobs: Sequence[Job], dataset: Dataset) -> list[Job]:
    """Return jobs, seeds in a row of one method on a table as one: they train together."""
    if dataset.kind != "table":
        return list(jobs)
    rows: list[Job] = []
    for job in sorted(jobs, key=lambda job: (job.method.label, job.seeds)):
        last = rows[-1] if rows else None
        if last and last.method == job.method and last.seeds[-1] + 1 == job.seeds[0]:
            rows[-1] = replace(last, seeds=last.seeds + job.seeds)
        else:
            rows.append(job)
    return rows


def _report(work: Iterator[tuple[Job, list[str]]], total: int, done: int) -> None:
    began, first = time.monotonic(), done
    for job, wrong in work:
        done += len(job.seeds)
        left = (time.monotonic() - began) / max(done - first, 1) * (total - done)
        for line in wrong:
            logger.warning("%s", line)
        seeds = f"seed {job.seeds[0]}" if len(job.seeds) == 1 else f"{len(job.seeds)} seeds"
        logger.info(
            "%s, %s: %s  (%d of %d runs, about %.0f min left)",
            job.method.label, seeds, "failed" if wrong else "done", done, total, left / 60,
        )  # fmt: skip


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a folder to one study at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:  # Not on Windows; two studies at once are the user's own doing there.
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RequestError(
                f"{folder}: another study is at work there; wait for it, or name another --out"
            ) from None
        yield
