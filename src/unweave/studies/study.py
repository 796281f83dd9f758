"""The study itself: every run of its plan once, resumable after any interruption."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from unweave.arguments import checked
from unweave.data import Dataset, load_data
from unweave.errors import RequestError
from unweave.files import check_folder, write_text
from unweave.locks import alone
from unweave.metrics.registry import SCORES
from unweave.studies.job import Job, OtherRunError, do_job, jobs_of, stored_scores
from unweave.studies.local import do_locally, usable_processors
from unweave.studies.on_ray import do_on_ray
from unweave.studies.on_slurm import do_on_slurm, read_slurm
from unweave.studies.plan import MOST_RUNS, PLAN_FILE, StudyPlan, read_plan
from unweave.studies.results import Study
from unweave.studies.share import gather, read_share, without_others
from unweave.training.data import load_for_training
from unweave.training.devices import pick_device
from unweave.training.request import settings_for

logger = logging.getLogger("unweave")
_NOTHING = "all of them finished: there is nothing to do"


@checked
def study(
    plan: Path | str | StudyPlan,
    out: Path | str,
    *,
    processes: int | None = None,
    device: str = "auto",
    ray: str | None = None,
    array: str | None = None,
    slurm: str | None = None,
    yes: bool = False,
    seeds: int | None = None,
    steps: int | None = None,
    dataset: Dataset | None = None,
    **settings: Any,
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
    array : str, optional
        ``I/N``: do the I-th of N shares of the runs, I from 1 to N, while other machines do the
        others. The share that ends last, or a later call without `array`, has all results.
    slurm : str, optional
        Train on a SLURM cluster, by submitit: ``KEY=VALUE,…`` with ``shares`` (by default one
        for each run, at most 100), ``cluster`` (``slurm``, or ``local``) and parameters of the
        jobs, such as ``partition=gpu,timeout_min=240,gpus_per_node=1``.
    yes : bool
        Start even if there are more than 200 runs.
    seeds, steps : int, optional
        Numbers that override the file's.
    dataset : Dataset, optional
        The data itself, where the plan's name is not enough to find it; all runs are then trained
        in this process, one job after the other.
    **settings
        Settings of all models, which override the file's; they are kept with it.

    Returns
    -------
    Study
        Of a share, `missing` names its own runs alone.

    Raises
    ------
    RequestError
        If an entry of the file is unknown or does not fit the data, `out` holds runs of another
        study, or another study is running there.
    """
    share = None if array is None else read_share(array)
    asked = None if slurm is None else read_slurm(slurm)
    if sum(each is not None for each in (ray, array, slurm)) > 1:
        raise RequestError("ray, array and slurm are three ways to part the runs; give one of them")
    changes = settings if steps is None else {"steps": steps, **settings}
    if not isinstance(plan, StudyPlan):
        plan = read_plan(plan, seeds=seeds, changes=changes)
    elif changes or seeds is not None:
        raise RequestError("seeds, steps and settings change a study file; name the file itself")
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
    # Shares work side by side; each training keeps the folder of its run to itself.
    with nullcontext() if share else alone(folder, "another study"):
        every = jobs_of(plan, folder, device)
        every = share.of(every) if share else every
        todo = [job for job in every if _is_open(job)]
        done = len(every) - len(todo)
        state = f"{done} of them finished" if todo else _NOTHING
        logger.info("%s: %d runs, %s", folder, len(every), state)
        with _plan_kept(folder, plan, every):
            if todo and asked is not None:
                do_on_slurm(every, todo, folder, asked, processes, device)
            elif todo:
                jobs = _together(todo, dataset)
                processors = usable_processors()
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
        found = gather(plan, folder)
    return without_others(found, every) if share else found


@contextmanager
def _plan_kept(folder: Path, plan: StudyPlan, jobs: Sequence[Job]) -> Iterator[None]:
    """Write the plan; take it away again if an error ends the study before a run has begun."""
    path = folder / PLAN_FILE
    new = not path.exists()
    write_text(path, plan.text)
    try:
        yield
    except RequestError:
        if new and not any(job.run_folder(job.seeds[0]).exists() for job in jobs):
            path.unlink(missing_ok=True)
        raise


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
