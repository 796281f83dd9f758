"""Shares of a study: its runs parted among machines that fill one folder at the same time."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from unweave.errors import RequestError, shown
from unweave.locks import lock
from unweave.studies.job import Job
from unweave.studies.plan import StudyPlan
from unweave.studies.results import Study, collect, write_results

Item = TypeVar("Item")
_TURN = ".results.lock"
_WAITED, _POLLED = 60.0, 0.05


@dataclass(frozen=True)
class Share:
    """One of several equal shares of a study's runs.

    Attributes
    ----------
    number : int
        From 1 on.
    count : int
        How many shares there are.
    """

    number: int
    count: int

    def of(self, items: Sequence[Item]) -> list[Item]:
        """Return every `count`-th of the items, from the place `number` on."""
        return list(items[self.number - 1 :: self.count])

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def read_share(text: str) -> Share:
    """Read ``I/N``, the I-th of N shares, I from 1 to N.

    Raises
    ------
    RequestError
        If the text has another form, or there is no such share.
    """
    found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text, re.ASCII)
    if found is None or int(found[2]) == 0:
        raise RequestError(f"array={shown(text)}: write I/N, I from 1 to N, such as array=1/10")
    share = Share(int(found[1]), int(found[2]))
    if not 1 <= share.number <= share.count:
        raise RequestError(
            f"array={share}: the shares are 1/{share.count} to {share.count}/{share.count}; number "
            f"the array's tasks from 1 to {share.count}"
        )
    return share


def gather(plan: StudyPlan, folder: Path) -> Study:
    """Collect the results of all finished runs and write them, one process after another.

    So the last of several shares to end writes what all of them have found.
    """
    with _turn(folder / _TURN):
        found = collect(plan, folder)
        write_results(found, folder)
    return found


def without_others(study: Study, jobs: Sequence[Job]) -> Study:
    """Return a study whose missing runs are those of these jobs alone."""
    own = {str(job.run_folder(seed)) for job in jobs for seed in job.seeds}
    missing = (line for line in study.missing if line.rpartition(": ")[0] in own)
    return replace(study, missing=tuple(missing))


@contextlib.contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait until no other process is at it; not forever, should one of them hang."""
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + _WAITED
    while (held := lock(path)) is None and time.monotonic() < until:
        time.sleep(_POLLED)
    try:
        yield
    finally:
        if held is not None:
            path.unlink(missing_ok=True)
            os.close(held)
