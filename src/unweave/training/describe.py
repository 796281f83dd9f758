"""What each setting does and what it is by default, for help texts and docs."""

from __future__ import annotations

from unweave.models.catalogue import FAMILY_DEFAULTS, corner
from unweave.models.variational_settings import VariationalSettings
from unweave.training.settings import TrainingSettings, training_defaults


def setting_lines(model: str | None = None) -> list[tuple[str, str]]:
    """Return (name, help with the default) of every setting, as `model` has it.

    Where tables and 64 x 64 images differ, both defaults are named.
    """
    shapes = {"table": (1,), "images": (1, 64, 64)}
    defaults = {}
    for kind in ("table", "images"):
        own = corner(model).settings_for(kind) if model else {}
        defaults[kind] = {**FAMILY_DEFAULTS[kind], **own, **training_defaults(shapes[kind])}
    lines = []
    for group in (VariationalSettings, TrainingSettings):
        for name, plain, help in group.help_lines():
            table, images = (_shown(defaults[kind].get(name, plain)) for kind in defaults)
            value = table if table == images else f"tables {table}, images {images}"
            lines.append((name, f"{help} [default: {value or 'by size'}]"))
    return lines


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
