"""Settings: typed fields, each with a help line, read from ``KEY=VALUE`` and from JSON."""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping
from typing import Any, ClassVar, Self, get_args, get_type_hints

import numpy as np

from unweave.errors import RequestError, nearest
from unweave.schedules import Schedule

Scheduled = float | Schedule

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
                    f"unknown {cls.noun} {name!r}{nearest(name, fields)} "
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


def _convert(name: str, value: Any, hint: Any) -> Any:
    """Convert a typed text, or a value from JSON, to the type of the field."""
    kinds = get_args(hint) or (hint,)
    if isinstance(value, str):
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
            if hint == tuple[int, ...]:
                return tuple(int(part) for part in text.split(",") if part.strip())
            return int(text) if int in kinds and float not in kinds else float(text)
        except ValueError:
            raise RequestError(f"{name}={value}: {_wanted(kinds, hint)} is wanted") from None
    value = _plain(value)
    if isinstance(value, int) and not isinstance(value, bool) and hint == tuple[int, ...]:
        return (value,)
    if isinstance(value, int) and not isinstance(value, bool) and float in kinds:
        return float(value)
    numbers = (int, float)
    right = (
        (value is None and type(None) in kinds)
        or (isinstance(value, bool) and bool in kinds)
        or (isinstance(value, tuple) and hint == tuple[int, ...] and all(map(_is_whole, value)))
        or (isinstance(value, Schedule) and Schedule in kinds)
        or (
            isinstance(value, numbers)
            and not isinstance(value, bool)
            and (float in kinds or (int in kinds and float(value).is_integer()))
        )
    )
    if not right:
        raise RequestError(f"{name}={value!r}: {_wanted(kinds, hint)} is wanted")
    return value


def whole(name: str, value: Any, least: int = 0) -> int:
    """Return an argument that must be a whole number, NumPy's included, as Python's.

    Raises
    ------
    RequestError
        If it is none, or below `least`.
    """
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise RequestError(f"{name}={value!r}: a whole number is wanted")
    if operator.index(value) < least:
        raise RequestError(f"{name}={value}: must be at least {least}")
    return operator.index(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """Return NumPy's numbers and arrays as Python's, and lists as tuples."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value


def _wanted(kinds: tuple[Any, ...], hint: Any) -> str:
    if hint == tuple[int, ...]:
        return "whole numbers separated by commas"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
    words |= {type(None): "none", Schedule: "a schedule such as linear(0, 4, 0.5)"}
    return " or ".join(words[kind] for kind in kinds if kind in words)


def _check(field: dataclasses.Field[Any], value: Any) -> None:
    """Check a value against the bounds and choices of its field."""
    limits = field.metadata
    if limits["choices"] and value not in limits["choices"]:
        raise RequestError(
            f"{field.name}={value!r}: must be one of {', '.join(limits['choices'])}"
            f"{nearest(str(value), limits['choices'])}"
        )
    parts = (
        (value.start, value.end)
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
