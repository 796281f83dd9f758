"""Shorthands that several tests share."""

from typing import Any

import unweave as uw
from unweave.data import Dataset


def train_run(
    name: str, data: Dataset, changes: dict[str, Any] | None = None, **options: Any
) -> uw.Model:
    """Train a model quietly, its settings given as one mapping."""
    return uw.train(name, data, **{"progress": False, **options, **(changes or {})})
