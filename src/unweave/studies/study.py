"""The study itself: every run of its plan once, resumable after any interruption."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from unweave.data import Dataset, load_data
from unweave.errors import RequestError
from unweave.files import check_folder, write_text
from unweave.locks import alone
from unweave.metrics.registry import SCORES
from unweave.studies.job import Job, OtherRunError, do_job, jobs_of, stored_scores
from unweave.studies.local import do_locally
from unweave.studies.on_ray import do_on_ray
from unweave.studies.plan import MOST_RUNS, PLAN_FILE, StudyPlan, read_plan
from unweave.studies.results import Study, collect, write_results
from unweave.training.data import load_for_training
from unweave.training.devices import pick_device
from unweave.training.request import settings_for

logger = logging.getLogger("unweave")
_NOTHING = "all of them finished: there is nothing to do"


def study(
    plan: Path | str | StudyPlan,
    out: Path | str,
    *,
    processes: int | None = None,
    device: str = "auto",
    ray: str | None = None,
    yes: bool = False,
    dataset: Dataset | None = None,
) -> Study:
    """Train and score every model, setting and seed of a study file, and compare the methods.

    Every run has its own folder, ``out/METHOD/seed-S``. A study that was stopped or killed
    goes on where it was when it is called again; one that is finished does nothing.

    Parameters
    ----------
    plan : path or StudyPlan
        A study file (see `read_plan`), or its contents.
    out : path
        The study's folder.
    processes : int, optional
        Runs at once on this machine; by default one for each processor, or one on a GPU.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    ray : str, optional
        The address of a Ray cluster to train on instead: ``auto``, ``ray://host:10001``, or
        ``local`` to start one here.
    yes : bool
        Start even if there are more than 200 runs.
    dataset : Dataset, optional
        The data itself, where the plan's name is not enough to find it; all runs are then trained
        in this process, one job after the other.

    Returns
    -------
    Study

    Raises
    ------
    RequestError
        If an entry of the file is unknown or does not fit the data, `out` holds runs of another
        study, or another study is running there.
    """
    plan = plan if isinstance(plan, StudyPlan) else read_plan(plan)
    folder = Path(out)
    if plan.count > MOST_RUNS and not yes:
        raise RequestError(
            f"this is a grid of {plan.count} runs, more than {MOST_RUNS}; confirm it with yes=True"
        )
    if processes is not None and processes < 1:
        raise RequestError(f"processes={processes}: ask for at least 1 process")
    check_folder(folder)
    on_gpu = pick_device(device).type != "cpu"
    at_hand, dataset = dataset, dataset or load_data(plan.data)
    # An error in the last run, or in its scores, is found before the first run starts.
    for method in plan.methods:
        # It may ask for another coding of a table.
        told = "likelihood" in method.changes and at_hand is None
        own = load_for_training(plan.data, method.changes) if told else dataset
        settings_for(method.model, own, method.changes)
    for name in plan.scores or ():
        if why := SCORES[name].obstacle(dataset):
            raise RequestError(f"{plan.data}: {name} {why}; take it out of scores")
    with alone(folder, "another study"):
        every = jobs_of(plan, folder, device)
        todo = [job for job in every if _is_open(job)]
        done = len(every) - len(todo)
        state = f"{done} of them finished" if todo else _NOTHING
        logger.info("%s: %d runs, %s", folder, len(every), state)
        write_text(folder / PLAN_FILE, plan.text)
        if todo:
            jobs = _together(todo, dataset)
            processors = os.cpu_count() or 1
            processes = min(processes or (1 if on_gpu else processors), len(jobs))
            threads = max(1, processors // processes)
            work: Iterator[tuple[Job, list[str]]]
            if at_hand is not None:
                work = ((job, do_job(job, at_hand)) for job in jobs)
            elif ray:
                work = do_on_ray(jobs, ray, threads)
            else:
                work = do_locally(jobs, processes, threads)
            _report(work, len(every), done)
        found = collect(plan, folder)
        write_results(found, folder)
    return found


def _is_open(job: Job) -> bool:
    """Return whether a run is still to be done; a damaged one is, and fails with its reason."""
    try:
        return stored_scores(job, job.seeds[0]) is None
    except OtherRunError:  # Another study's run must not be overwritten.
        raise
    except RequestError:
        return True


def _together(jobs: Sequence[Job], dataset: Dataset) -> list[Job]:
    """Join the jobs of consecutive seeds of one method on a table, which train together."""
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
