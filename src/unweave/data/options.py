"""Options of sources and formats: how they are declared, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from unweave.data.files.decoding import IMAGE_SIZE
from unweave.errors import RequestError, nearest, pick, shown

Value = int | str | tuple[str, ...] | None


@dataclass(frozen=True)
class Option:
    """One option of a data set.

    Attributes
    ----------
    name : str
    default : int, str or None
    kind : type
        ``int``, ``str``, or ``tuple`` for several words.
    help : str
        A few words on what the option does.
    least, most : int, optional
        The smallest and the largest number allowed.
    choices : tuple of str
        The words allowed; empty where any word is.
    """

    name: str
    default: Value
    kind: type[int] | type[str] | type[tuple[str, ...]]
    help: str
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()

    def read(self, value: object, owner: str) -> Value:
        """Turn a value, or its text, into the option's type.

        Parameters
        ----------
        value : object
            A number or a word, or either as text; several words as a sequence, or as a text with
            commas or + between them.
        owner : str
            What to call the data set in an error.

        Raises
        ------
        RequestError
            If the value is of another type, out of bounds or none of the choices.
        """
        if value is None and self.default is None:
            return None
        if self.kind is tuple:
            return self._words(value, owner)
        if self.kind is str and isinstance(value, str):
            return pick(value, self.choices, f"{self.name} of {owner}") if self.choices else value
        if self.kind is int and not isinstance(value, bool):
            try:
                if isinstance(value, str) or float(value) == int(value):  # type: ignore[call-overload, arg-type]
                    return self._within(int(value), owner)  # type: ignore[call-overload]
            except RequestError:
                raise
            except (TypeError, ValueError, OverflowError):
                pass
        wanted = "a whole number" if self.kind is int else "a word"
        raise RequestError(f"{owner}, option {self.name}={shown(value)}: give {wanted}")

    def _words(self, value: object, owner: str) -> tuple[str, ...]:
        if isinstance(value, str):
            value = [_unquoted(word) for word in re.split("[,+]", value)]
        if not isinstance(value, Iterable) or not all(isinstance(word, str) for word in value):
            raise RequestError(f"{owner}, option {self.name}={shown(value)}: give names")
        words = tuple(dict.fromkeys(word.strip() for word in value if word.strip()))
        if not words:
            raise RequestError(f"{owner}, option {self.name}: give at least one name")
        return words

    def _within(self, number: int, owner: str) -> int:
        low, high = self.least, self.most
        if (low is None or number >= low) and (high is None or number <= high):
            return number
        if high is None:
            allowed = f"from {low} on"
        else:
            allowed = f"up to {high}" if low is None else f"from {low} to {high}"
        raise RequestError(f"{owner}, option {self.name}={number}: give a whole number {allowed}")


def image_size_option(help: str = "side of the images, in pixels") -> Option:
    """Return the option by which images of any size are resized."""
    return Option("image_size", IMAGE_SIZE, int, help, least=4, most=1024)


def attributes_option() -> Option:
    """Return the option that chooses attributes, by which a model learns fewer of them."""
    help = "which attributes are labels, A+B; all by default"
    return Option("attributes", None, tuple, help)


def white_option() -> Option:
    """Return the option that tells what is white where pixels are integers."""
    help = "the integer that is white; by default 255, or 1 if none is above 1"
    return Option("white", None, int, help, least=1, most=255)


def read_options(
    known: Sequence[Option], given: Mapping[str, object], owner: str
) -> dict[str, Value]:
    """Read the options that are given; the others keep their defaults.

    Parameters
    ----------
    known : sequence of Option
        The options of the source or format.
    given : mapping of str to object
        Values, or texts of values, by the options' names.
    owner : str
        What to call the data set in an error.

    Raises
    ------
    RequestError
        If an option is unknown, or its value is not allowed. For an unknown one the
        message names the nearest option, and all of them.
    """
    options = {option.name: option for option in known}
    for name in given:
        if name not in options:
            there_are = f"there are: {', '.join(options)}" if options else "it has no options"
            raise RequestError(
                f"{owner}: unknown option {shown(name)}{nearest(name, options)} ({there_are})"
            )
    return {name: options[name].read(value, owner) for name, value in given.items()}


def source_text(name: str, known: Sequence[Option], values: Mapping[str, Value]) -> str:
    """Write a name or a path with its options not at default, as `load_data` reads it.

    Examples
    --------
    >>> known = (Option("rows", 100, int, "number of rows"), Option("seed", 0, int, "seed"))
    >>> source_text("plants", known, {"seed": 3, "rows": 100})
    'plants:seed=3'
    """
    written = [
        f"{option.name}={_text(values[option.name])}"
        for option in known
        if option.name in values and values[option.name] != option.default
    ]
    return f"{name}:{','.join(written)}" if written else name


def _text(value: Value) -> str:
    """Write a value, names with + between them; signs that part options become %2C and the like."""
    if isinstance(value, tuple):
        return "+".join(re.sub("[%+,:]", lambda sign: f"%{ord(sign[0]):02X}", v) for v in value)
    return str(value)


def _unquoted(word: str) -> str:
    return re.sub("%(25|2B|2C|3A)", lambda code: chr(int(code[1], 16)), word)
