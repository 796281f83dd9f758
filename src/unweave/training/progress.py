"""Progress of a training: a bar on a terminal, lines in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from tqdm import tqdm


class Reporter(Protocol):
    """Receives every step, and from time to time the loss terms."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def step(self, done: int, terms: Mapping[str, float] | None = None) -> None: ...


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def step(self, done: int, terms: Mapping[str, float] | None = None) -> None:
        """Do nothing."""


class _StepsPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} steps/s" if task.speed else "", style="progress.data.speed")


class Bar(Silent):
    """A live bar: steps, loss terms, steps a second and time left."""

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            _StepsPerSecond(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}"),
            console=Console(stderr=True),
            speed_estimate_period=10,
        )
        self._task = self._progress.add_task(title, total=total, completed=done, terms="")
        self._shown = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, done: int, terms: Mapping[str, float] | None = None) -> None:
        """Move the bar, at most ten times a second."""
        now = time.monotonic()
        if terms is not None:
            self._progress.update(self._task, completed=done, terms=_in_words(terms))
        elif now - self._shown > 0.1:
            self._progress.update(self._task, completed=done)
            self._shown = now


class NotebookBar(Silent):
    """A bar of text for notebooks, whose output is no terminal."""

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        self._bar = tqdm(total=total, initial=done, desc=title, unit="step", file=sys.stderr)

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def step(self, done: int, terms: Mapping[str, float] | None = None) -> None:
        """Move the bar, at most ten times a second."""
        if terms is not None:
            self._bar.set_postfix_str(_in_words(terms), refresh=False)
        self._bar.update(done - self._bar.n)


class Lines(Silent):
    """A line every ten seconds or so, for logs."""

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        self._title, self._total, self._first = title, total, done
        self._began = self._shown = time.monotonic()

    def step(self, done: int, terms: Mapping[str, float] | None = None) -> None:
        """Write a line if the last one was long enough ago, and at the end."""
        now = time.monotonic()
        if terms is None or (now - self._shown < 10 and done < self._total):
            return
        self._shown = now
        speed = (done - self._first) / max(now - self._began, 1e-9)
        left = (self._total - done) / max(speed, 1e-9)
        print(
            f"{self._title}  {done}/{self._total}  {speed:.1f} steps/s  {left:.0f} s left  "
            f"{_in_words(terms)}",
            file=sys.stderr,
            flush=True,
        )


class Shared:
    """A reporter for loops that run side by side in threads: it shows the slowest one.

    Parameters
    ----------
    reporter : Reporter
    loops : int
        Number of loops.
    """

    def __init__(self, reporter: Reporter, loops: int) -> None:
        self._reporter, self._done = reporter, dict.fromkeys(range(loops), 0)
        self._stopped = threading.Event()
        self._one_at_a_time = threading.Lock()

    def stop(self) -> None:
        """Interrupt every loop at its next step."""
        self._stopped.set()

    def part(self, index: int) -> Reporter:
        """Return the reporter of one of the loops."""
        return _Part(self, index)

    def step(self, index: int, done: int, terms: Mapping[str, float] | None) -> None:
        """Note the progress of one loop; report it if this loop is the slowest."""
        if self._stopped.is_set():
            raise KeyboardInterrupt
        with self._one_at_a_time:
            self._done[index] = done
            if done == min(self._done.values()):
                self._reporter.step(done, terms)

    def leave(self, index: int) -> None:
        """Stop waiting for a loop."""
        with self._one_at_a_time:
            del self._done[index]


class _Part(Silent):
    def __init__(self, shared: Shared, index: int) -> None:
        self._shared, self._index = shared, index

    def step(self, done: int, terms: Mapping[str, float] | None = None) -> None:
        self._shared.step(self._index, done, terms)


def reporter(title: str, total: int, done: int = 0, shown: bool = True) -> Reporter:
    """Return a reporter: a bar on a terminal or in a notebook, lines in a log, or nothing."""
    if not shown:
        return Silent()
    if "ipykernel" in sys.modules:
        return NotebookBar(title, total, done)
    return (Bar if sys.stderr.isatty() else Lines)(title, total, done)


def _in_words(terms: Mapping[str, float]) -> str:
    return "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in terms.items())
