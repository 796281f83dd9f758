"""Records that modules of a package end in: a new module is a new entry of a registry."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import TypeVar

Record = TypeVar("Record")


def declared(package: str, path: Iterable[str], record: type[Record]) -> list[Record]:
    """Import every module of a package and collect what it declares.

    Parameters
    ----------
    package : str
        The package's name.
    path : iterable of str
        The package's ``__path__``.
    record : type
        A module ends in a record under this type's name in capitals, ``SOURCE = Source(...)``,
        or, where one reader serves several names, in a tuple ``SOURCES``.

    Returns
    -------
    list
        In the order of the modules' names.

    Raises
    ------
    TypeError
        If a module declares nothing.
    """
    title = record.__name__.upper()
    found: list[Record] = []
    for name in sorted(info.name for info in pkgutil.iter_modules(path)):
        module = importlib.import_module(f"{package}.{name}")
        declarations = getattr(module, f"{title}S", None) or (getattr(module, title, None),)
        for each in declarations:
            if not isinstance(each, record):
                raise TypeError(f"{module.__name__} must end in {title} = {record.__name__}(...)")
            found.append(each)
    return found
