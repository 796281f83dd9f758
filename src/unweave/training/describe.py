"""What each setting does and what it is by default, for help texts and docs."""

from __future__ import annotations

from collections.abc import Sequence

from unweave.models.attribute_settings import AttributeSettings
from unweave.models.build import FAMILIES, kind_of, model_defaults, settings_class
from unweave.models.catalogue import FAMILY_DEFAULTS
from unweave.settings import Settings
from unweave.training.settings import TrainingSettings, training_defaults


def setting_lines(
    model: str | None = None, groups: Sequence[type[Settings]] = ()
) -> list[tuple[str, str]]:
    """Return (name, help with the default) of every setting, as `model` has it.

    Of its family and of training, or of the `groups` that are named.
    Where tables, 64 x 64 images and small images differ, their defaults are named.
    """
    shapes = {"tables": (1,), "images": (1, 64, 64), "up to 32 x 32": (1, 32, 32)}
    families = FAMILIES if model is None else (settings_class(model),)
    form = "tuned" if families == (AttributeSettings,) else ""
    defaults = {
        data: {
            **(model_defaults(model, shape) if model else FAMILY_DEFAULTS[kind_of(shape)]),
            **training_defaults(shape, form),
        }
        for data, shape in shapes.items()
    }
    lines = []
    for group in groups or (*families, TrainingSettings):
        for name, plain, help in group.help_lines():
            table, images, small = (_shown(own.get(name, plain)) for own in defaults.values())
            value = table if table == images else f"tables {table}, images {images}"
            if small != images:
                value += f", up to 32 x 32 {small}"
            lines.append((name, f"{help} [default: {value or 'by size'}]"))
    return lines


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
