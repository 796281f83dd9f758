"""Methods of a `Model` whose work is done in rooms above, such as `edit` and `traverse`.

A room may not import one above it, but users expect ``model.edit(…)``. So `Model` declares the
method, and `unweave.api` provides the function that does its work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_PROVIDED: dict[str, Callable[..., Any]] = {}


def provide(name: str, function: Callable[..., Any]) -> None:
    """Let a function, whose first argument is the model, do the work of a method of `Model`."""
    _PROVIDED[name] = function


def provided(name: str) -> Callable[..., Any]:
    """Return the function that does the work of a method of `Model`."""
    try:
        return _PROVIDED[name]
    except KeyError:
        raise NotImplementedError(
            f"Model.{name} is provided by unweave.api, which has not been imported"
        ) from None
