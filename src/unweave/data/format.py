"""The declaration of a kind of path, or of data from memory, that can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from unweave.data.assemble import Contents
from unweave.data.options import Option


@dataclass(frozen=True)
class Format:
    """A kind of path, or of data from memory, and how it is read.

    A format takes a file by how its name ends (`suffixes`), a path by its own look at it
    (`recognises`), an object by its type (`types`).

    Attributes
    ----------
    name : str
    becomes : str
        What is made of it, for the documentation.
    kind : {"images", "table", "either"}
    read : callable
        Takes the path or the object, and the options by name; unless `kind` is
        "images" also ``schema``: that of a trained run, a `TableRequest`, or None.
        Returns `Contents`.
    what : str
        What it takes beside files with the `suffixes`, in words that go on from "give ...".
    suffixes : tuple of str
        In small letters, each with its dot.
    recognises : callable, optional
        Given an existing path, tells whether it is of this kind; instead of `suffixes`.
    types : tuple of type
    options : tuple of Option
    fallback : bool
        Whether it is asked only after all others.
    """

    name: str
    becomes: str
    kind: Literal["images", "table", "either"]
    read: Callable[..., Contents]
    what: str = ""
    suffixes: tuple[str, ...] = ()
    recognises: Callable[[Path], bool] | None = None
    types: tuple[type, ...] = ()
    options: tuple[Option, ...] = ()
    fallback: bool = False

    def takes(self, given: object) -> bool:
        """Tell whether a path, which exists, or an object is of this kind."""
        if not isinstance(given, Path):
            return isinstance(given, self.types)
        if self.recognises is not None:
            return self.recognises(given)
        return not given.is_dir() and given.name.casefold().endswith(self.suffixes)
