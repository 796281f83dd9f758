"""A row of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from unweave.data.dataset import Dataset
from unweave.data.locate import Files, find
from unweave.data.options import Option

Loader = Callable[..., Dataset]


@dataclass(frozen=True)
class Entry:
    """A built-in data set.

    Attributes
    ----------
    name, description, licence : str
    kind : {"images", "table"}
    load : callable
        Takes ``source``, the options, and for tables ``schema``; returns a Dataset.
    options : tuple of Option
    files : Files, optional
        Where its files may lie; None if it is embedded.
    """

    name: str
    description: str
    kind: Literal["images", "table"]
    licence: str
    load: Loader
    options: tuple[Option, ...] = ()
    files: Files | None = None

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
