"""The JSON files of a run's folder, as they are read back."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

from unweave.errors import RequestError

FORMAT = 1


def read_config(folder: Path | str) -> dict[str, Any]:
    """Return a run folder's ``config.json``.

    Raises
    ------
    RequestError
        If the folder is no run.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RequestError(f"{folder}: there is no such folder; name a run's folder")
    if not (folder / "config.json").is_file():
        inside = sorted(path.parent for path in folder.glob("*/config.json"))
        mend = (
            f"name one of the runs in it, such as {inside[0]}" if inside else "name a run's folder"
        )
        raise RequestError(f"{folder}: not a run (it has no config.json); {mend}")
    config: dict[str, Any] = read_json(folder / "config.json")
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise RequestError(
            f"{folder}/config.json: not a run of this version of unweave; train it again"
        )
    return config


def versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    packages = ("unweave", "torch", "numpy", "lightning")
    found = {name: importlib.metadata.version(name) for name in packages}
    return found | {"python": platform.python_version()}


def read_json(path: Path) -> Any:
    """Return a run's JSON document; raise RequestError if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{path}: damaged ({error}); train the run again") from error
