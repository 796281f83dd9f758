"""Errors of one line that name what is wrong and the mend."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping


class UnweaveError(Exception):
    """Base of the errors that this package raises on purpose; the command line exits with 1."""

    exit_code = 1


class RequestError(UnweaveError, ValueError):
    """The request or the data is at fault; the command line exits with 2.

    The message is one line: it names the argument, file, row or column at fault, and the mend.
    """

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class DivergedError(UnweaveError, RuntimeError):
    """A loss term stopped being finite; the message names the step and the term."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the choice closest to `name`, or ``""``."""
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
    raise RequestError(
        f"unknown {what} {name!r}{nearest(name, known) or hint} (there are: {', '.join(known)})"
    )


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
        f"unknown {what} {name!r}{nearest(name, known)} (there are: {', '.join(known)})"
    )
