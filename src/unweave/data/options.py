"""Options of a source: their types, their defaults and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unweave.errors import RequestError, nearest


@dataclass(frozen=True)
class Option:
    """An option of a data set: its default, its type and what it does."""

    name: str
    default: int | str | None
    kind: type[int] | type[str]
    help: str

    def read(self, value: object, owner: str) -> int | str | None:
        """Turn a value, or its text, into the option's type.

        Raises
        ------
        RequestError
            If it cannot be.
        """
        if value is None and self.default is None:
            return None
        if self.kind is str and isinstance(value, str):
            return value
        if self.kind is int and not isinstance(value, bool):
            try:
                if isinstance(value, str) or float(value) == int(value):  # type: ignore[call-overload, arg-type]
                    return int(value)  # type: ignore[call-overload, no-any-return]
            except (TypeError, ValueError, OverflowError):
                pass
        wanted = "a whole number" if self.kind is int else "a word"
        raise RequestError(f"{owner}, option {self.name}={value!r}: give {wanted}")


def check_options(options: Mapping[str, object], known: tuple[str, ...], owner: str) -> None:
    """Refuse the first option that is not known.

    Raises
    ------
    RequestError
        Naming it, the nearest known option, and all of them.
    """
    for name in options:
        if name not in known:
            there_are = f"there are: {', '.join(known)}" if known else "it has no options"
            raise RequestError(
                f"{owner}: unknown option {name!r}{nearest(name, known)} ({there_are})"
            )


def source_of(name: str, options: Mapping[str, object]) -> str:
    """Write a name with its options as `load_data` reads it."""
    if not options:
        return name
    return f"{name}:{','.join(f'{key}={value}' for key, value in options.items())}"
