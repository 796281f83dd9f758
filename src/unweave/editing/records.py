"""Results that can be written as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

from unweave.statistics import finite_or_none


class JsonRecord:
    """A dataclass of numbers, texts and booleans that can be written as JSON."""

    def to_json(self) -> dict[str, Any]:
        """Return its fields; a number that is not finite becomes None."""
        fields = dataclasses.asdict(self)  # type: ignore[call-overload]
        document: dict[str, Any] = finite_or_none(fields)
        return document
