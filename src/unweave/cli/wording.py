"""Errors in the words of the command line: arguments of Python become options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import typer
from typer.main import get_command

_ARGUMENT = re.compile(r"(?<![\w.\[{\"'])(?P<name>[a-z_]+)=(?P<value>[^\s;:,()]*)")


def options_of(app: typer.Typer, arguments: Sequence[str]) -> dict[str, str]:
    """Return the options of the command that these arguments call, by parameter name."""
    command = get_command(app)
    for word in arguments:
        commands: Mapping[str, typer.core.TyperCommand] = getattr(command, "commands", {})
        if word in commands:
            command = commands[word]
        elif not word.startswith("-"):
            break
    return {
        (parameter.name or "").rstrip("_"): parameter.opts[0]
        for parameter in command.params
        if parameter.opts and parameter.opts[0].startswith("--")
    }


def in_options(message: str, options: Mapping[str, str]) -> str:
    """Return an error message in which arguments, such as ``count=0``, are written as options.

    Parameters
    ----------
    message : str
        The message as raised for users of Python.
    options : mapping of str to str
        The option of each parameter of the command.

    Examples
    --------
    >>> in_options("count=0: ask for at least 1 sample", {"count": "--count"})
    '--count 0: ask for at least 1 sample'
    >>> in_options("go on by resume=True; beta=4 stays", {"resume": "--resume"})
    'go on by --resume; beta=4 stays'
    """

    def written(found: re.Match[str]) -> str:
        option = options.get(found["name"])
        if option is None:
            return found[0]
        return option if found["value"] in ("True", "") else f"{option} {found['value']}"

    return _ARGUMENT.sub(written, message)
