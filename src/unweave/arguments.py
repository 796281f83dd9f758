"""The check of a function's arguments by its annotations, when it is called.

A wrong kind of argument, such as a number where a list of names belongs, is an error of one line
that names the argument, in place of what the depths of the function would make of it.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

import numpy as np

from unweave.errors import RequestError, shown

P = ParamSpec("P")
R = TypeVar("R")
_NAMED = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function refuse arguments of another kind than its annotations name.

    Annotations with names that only type checkers import are taken as `Any`.

    Raises
    ------
    RequestError
        By the function: ``metrics=3: a text or several, each a text, is wanted``.
    """
    signature = inspect.signature(function)

    @functools.cache
    def hints() -> dict[str, Any]:
        return {
            name: _evaluated(each.annotation, function)
            for name, each in signature.parameters.items()
            if each.kind in _NAMED
        }

    @functools.wraps(function)
    def call(*given: P.args, **named: P.kwargs) -> R:
        bound: dict[str, Any] = {}
        with contextlib.suppress(TypeError):  # Python says by itself what is missing.
            bound = signature.bind(*given, **named).arguments
        for name, value in bound.items():
            check_kind(name, value, hints().get(name, Any))
        return function(*given, **named)

    return call


def check_kind(name: str, value: Any, hint: Any) -> None:
    """Raise RequestError unless an argument is of the kind that an annotation names."""
    if not fits(value, hint):
        raise RequestError(f"{name}={shown(value)}: {in_words(hint)} is wanted")


def fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of the kind that an annotation names.

    Whole numbers and numbers may be NumPy's, arrays anything that NumPy can make one of, and a
    sequence anything to go through but a text, bytes or a mapping; one that could be gone
    through only once is taken on trust.
    """
    kind = get_origin(hint) or hint
    if kind in (Union, types.UnionType):
        return any(fits(value, each) for each in get_args(hint))
    if kind in (None, types.NoneType):
        return value is None
    if kind in _KINDS:
        return _KINDS[kind][1](value)
    if not isinstance(kind, type):
        return True
    if issubclass(kind, os.PathLike):
        return isinstance(value, os.PathLike)
    if issubclass(kind, Mapping):
        return isinstance(value, Mapping)
    if _is_function(kind):
        return callable(value)
    if kind.__module__ == "collections.abc":
        return _is_row(value) and all(fits(each, get_args(hint)[0]) for each in _items(value))
    return isinstance(value, kind)


def in_words(hint: Any) -> str:
    """Return what an annotation names, for an error; that it may be left out is not said."""
    kind = get_origin(hint) or hint
    if kind in (Union, types.UnionType):
        kinds = [each for each in get_args(hint) if each is not types.NoneType]
        return " or ".join(dict.fromkeys(map(in_words, kinds)))
    if kind in _KINDS:
        return _KINDS[kind][0]
    if issubclass(kind, Mapping):
        return "a mapping"
    if issubclass(kind, os.PathLike):
        return "a path"
    if _is_function(kind):
        return "a function"
    if kind.__module__ == "collections.abc":
        return f"several, each {in_words(get_args(hint)[0])},"
    return f"a {kind.__name__}"


def _evaluated(annotation: Any, function: Callable[..., Any]) -> Any:
    if not isinstance(annotation, str):
        return Any if annotation is inspect.Parameter.empty else annotation
    try:
        return eval(annotation, function.__globals__)
    except (NameError, AttributeError):
        return Any


def _is_function(kind: Any) -> bool:
    return bool(kind == Callable)  # The origin of every ``Callable[…]``.


def _is_whole(value: Any) -> bool:
    plain = _plain(value)
    if isinstance(plain, float):
        return plain.is_integer()
    return isinstance(plain, int) and not isinstance(plain, bool)


def _is_number(value: Any) -> bool:
    plain = _plain(value)
    return isinstance(plain, int | float) and not isinstance(plain, bool)


def _is_flag(value: Any) -> bool:
    return isinstance(_plain(value), bool) or (_is_whole(value) and value in (0, 1))


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array__") or isinstance(value, list | tuple)


def _is_row(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple | set | frozenset) else ()


def _plain(value: Any) -> Any:
    """Return a number of numpy or torch as Python's own."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


_KINDS: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    Any: ("anything", lambda value: True),
    object: ("anything", lambda value: True),
    bool: ("True or False", _is_flag),
    int: ("a whole number", _is_whole),
    float: ("a number", _is_number),
    str: ("a text", lambda value: isinstance(value, str)),
    np.ndarray: ("an array", _is_array),
}
