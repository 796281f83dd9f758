"""Schedules: settings that change while a model trains, and how they are written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from unweave.errors import RequestError, pick, shown

_SHAPES = {
    "linear": lambda a, b, u: a + (b - a) * u,
    "cosine": lambda a, b, u: b + (a - b) * (1 + math.cos(math.pi * u)) / 2,
    "exponential": lambda a, b, u: a * (b / a) ** u,
    "step": lambda a, b, u: b if u >= 1 else a,
}
_THEN = " then "
# One after the other; each asks the next for its value.
MOST_PIECES = 20
_WRITTEN = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*")


@dataclass(frozen=True)
class Schedule:
    """A number that moves from `start` to `end`, and then stays there or follows another schedule.

    Written ``shape(start, end, over)``, for example ``linear(0, 25, 0.5)``; several one after the
    other as ``exponential(300, 1, 0.1) then linear(8, 1, 0.6)``.

    Attributes
    ----------
    shape : {"linear", "cosine", "exponential", "step"}
        ``step`` jumps from `start` to `end` when `over` is reached.
    start, end : float
    over : float
        How long the change takes: a fraction of the run's steps where it is at most 1,
        otherwise a number of steps.
    then : Schedule, optional
        What follows, from that step on.
    """

    shape: str
    start: float
    end: float
    over: float = 1.0
    then: Schedule | None = None

    def __post_init__(self) -> None:
        pick(self.shape, _SHAPES, "schedule")
        if not all(map(math.isfinite, (self.start, self.end, self.over))) or self.over <= 0:
            raise RequestError(
                f"schedule {self}: start and end must be finite, and over must be above 0"
            )
        if self.shape == "exponential" and not (self.start * self.end > 0):
            raise RequestError(
                f"schedule {self}: an exponential needs start and end of the same sign, not zero"
            )

    @property
    def ends(self) -> tuple[float, ...]:
        """Where it starts and ends, and where what follows does: its extremes are among these."""
        return (self.start, self.end, *(self.then.ends if self.then else ()))

    def at(self, step: float, steps: int) -> float:
        """Return the value at `step` (counted from 0) of a run of `steps`."""
        duration = self.over * steps if self.over <= 1 else self.over
        if self.then is not None and step >= duration:
            return self.then.at(step - duration, steps)
        return float(_SHAPES[self.shape](self.start, self.end, min(1.0, step / duration)))

    def __str__(self) -> str:
        numbers = ", ".join(map(_digits, (self.start, self.end, self.over)))
        return f"{self.shape}({numbers})" + (f"{_THEN}{self.then}" if self.then else "")

    @classmethod
    def parse(cls, text: str) -> Schedule | None:
        """Read ``shape(start, end[, over])``, or several with ``then`` between them.

        Returns None where `text` is not of this form.

        Raises
        ------
        RequestError
            If it looks like a schedule but its name or its numbers are wrong, or more than 20
            follow one another.
        """
        pieces = text.split(_THEN)
        if _WRITTEN.fullmatch(pieces[0]) is None:
            return None
        if len(pieces) > MOST_PIECES:
            raise RequestError(
                f"schedule {shown(text)}: {len(pieces)} follow one another; at most {MOST_PIECES}"
            )
        schedule = None
        for piece in reversed(pieces):
            schedule = cls._parse_one(piece, text, schedule)
        return schedule

    @classmethod
    def _parse_one(cls, piece: str, text: str, then: Schedule | None) -> Schedule:
        found = _WRITTEN.fullmatch(piece)
        if found is None:
            raise RequestError(f"schedule {shown(text)}: {shown(piece)} is not a schedule")
        shape = pick(found[1], _SHAPES, "schedule")
        try:
            numbers = [float(part) for part in found[2].split(",")]
        except (ValueError, OverflowError):
            numbers = []
        if not 2 <= len(numbers) <= 3:
            raise RequestError(
                f"schedule {shown(piece)} must read {shape}(start, end, over), with three numbers"
            )
        start, end, *over = numbers
        return cls(shape, start, end, over[0] if over else 1.0, then)


def _digits(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))


def value_at(value: float | Schedule, step: int, steps: int) -> float:
    """Return the value of a setting at `step` of a run of `steps`."""
    return value.at(step, steps) if isinstance(value, Schedule) else float(value)


def is_used(weight: float | Schedule) -> bool:
    """Tell whether a weight is ever anything but 0."""
    return isinstance(weight, Schedule) or weight != 0
