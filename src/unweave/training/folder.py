"""Whether a folder can take a run: empty, holding one to go on with, or taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.files import check_folder
from unweave.training.checkpoint import checkpoint_file
from unweave.training.run import Run
from unweave.training.stored import read_config

RUN_FILES = ("config.json", "model.safetensors", "history.csv", "summary.json", "checkpoint")


def stored_config(folder: Path, resume: bool) -> dict[str, Any] | None:
    """Return the configuration of the run to go on with, None where a run begins anew.

    Raises
    ------
    RequestError
        If the folder is a file, or holds a run and `resume` is off.
    """
    check_free(folder, resume)
    begun = checkpoint_file(folder).is_file() and (folder / "config.json").is_file()
    return read_config(folder) if begun else None


def check_same(folder: Path, stored: dict[str, Any], run: Run, dataset: Dataset) -> None:
    """Raise RequestError unless `run`, on `dataset`, is what the stored configuration says."""
    asked = run.config()
    if dataset.matches(stored["data"]["fingerprint"]):  # By a former rule, perhaps.
        asked["data"]["fingerprint"] = stored["data"]["fingerprint"]
    for key in ("model", "seed", "settings", "training", "data", "networks"):
        if difference := _first_difference(key, stored[key], asked[key]):
            name, was, now = difference
            raise RequestError(
                f"{folder}: this run was begun with {name} = {was}, not {now}; resume it with "
                "the same request, or name another --out"
            )


def check_free(folder: Path, resume: bool) -> None:
    """Raise RequestError unless a run may be written to `folder`."""
    check_folder(folder)
    taken = [name for name in RUN_FILES if (folder / name).exists()]
    if taken and not resume:
        mend = (
            "name another --out"
            if (folder / "summary.json").exists()
            else "add --resume to go on with it, or name another --out"
        )
        raise RequestError(f"{folder}: already holds a run ({taken[0]}); {mend}")


def _first_difference(key: str, stored: Any, asked: Any) -> tuple[str, Any, Any] | None:
    """Return the name and the two values of the first thing that differs."""
    if isinstance(stored, dict) and isinstance(asked, dict):
        # These follow from the data, which its fingerprint tells.
        told = ("source", "table", "name", "crop")
        names = [name for name in {**stored, **asked} if name not in told]
        for name in names:
            if found := _first_difference(name, stored.get(name), asked.get(name)):
                return found
        return None
    return None if stored == asked else (key, stored, asked)
