"""Verbs of a `Model` whose work is done in a room above: the user's edits, traversals, ….

A room may not import one above it, but users expect ``model.edit(…)``. So `Model` declares the
method, and the room that does the work provides the function; `unweave.api` does so for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_PROVIDED: dict[str, Callable[..., Any]] = {}


def provide(name: str, function: Callable[..., Any]) -> None:
    """Let the function do the work of a method of `Model`, whose first argument is the model."""
    _PROVIDED[name] = function


def provided(name: str) -> Callable[..., Any]:
    """Return the function that does the work of a method of `Model`."""
    try:
        return _PROVIDED[name]
    except KeyError:
        raise NotImplementedError(
            f"Model.{name} is provided by unweave.api, which has not been imported"
        ) from None
