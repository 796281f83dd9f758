"""Jobs of a study on a Ray cluster; those of a lost machine are repeated elsewhere."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from unweave.errors import RequestError, UnweaveError
from unweave.studies.job import Job, do_job

TRIES = 5


def do_on_ray(jobs: Sequence[Job], address: str, threads: int) -> Iterator[tuple[Job, list[str]]]:
    """Yield every job as it ends, with a line for each failure.

    Every machine must see the study's folder, and the data, under the same path.

    Parameters
    ----------
    jobs : sequence of Job
    address : str
        The cluster's address, such as ``auto`` or ``ray://host:10001``; ``local`` starts one on
        this machine.
    threads : int
        Processors for each job.

    Raises
    ------
    RequestError
        If Ray is not installed, or there is no cluster at that address.
    """
    try:
        import ray  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise RequestError(
            f'ray={address}: Ray is not installed; install it with pip install "unweave[ray]"'
        ) from None
    started_here = not ray.is_initialized()
    if started_here:
        _check_answers(address)
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError) as error:
            said = " ".join(str(error).split())[:200]
            raise RequestError(f"ray={address}: no cluster answers there ({said})") from None
    try:
        yield from _done(ray, jobs, threads)
    finally:
        if started_here:
            ray.shutdown()


def _check_answers(address: str) -> None:
    """Refuse an address where nothing listens; Ray itself would wait there forever."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return  # One of Ray's own names, such as auto.
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except (OSError, OverflowError) as error:
        raise RequestError(f"ray={address}: no cluster answers there ({error})") from None


def _done(ray: Any, jobs: Sequence[Job], threads: int) -> Iterator[tuple[Job, list[str]]]:
    gpus = 1 if ray.cluster_resources().get("GPU") else 0
    # The job of a lost machine is repeated on another, which goes on from the last checkpoint
    # in the folder that they share.
    task = ray.remote(num_cpus=threads, num_gpus=gpus, max_retries=TRIES)(_with_threads)
    pending = {task.remote(job.to_json(), threads): job for job in jobs}
    while pending:
        (ended, *_), _ = ray.wait(list(pending), num_returns=1)
        job = pending.pop(ended)
        try:
            yield job, ray.get(ended)
        except ray.exceptions.RayError as error:
            place = job.folder / job.method.label
            yield (
                job,
                [f"{place}: lost with its machine {TRIES + 1} times ({type(error).__name__})"],
            )
        except UnweaveError as error:
            yield job, [str(error)]


def _with_threads(document: dict[str, Any], threads: int) -> list[str]:
    import torch

    torch.set_num_threads(threads)
    return do_job(Job.from_json(document))
