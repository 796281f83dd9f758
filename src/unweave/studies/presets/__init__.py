"""Published studies, a file each, with their settings and what was published of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

PRESETS: Mapping[str, Path] = {
    path.stem: path for path in sorted(Path(str(files(__name__))).glob("*.toml"))
}
"""The file of each published study, by name."""
