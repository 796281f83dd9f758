"""Shares of a study as the tasks of an array on a SLURM cluster, by submitit."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unweave.errors import RequestError
from unweave.studies.job import Job
from unweave.studies.share import Share

logger = logging.getLogger("unweave")
LOGS = "slurm"
MOST_SHARES = 100
_POLLED = 1.0
# Parameters that submitit has for every cluster; others are SLURM's own, such as partition.
_SHARED = ("timeout_min", "mem_gb", "nodes", "cpus_per_task", "gpus_per_node", "name")


@dataclass(frozen=True)
class _Task:
    """What a node does, given its share."""

    folder: Path
    processes: int | None
    device: str

    def __call__(self, share: str) -> None:
        from unweave.studies.plan import PLAN_FILE
        from unweave.studies.study import study

        study(
            self.folder / PLAN_FILE,
            self.folder,
            processes=self.processes,
            device=self.device,
            array=share,
            yes=True,
        )

    def checkpoint(self, share: str) -> Any:
        """Return what submitit puts into the queue again when time is up: the same share."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, share)


def read_slurm(text: str) -> dict[str, Any]:
    """Read ``KEY=VALUE,…``: ``shares``, ``cluster``, and parameters of jobs.

    Raises
    ------
    RequestError
        If the text has another form, or `shares` is not a number from 1 on.
    """
    read: dict[str, Any] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not key or not value:
            raise RequestError(f"slurm={pair}: write KEY=VALUE, such as partition=gpu,shares=20")
        read[key] = int(value) if value.isdecimal() else value
    shares = read.get("shares", 1)
    if not isinstance(shares, int) or shares < 1:
        raise RequestError(f"slurm: shares={shares}: give a whole number from 1 on")
    return read


def do_on_slurm(
    every: Sequence[Job],
    todo: Sequence[Job],
    folder: Path,
    asked: dict[str, Any],
    processes: int | None,
    device: str,
) -> None:
    """Submit the shares that hold unfinished runs, and wait until all of them have ended.

    Nodes must see the study's folder, and the data, under the same path. What a node found is
    in the runs' folders; its log is in the folder ``slurm`` of the study. Where this process
    ends before, the tasks go on.

    Parameters
    ----------
    every, todo : sequence of Job
        The study's runs, and those that are not finished.
    folder : pathlib.Path
        The study's.
    asked : dict
        What `read_slurm` returned.
    processes : int or None
        Runs at once on a node.
    device : str

    Raises
    ------
    RequestError
        If submitit is not installed, SLURM is not there, or a parameter is unknown.
    """
    parameters = dict(asked)
    count = parameters.pop("shares", min(len(every), MOST_SHARES))
    executor = _executor(folder.resolve() / LOGS, parameters)
    open_runs = {job.run_folder(job.seeds[0]) for job in todo}
    shares = [
        share
        for share in (Share(number, count) for number in range(1, count + 1))
        if any(job.run_folder(job.seeds[0]) in open_runs for job in share.of(every))
    ]
    task = _Task(folder.resolve(), processes, device)
    waiting = dict(
        zip(executor.map_array(task, [str(share) for share in shares]), shares, strict=True)
    )
    logger.info("%d of %d shares are in the queue; logs: %s", len(shares), count, folder / LOGS)
    while waiting:
        for job in [job for job in waiting if job.done()]:
            share = waiting.pop(job)
            logger.info("share %s ended: %s (%d left)", share, job.state, len(waiting))
        if waiting:
            time.sleep(_POLLED)


def _executor(logs: Path, parameters: dict[str, Any]) -> Any:
    """Return submitit's executor with the parameters of its jobs."""
    try:
        import submitit  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        raise RequestError(
            'slurm: submitit is not installed; install it with pip install "unweave[slurm]"'
        ) from None
    cluster = parameters.pop("cluster", "slurm")
    named = {
        key if key in _SHARED or key.startswith("slurm_") else f"slurm_{key}": value
        for key, value in parameters.items()
    }
    try:
        executor = submitit.AutoExecutor(logs, cluster=cluster)
        executor.update_parameters(**{"name": "unweave", **named})
    except (RuntimeError, ValueError, NameError, AssertionError, TypeError) as error:
        said = " ".join(str(error).split())
        raise RequestError(f"slurm: {said[:300]}; see the parameters of submitit") from None
    return executor
