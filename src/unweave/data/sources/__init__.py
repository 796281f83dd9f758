"""The named data sets: a file for each, which holds its whole declaration.

`SOURCES` is collected from the modules here, each of which ends in ``SOURCE = Source(...)``:
a new data set is a new file. `source_named` finds one; `load_data` loads it.
"""

from __future__ import annotations

from collections.abc import Mapping

from unweave.data.declarations import declared
from unweave.data.source import Source
from unweave.errors import pick


def collect() -> dict[str, Source]:
    """Return the sources by name: those that need no file first, then images, then tables."""
    found = sorted(
        declared(__name__, __path__, Source), key=lambda each: (not each.embedded, each.kind)
    )
    return {each.name: each for each in found}


SOURCES: Mapping[str, Source] = collect()


def source_named(name: str) -> Source:
    """Return the source of a name.

    Raises
    ------
    RequestError
        If there is none; the message suggests the nearest name.
    """
    return SOURCES[pick(name, SOURCES, "data set")]
