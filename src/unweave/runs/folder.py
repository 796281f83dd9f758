"""A run's folder: its files, its configuration, and checks before a run is written to it."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

from unweave.data import Dataset
from unweave.errors import RequestError, shortened
from unweave.files import check_folder
from unweave.runs.run_documents import read_config_file

RUN_FILES = ("config.json", "model.safetensors", "history.csv", "summary.json", "checkpoint")


def checkpoint_file(folder: Path) -> Path:
    """Return the path of a run's checkpoint."""
    return folder / "checkpoint" / "latest.safetensors"


def is_finished(folder: Path) -> bool:
    """Return whether a folder's run is finished: ``summary.json`` is written last."""
    return (folder / "summary.json").is_file()


def read_config(folder: Path | str) -> dict[str, Any]:
    """Return a run folder's ``config.json``.

    Raises
    ------
    RequestError
        If the folder holds no run, or an entry of the file is missing or not of its type.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RequestError(f"{folder}: this folder does not exist; name the folder of a run")
    if not (folder / "config.json").is_file():
        inside = sorted(path.parent for path in folder.glob("*/config.json"))
        mend = (
            f"name one of the runs in it, such as {inside[0]}"
            if inside
            else "name the folder of a run"
        )
        raise RequestError(f"{folder}: not a run (it has no config.json); {mend}")
    return read_config_file(folder / "config.json")


def versions() -> dict[str, str]:
    """Return the versions of the packages that results depend on."""
    packages = ("unweave", "torch", "numpy", "lightning")
    found = {name: importlib.metadata.version(name) for name in packages}
    return found | {"python": platform.python_version()}


def check_free(folder: Path, resume: bool) -> None:
    """Raise RequestError unless a run may be written to `folder`."""
    check_folder(folder)
    taken = [name for name in RUN_FILES if (folder / name).exists()]
    if taken and not resume:
        mend = (
            "name another folder"
            if (folder / "summary.json").exists()
            else "continue it with resume=True, or name another folder"
        )
        raise RequestError(f"{folder}: already holds a run ({taken[0]}); {mend}")


def stored_config(folder: Path, resume: bool) -> dict[str, Any] | None:
    """Return the configuration of the run to continue; None if a new run starts.

    Raises
    ------
    RequestError
        If the folder is a file, or holds a run and `resume` is off.
    """
    check_free(folder, resume)
    if is_finished(folder) and read_config(folder).get("turn"):
        raise RequestError(f"{folder}: already holds a turned run; name another folder")
    begun = checkpoint_file(folder).is_file() and (folder / "config.json").is_file()
    return read_config(folder) if begun else None


def check_same(
    folder: Path, stored: dict[str, Any], asked: dict[str, Any], dataset: Dataset
) -> None:
    """Raise RequestError unless the requested configuration is the stored one.

    Settings that are newer than the stored run are not compared, and its data may have a
    fingerprint by a former rule.
    """
    if dataset.matches(stored["data"]["fingerprint"]):
        own = {"fingerprint": stored["data"]["fingerprint"]}
        asked = {**asked, "data": {**asked["data"], **own}}
    for key in ("model", "seed", "settings", "training", "data", "networks"):
        if difference := _first_difference(key, stored[key], asked[key]):
            name, was, now = difference
            raise RequestError(
                f"{folder}: this run was started with {name} = {_text(was)}, not {_text(now)}; "
                "resume it with the same request, or name another folder"
            )


def _first_difference(key: str, stored: Any, asked: Any) -> tuple[str, Any, Any] | None:
    """Return the name and the two values of the first thing that differs."""
    if isinstance(stored, dict) and isinstance(asked, dict):
        # These follow from the data, which the fingerprint identifies.
        implied = ("source", "table", "name", "crop")
        for name in [name for name in stored if name not in implied]:
            if found := _first_difference(name, stored.get(name), asked.get(name)):
                return found
        return None
    return None if stored == asked else (key, stored, asked)


def _text(value: Any) -> str:
    return shortened(str(value))
