"""Learn disentangled representations, measure how disentangled they are, edit data with them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unweave.data import Dataset, load_data
    from unweave.errors import DivergedError, RequestError, UnweaveError
    from unweave.exports import save_codes, save_samples
    from unweave.face import evaluate, load, train, train_seeds
    from unweave.interpretation.interpret import interpret
    from unweave.model import Model

__version__ = "0.1.0"

# Loaded when first asked for, so that `unweave --help` need not wait for torch.
_HOMES = {
    "Dataset": "data",
    "DivergedError": "errors",
    "Model": "model",
    "RequestError": "errors",
    "UnweaveError": "errors",
    "evaluate": "face",
    "interpret": "interpretation.interpret",
    "load": "face",
    "load_data": "data",
    "save_codes": "exports",
    "save_edits": "edit_files",
    "save_interpretation": "interpret_files",
    "save_samples": "exports",
    "save_strength": "strength_files",
    "strength": "editing.strength",
    "study": "studies.study",
    "train": "face",
    "train_seeds": "face",
}
__all__ = [
    "Dataset",
    "DivergedError",
    "Model",
    "RequestError",
    "UnweaveError",
    "evaluate",
    "interpret",
    "load",
    "load_data",
    "save_codes",
    "save_edits",
    "save_interpretation",
    "save_samples",
    "save_strength",
    "strength",
    "study",
    "train",
    "train_seeds",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unweave' has no attribute {name!r}")
    return getattr(importlib.import_module(f"unweave.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
