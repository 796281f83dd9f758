"""Reading of JSON documents by their declared types: what does not fit is named by file and key.

A document's type is a `TypedDict`; ``Annotated[int, Bounds(least=1)]`` adds bounds. Every
entry is checked; keys that the type does not know are left as they are, since a later version
may have written them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from unweave.errors import RequestError, shortened, shown

MEND = "train the run again"
Document = TypeVar("Document")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
Refused = Callable[[str, str], RequestError]
_NAMES: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    NoneType: "null",
    dict: "a table of keys",
    list: "a list",
}


@dataclass(frozen=True)
class Bounds:
    """The least and the largest value of a number, or the allowed lengths of a list."""

    least: float = -math.inf
    most: float = math.inf
    lengths: tuple[int, ...] = ()

    def __str__(self) -> str:
        if self.lengths:
            return f"of length {' or '.join(map(str, self.lengths))}"
        if math.isfinite(self.most):
            return f"from {self.least:g} to {self.most:g}"
        return f"of at least {self.least:g}"

    def hold(self, value: Any) -> bool:
        """Tell whether a number or a list is within the bounds."""
        if isinstance(value, list):
            return not self.lengths or len(value) in self.lengths
        return bool(self.least <= value <= self.most)


def read_json(path: Path, mend: str = MEND) -> Any:
    """Return a JSON document; raise RequestError if it is missing or damaged."""
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
        if _HALF.search(text):  # Half a character, which no other file can hold.
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        return document
    except (OSError, ValueError, RecursionError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise RequestError(f"{path}: damaged ({shortened(said)}); {mend}") from error


def read_document(path: Path, kind: type[Document], mend: str = MEND) -> Document:
    """Return a JSON document of a declared type; `mend` ends the errors.

    Raises
    ------
    RequestError
        If the file is missing or damaged, or an entry is missing, of another type or out of
        its bounds; names the file and the key.
    """
    return as_document(path, read_json(path, mend), kind, mend)


def as_document(path: Path, value: Any, kind: type[Document], mend: str = MEND) -> Document:
    """Return a value that has been read from a file, after a check of its declared type."""
    check_type(value, kind, lambda key, why: refuse(path, key, why, mend))
    return cast(Document, value)


def refuse(path: Path, key: str, why: str, mend: str = MEND) -> RequestError:
    """Return the error of one entry of a run's file."""
    return RequestError(f"{path}: {key or 'the document'}: {why}; {mend}")


def check_type(value: Any, kind: Any, refused: Refused, key: str = "") -> None:
    """Check a value of plain data against a type.

    Parameters
    ----------
    value
    kind : type
        A `TypedDict`, a dataclass, or made of ``str``, ``int``, ``float``, ``bool``, ``None``,
        ``Literal``, ``list``, ``tuple``, ``dict``, ``Any``, unions and `Bounds`.
    refused : callable
        Given the key and what is wrong with it, returns the error to raise.
    key : str
        The path to the value, such as ``data.shape[1]``.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return
    if origin is Annotated:
        check_type(value, arguments[0], refused, key)
        for bounds in arguments[1:]:
            if not bounds.hold(value):
                raise refused(key, f"{_wanted(kind)} is wanted, not {shown(value)}")
    elif origin in (Union, UnionType):
        _check_union(value, arguments, refused, key)
    elif is_typeddict(kind) or is_dataclass(kind):
        _check_entries(value, kind, refused, key)
    elif origin is Literal:
        if not any(value == each and type(value) is type(each) for each in arguments):
            raise refused(key, f"must be one of {', '.join(arguments)}, not {shown(value)}")
    elif origin is dict:
        _require(isinstance(value, dict), dict, value, refused, key)
        for name, each in value.items():
            check_type(each, arguments[1], refused, _inside(key, name))
    elif origin in (list, tuple):
        _require(isinstance(value, list), list, value, refused, key)
        fixed = origin is tuple and arguments[-1] is not Ellipsis
        if fixed and len(value) != len(arguments):
            raise refused(key, f"a list of {len(arguments)} is wanted, not {shown(value)}")
        for index, each in enumerate(value):
            check_type(each, arguments[index if fixed else 0], refused, f"{key}[{index}]")
    else:
        _require(_is_plain(value, kind), kind, value, refused, key)


def _check_entries(value: Any, kind: Any, refused: Refused, key: str) -> None:
    _require(isinstance(value, dict), dict, value, refused, key)
    hints = get_type_hints(kind, include_extras=True)
    optional = {name for name, hint in hints.items() if get_origin(hint) is NotRequired}
    if is_dataclass(kind):
        optional = {field.name for field in fields(kind) if not _is_required(field)}
        if strange := next((name for name in value if name not in hints), None):
            raise refused(_inside(key, strange), "is not known")
    for name, hint in hints.items():
        if name in value:
            hint = get_args(hint)[0] if get_origin(hint) is NotRequired else hint
            check_type(value[name], hint, refused, _inside(key, name))
        elif name not in optional:
            raise refused(_inside(key, name), "is missing")


def _check_union(value: Any, kinds: tuple[Any, ...], refused: Refused, key: str) -> None:
    if value is None and NoneType in kinds:
        return
    # A table or a list is of the one kind of its shape, so that errors name the entry in it.
    shape = dict if isinstance(value, dict) else list if isinstance(value, list) else None
    for kind in kinds:
        if shape is not None and _shape(kind) is shape:
            check_type(value, kind, refused, key)
            return
        if shape is None and _fits(value, kind, refused, key):
            return
    wanted = " or ".join(_wanted(kind) for kind in kinds)
    raise refused(key, f"{wanted} is wanted, not {shown(value)}")


def _fits(value: Any, kind: Any, refused: Refused, key: str) -> bool:
    try:
        check_type(value, kind, refused, key)
    except RequestError:
        return False
    return True


def _shape(kind: Any) -> Any:
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if is_typeddict(kind) or is_dataclass(kind):
        return dict
    return {tuple: list}.get(get_origin(kind), get_origin(kind))


def _is_plain(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_a_float(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _is_a_float(value: float) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _require(holds: bool, kind: Any, value: Any, refused: Refused, key: str) -> None:
    if not holds:
        raise refused(key, f"{_wanted(kind)} is wanted, not {shown(value)}")


def _inside(key: str, name: str) -> str:
    return f"{key}.{shortened(name)}" if key else shortened(name)


def _wanted(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        inner, *bounds = get_args(kind)
        return " ".join([_wanted(inner), *map(str, bounds)])
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    return _NAMES.get(_shape(kind) or kind, "another value")


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
