"""The kinds of paths, and of data from memory: a file for each, which says how it is read.

`FORMATS` is collected from the modules here, each of which ends in ``FORMAT = Format(...)``:
a new kind of path is a new file. `load_data` asks them in order who takes what it was given.
"""

from __future__ import annotations

from collections.abc import Mapping

from unweave.data.declarations import declared
from unweave.data.format import Format


def collect() -> dict[str, Format]:
    """Return the formats by name, in the order of their names, those for anything else last."""
    found = sorted(declared(__name__, __path__, Format), key=lambda each: each.fallback)
    return {each.name: each for each in found}


FORMATS: Mapping[str, Format] = collect()
