"""The settings of models and of their training, with their defaults, for help texts and docs."""

from __future__ import annotations

from collections.abc import Sequence

from unweave.models.families import FAMILIES, family_of
from unweave.runs.training_settings import TrainingSettings
from unweave.settings import Settings

SHAPES = {"tables": (1,), "images": (1, 64, 64), "up to 32 x 32": (1, 32, 32)}


def setting_lines(
    model: str | None = None, groups: Sequence[type[Settings]] = ()
) -> list[tuple[str, str]]:
    """Return the name of every setting, and its help with the default.

    If the defaults for tables, tables of levels, 64 x 64 images and small images differ, all are
    given.

    Parameters
    ----------
    model : str, optional
        The model whose defaults are shown; by default those of each family.
    groups : sequence of type of Settings, optional
        By default those of the model's family and of training.
    """
    families = FAMILIES if model is None else (family_of(model),)
    lines = []
    for group in groups or (*(family.settings for family in families), TrainingSettings):
        family = next((each for each in families if each.settings is group), families[0])
        defaults = [family.default_values(model, shape) for shape in SHAPES.values()]
        defaults.append(family.default_values(model, SHAPES["tables"], of_levels=True))
        for name, plain, help in group.help_lines():
            table, images, small, levels = (_shown(own.get(name, plain)) for own in defaults)
            value = table if table == images else f"tables {table}, images {images}"
            if levels != table:
                value += f", tables of levels alone {levels}"
            if small != images:
                value += f", up to 32 x 32 {small}"
            lines.append((name, f"{help} [default: {value or 'by size'}]"))
    return lines


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
