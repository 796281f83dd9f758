"""Exports of a model: the formats, and the function that writes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from unweave.errors import RequestError, pick, shown
from unweave.exporting.page import export_page
from unweave.exporting.programs import export_onnx, export_torch
from unweave.runs.model import Model

# A new format is a row here.
FORMATS: dict[str, Callable[[Model, Path], None]] = {
    "onnx": export_onnx,
    "torch": export_torch,
    "page": export_page,
}


def export_model(model: Model, out: Path | str, format: str = "onnx") -> None:
    """Write a model for other programs; see `unweave.export`."""
    try:
        pick(format, FORMATS, "format")
    except RequestError as error:
        raise RequestError(f"format={shown(format)}: {error}") from None
    FORMATS[format](model, Path(out))
