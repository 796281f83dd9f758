"""The declaration of a named data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from unweave.data.assemble import Contents
from unweave.data.files.find import Files, find
from unweave.data.options import Option


@dataclass(frozen=True)
class Source:
    """A data set that has a name.

    Attributes
    ----------
    name, description, licence : str
    kind : {"images", "table"}
    read : callable
        Takes the place of the files, if there are any, and the options by name; for
        tables also ``schema``: that of a trained run, a `TableRequest`, or None.
        Returns `Contents`.
    options : tuple of Option
    files : Files, optional
        Where its files may lie; None if it is part of the package.
    files_for : callable, optional
        Given the options, returns other `Files` than `files`, where an option names
        another file.
    """

    name: str
    description: str
    kind: Literal["images", "table"]
    licence: str
    read: Callable[..., Contents]
    options: tuple[Option, ...] = ()
    files: Files | None = None
    files_for: Callable[..., Files] | None = None

    @property
    def embedded(self) -> bool:
        """Whether it needs no file."""
        return self.files is None

    def where(self) -> str:
        """Say in a few words where the data is."""
        if self.files is None:
            return "embedded"
        found = find(self.files)
        if found is not None:
            return str(found)
        return "can be fetched" if self.files.fetched else f"missing: {self.files.places[0]}"
