"""Names: a run's title, and what its owner calls the elements of its code (``names.json``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from unweave.errors import RequestError
from unweave.files import write_json
from unweave.runs.documents import read_json

NAMES_FILE = "names.json"
LONGEST = 60


def title_of_run(model: str, data: str, seed: int) -> str:
    """Return the title of a run of a model on some data."""
    return f"{model} on {data}, seed {seed}"


def read_names(folder: Path | None, known: Sequence[str]) -> dict[str, str]:
    """Return the given names by element; empty where there are none.

    Parameters
    ----------
    folder : path or None
        The run's folder; None for a run in memory.
    known : sequence of str
        The elements of its code; what else the file names is left out.

    Raises
    ------
    RequestError
        If the file is damaged.
    """
    if folder is None or not (folder / NAMES_FILE).is_file():
        return {}
    found = read_json(folder / NAMES_FILE)
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise RequestError(
            f'{folder / NAMES_FILE}: must be like {{"z3": "mood"}}; mend or remove it'
        )
    return {name: checked(text) for name, text in found.items() if name in known and text.strip()}


def write_names(folder: Path, names: Mapping[str, str]) -> None:
    """Write the given names to a run's folder, whole; empty ones are left out."""
    kept = {name: checked(text) for name, text in names.items() if text.strip()}
    write_json(folder / NAMES_FILE, kept)


def checked(text: str) -> str:
    """Return a name in one line.

    Raises
    ------
    RequestError
        If it is longer than 60 characters.
    """
    line = " ".join(text.split())
    if len(line) > LONGEST:
        raise RequestError(f"the name {line[:20]!r}… is longer than {LONGEST} characters")
    return line
