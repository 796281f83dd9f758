"""Errors of one line that name what is wrong and the mend."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping

MOST_SHOWN = 80
_MOST_MESSAGE = 1500


class UnweaveError(Exception):
    """Base of the errors that this package raises on purpose; the command line exits with 1."""

    exit_code = 1


class RequestError(UnweaveError, ValueError):
    """The request or the data is at fault; the command line exits with 2.

    The message is one line: it names the argument, file, row or column at fault, and the mend.
    What is too long for a line, such as a file's own text, is shortened in its middle.
    """

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(shortened(" ".join(message.split()), _MOST_MESSAGE))


class DivergedError(UnweaveError, RuntimeError):
    """A loss term stopped being finite; the message names the step and the term."""


@contextlib.contextmanager
def memory_errors(mend: str) -> Iterator[None]:
    """Turn what allocators raise into an error of one line.

    Parameters
    ----------
    mend : str
        What needs less memory, such as ``ask for fewer draws``.

    Raises
    ------
    RequestError
        If the memory of the machine or of its GPU does not suffice.
    """
    try:
        yield
    except MemoryError as error:
        raise RequestError(f"out of memory; {mend}") from error
    except RuntimeError as error:  # As torch has it; its GPU's error is one, too.
        said = str(error)
        if "alloc" not in said and "out of memory" not in said:
            raise
        where = "on the GPU" if "CUDA out of memory" in said else f"({shortened(said)})"
        raise RequestError(f"out of memory {where}; {mend}") from error


def shortened(text: str, most: int = MOST_SHOWN) -> str:
    """Return a text of at most `most` characters: the middle of a longer one becomes ``…``."""
    if len(text) <= most:
        return text
    end = (most - 1) // 3
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"


def shown(value: object) -> str:
    """Return a value as errors show it, never longer than a line can bear."""
    if isinstance(value, int) and value.bit_length() > 4 * MOST_SHOWN:
        return f"a number of {value.bit_length()} bits"  # Python refuses to write out the longest.
    try:
        return shortened(repr(value))
    except (ValueError, RecursionError):  # A huge number or a thousand lists within it.
        return f"a {type(value).__name__}"


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the choice closest to `name`, or ``""``."""
    # Nothing is near a long one, and to find that out would take long.
    if not isinstance(name, str) or len(name) > MOST_SHOWN:
        return ""
    folded = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[found[0]]!r}?" if found else ""


def folded(name: str) -> str:
    """Return the letters and digits of a name: letter case, ``-``, ``_`` and spaces do not count.

    Examples
    --------
    >>> folded("β-VAE") == folded("beta_vae") == "betavae"
    True
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold().replace("β", "beta"))


def resolve(
    name: str, choices: Iterable[str], aliases: Mapping[str, tuple[str, ...]], what: str
) -> tuple[str, ...]:
    """Return what `name` stands for: one of `choices` however it is written, or an alias's names.

    Parameters
    ----------
    name : str
    choices : iterable of str
    aliases : mapping of str to tuple of str
        For each alias the choices that it stands for; choices go before aliases.
    what : str
        What messages call a choice.

    Raises
    ------
    RequestError
        If there is no such name; the message suggests the nearest choice and lists all of them.
    """
    known = list(choices)
    written = {folded(choice): (choice,) for choice in known}
    found = ({folded(alias): names for alias, names in aliases.items()} | written).get(folded(name))
    if found is not None:
        return found
    if hint := nearest(name, aliases):
        hint = "" if nearest(name, known) else hint
    hint = nearest(name, known) or hint
    raise RequestError(f"unknown {what} {shown(name)}{hint} (there are: {', '.join(known)})")


def pick(name: str, choices: Iterable[str], what: str) -> str:
    """Return `name` if it is one of `choices`; `what` is what messages call it.

    Raises
    ------
    RequestError
        If it is not; the message suggests the nearest choice and lists all of them.
    """
    known = list(choices)
    if name in known:
        return name
    raise RequestError(
        f"unknown {what} {shown(name)}{nearest(name, known)} (there are: {', '.join(known)})"
    )
