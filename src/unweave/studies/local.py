"""Jobs of a study in processes on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO

from unweave.studies.job import Job

TRIES = 3
_POLLED = 0.05


@dataclass
class _Worker:
    job: Job
    tries: int
    process: subprocess.Popen[str]
    errors: IO[str]


def do_locally(
    jobs: Sequence[Job], processes: int, threads: int
) -> Iterator[tuple[Job, list[str]]]:
    """Yield every job as it ends, with a line for each failure.

    A process that dies, as when the system runs out of memory, is started again up to twice.

    Parameters
    ----------
    jobs : sequence of Job
    processes : int
        The number of jobs that run at once.
    threads : int
        Threads of each process.
    """
    waiting = deque((job, 1) for job in jobs)
    with ExitStack() as stack:
        working: list[_Worker] = []
        stack.callback(_end, working)
        while waiting or working:
            while waiting and len(working) < processes:
                working.append(_begin(*waiting.popleft(), threads, stack))
            time.sleep(_POLLED)
            for worker in [each for each in working if each.process.poll() is not None]:
                working.remove(worker)
                wrong = _ended(worker)
                if wrong is None and worker.tries < TRIES:
                    waiting.append((worker.job, worker.tries + 1))
                    continue
                yield worker.job, [_died(worker)] if wrong is None else wrong


def usable_processors() -> int:
    """Return how many processors this process may use, which a cluster or ``taskset`` limits."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin(job: Job, tries: int, threads: int, stack: ExitStack) -> _Worker:
    # Not a pipe, which a worker with many warnings would fill, and then wait for a reader.
    errors = stack.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115
    limits = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    process = subprocess.Popen(
        [sys.executable, "-m", "unweave.studies.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env={**os.environ, **limits},
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # It has died already, which the next poll finds.
        process.stdin.write(json.dumps({"job": job.to_json(), "threads": threads}) + "\n")
        process.stdin.flush()  # Left open: the worker ends when this process does.
    return _Worker(job, tries, process, errors)


def _ended(worker: _Worker) -> list[str] | None:
    """Return the failures that a worker reports; None if it died before it could."""
    process = worker.process
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    with process.stdout:
        lines = process.stdout.read().splitlines()
    if process.returncode or not lines:
        return None
    return list(json.loads(lines[-1]))


def _died(worker: _Worker) -> str:
    worker.errors.seek(0)
    lines = worker.errors.read().strip().splitlines()
    said = f": {lines[-1]}" if lines else ""
    place = worker.job.folder / worker.job.method.label
    return (
        f"{place}: its process ended with {worker.process.returncode}, {worker.tries} times{said}"
    )


def _end(working: list[_Worker]) -> None:
    for worker in working:
        worker.process.kill()
        worker.process.wait()
