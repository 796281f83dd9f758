"""Settings: typed fields, each with a help line, read from ``KEY=VALUE`` and from JSON."""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping
from typing import Any, ClassVar, Self, get_args, get_type_hints

from unweave.errors import RequestError, nearest, shortened, shown
from unweave.schedules import Schedule

Scheduled = float | Schedule
LARGEST = 2**63 - 1
"""The largest whole number that a setting or a seed may be."""
MOST_SEEDS = 100_000
"""More seeds than anyone trains: asked for by mistake."""
_WHOLE_NUMBERS = tuple[int, ...]
_UNREADABLE = object()

_BOUNDS = {
    "least": ("at least", operator.ge),
    "above": ("above", operator.gt),
    "most": ("at most", operator.le),
    "below": ("below", operator.lt),
}


def setting(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare one field of a `Settings` class: default, help line and what is allowed."""
    limits = {"least": least, "above": above, "most": most, "below": below, "choices": choices}
    return dataclasses.field(default=default, metadata={"help": help, **limits})


@dataclasses.dataclass(frozen=True)
class Settings:
    """Base of every group of settings."""

    noun: ClassVar[str] = "setting"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the settings, in order."""
        return [field.name for field in dataclasses.fields(cls)]

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return `values` with each text turned into its field's type.

        Raises
        ------
        RequestError
            If a name is unknown or a text does not read as the field's type.
        """
        fields = {field.name: field for field in dataclasses.fields(cls)}
        hints = get_type_hints(cls)
        read: dict[str, Any] = {}
        for name, value in values.items():
            if name not in fields:
                raise RequestError(
                    f"unknown {cls.noun} {shown(name)}{nearest(name, fields)} "
                    f"(there are: {', '.join(fields)})"
                )
            read[name] = _convert(name, value, hints[name])
        return read

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some values changed; texts are read as `read` reads them."""
        return dataclasses.replace(self, **type(self).read(changes))

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON values, with schedules as text."""
        plain = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            plain[field.name] = (
                str(value)
                if isinstance(value, Schedule)
                else list(value)
                if isinstance(value, tuple)
                else value
            )
        return plain

    @classmethod
    def schedulable(cls) -> list[str]:
        """Return the names of the settings that may be a schedule."""
        return [name for name, hint in get_type_hints(cls).items() if Schedule in get_args(hint)]

    @classmethod
    def help_lines(cls) -> list[tuple[str, str, str]]:
        """Return (name, default, help) for each setting."""
        schedulable = set(cls.schedulable())
        lines = []
        for field in dataclasses.fields(cls):
            help = field.metadata["help"]
            if field.metadata["choices"]:
                help += f" ({', '.join(field.metadata['choices'])})"
            if field.name in schedulable:
                help += " [may be scheduled]"
            default = field.default
            shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
            lines.append((field.name, shown, help))
        return lines


def whole_number(name: str, value: Any, least: int = 0, most: int = LARGEST) -> int:
    """Return a whole number of any kind, numpy's too, as Python's own.

    Raises
    ------
    RequestError
        If it is another thing, as 1.5, True and "3" are, or out of its bounds.
    """
    plain = _plain(value)
    huge = type(plain) is int and abs(plain) > LARGEST
    number = plain if huge else _whole(plain)
    if number is None:
        raise RequestError(f"{name}={shown(value)}: a whole number is wanted")
    if not least <= number <= most:
        wanted = f"at least {least}" if number < least else f"at most {most}"
        raise RequestError(f"{name}={shown(value)}: must be {wanted}")
    return number


def seeds_from(seeds: Any, seed: Any = 0) -> range:
    """Return the seeds `seed`, `seed` + 1, … of as many runs as asked.

    Raises
    ------
    RequestError
        If one of the two is no whole number, or there are none or more than 100,000 seeds.
    """
    count, first = whole_number("seeds", seeds), whole_number("seed", seed)
    if count < 1:
        raise RequestError(f"seeds={count}: ask for at least 1 run")
    if count > MOST_SEEDS:
        raise RequestError(f"seeds={count}: too many; at most {MOST_SEEDS:,}")
    return range(first, first + count)


def _convert(name: str, value: Any, hint: Any) -> Any:
    """Convert a typed text, or a value from JSON or Python, to the type of the field."""
    kinds = get_args(hint) or (hint,)
    read = _of_text(value, kinds, hint) if isinstance(value, str) else _of_value(value, kinds, hint)
    if read is _UNREADABLE:
        text = shortened(value) if isinstance(value, str) else shown(value)
        raise RequestError(f"{name}={text}: {_wanted(kinds, hint)} is wanted")
    return read


def _of_text(value: str, kinds: tuple[Any, ...], hint: Any) -> Any:
    text = value.strip()
    if Schedule in kinds and (schedule := Schedule.parse(text)):
        return schedule
    if type(None) in kinds and text.casefold() in ("none", "null", ""):
        return None
    if bool in kinds and text.casefold() in ("true", "false", "yes", "no", "1", "0"):
        return text.casefold() in ("true", "yes", "1")
    if str in kinds:
        return text
    try:
        if hint == _WHOLE_NUMBERS:
            return _of_value([int(part) for part in text.split(",") if part.strip()], kinds, hint)
        return _of_value((float if float in kinds else int)(text), kinds, hint)
    except ValueError:
        return _UNREADABLE


def _of_value(value: Any, kinds: tuple[Any, ...], hint: Any) -> Any:
    value = _plain(value)
    if value is None or isinstance(value, bool):
        return value if type(value) in kinds else _UNREADABLE
    if isinstance(value, Schedule):
        return value if Schedule in kinds else _UNREADABLE
    if hint == _WHOLE_NUMBERS:
        several = value if isinstance(value, list | tuple) else [value]
        numbers = tuple(_whole(_plain(each)) for each in several)
        return _UNREADABLE if None in numbers else numbers
    if float in kinds and isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:  # An integer of more digits than a float can hold.
            return _UNREADABLE
    number = _whole(value) if int in kinds else None
    return _UNREADABLE if number is None else number


def _plain(value: Any) -> Any:
    """Return numbers and rows of numpy, torch and pandas as Python's own."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):
        return value.tolist()
    return value


def _whole(value: Any) -> int | None:
    """Return a whole number that fits into 64 bits; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if abs(value) <= LARGEST else None


def _wanted(kinds: tuple[Any, ...], hint: Any) -> str:
    if hint == _WHOLE_NUMBERS:
        return "whole numbers separated by commas"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
    words |= {type(None): "none", Schedule: "a schedule such as linear(0, 4, 0.5)"}
    return " or ".join(words[kind] for kind in kinds if kind in words)


def _check(field: dataclasses.Field[Any], value: Any) -> None:
    """Check a value against the bounds and choices of its field."""
    limits = field.metadata
    if limits["choices"] and value not in limits["choices"]:
        raise RequestError(
            f"{field.name}={shown(value)}: must be one of {', '.join(limits['choices'])}"
            f"{nearest(str(value), limits['choices'])}"
        )
    parts = (
        value.ends
        if isinstance(value, Schedule)
        else value
        if isinstance(value, tuple)
        else (value,)
    )
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, (int, float)):
            continue
        if not math.isfinite(part):
            raise RequestError(f"{field.name}={part}: must be finite")
        for name, (words, holds) in _BOUNDS.items():
            if limits[name] is not None and not holds(part, limits[name]):
                said = f"{field.name}={part:g}"
                raise RequestError(f"{said}: must be {words} {limits[name]:g}")
