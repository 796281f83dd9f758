"""What each setting does and what it is by default, for help texts and docs."""

from __future__ import annotations

from typing import Any

from unweave.models.catalogue import FAMILY_DEFAULTS, Kind, corner
from unweave.models.variational_settings import VariationalSettings
from unweave.training.settings import TrainingSettings, training_defaults


def setting_lines(model: str | None = None) -> list[tuple[str, str]]:
    """Return (name, help with the default) of every setting, as `model` has it.

    Where tables, 64 x 64 images and small images differ, their defaults are named.
    """
    shapes: dict[Kind, tuple[int, ...]] = {"table": (1,), "images": (1, 64, 64)}
    defaults: dict[Kind, dict[str, Any]] = {}
    for kind, shape in shapes.items():
        own = corner(model).settings_for(kind) if model else {}
        defaults[kind] = {**FAMILY_DEFAULTS[kind], **own, **training_defaults(shape)}
    lines = []
    for group in (VariationalSettings, TrainingSettings):
        for name, plain, help in group.help_lines():
            table, images = (_shown(defaults[kind].get(name, plain)) for kind in defaults)
            value = table if table == images else f"tables {table}, images {images}"
            small = _shown(training_defaults((1, 32, 32)).get(name, images))
            if small != images:
                value += f", up to 32 x 32 {small}"
            lines.append((name, f"{help} [default: {value or 'by size'}]"))
    return lines


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
