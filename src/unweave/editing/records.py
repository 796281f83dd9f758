"""Results that can be written as JSON."""

from __future__ import annotations

import dataclasses
import math
from typing import Any


class JsonRecord:
    """A dataclass of numbers, texts and booleans that can be written as JSON."""

    def to_json(self) -> dict[str, Any]:
        """Return its fields; a number that is not finite becomes None."""
        document: dict[str, Any] = _plain(dataclasses.asdict(self))  # type: ignore[call-overload]
        return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
