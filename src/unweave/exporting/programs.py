"""Exports as programs of torch and as ONNX graphs: three files and their description."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from unweave.errors import RequestError
from unweave.exporting.modules import Part, check, parts_of, refusal, traced
from unweave.exporting.quiet import quietly
from unweave.files import check_folder, write_json, written_whole
from unweave.runs.model import Model

DESCRIPTION = "export.json"
Writer = Callable[[Model, Part, dict[str, Any], Path], Any]


def export_torch(model: Model, out: Path) -> None:
    """Write ``encoder.pt2``, ``decoder.pt2``, ``editor.pt2`` and ``export.json``.

    The files are archives of a graph and plain arrays; nothing in them is unpickled.
    """
    _export(model, out, ".pt2", _write_program)


def export_onnx(model: Model, out: Path) -> None:
    """Write ``encoder.onnx``, ``decoder.onnx``, ``editor.onnx`` and ``export.json``.

    Raises
    ------
    RequestError
        If onnx, onnxscript or onnxruntime is not installed.
    """
    try:
        import onnx as onnx
        import onnxruntime as onnxruntime
        import onnxscript as onnxscript
    except ImportError as error:
        raise RequestError(
            f'format=onnx needs {error.name}; install it with pip install "unweave[export]"'
        ) from None
    _export(model, out, ".onnx", _write_onnx)


def _export(model: Model, out: Path, suffix: str, write: Writer) -> None:
    check_folder(out)
    if out.is_dir() and any(out.iterdir()):
        raise RequestError(f"out={out}: this folder is not empty; name a new one")
    told = description(model)
    for part in parts_of(model):
        with written_whole(out / f"{part.name}{suffix}") as temporary, quietly():
            found = write(model, part, told, temporary)
            check(model, part, found)
    write_json(out / DESCRIPTION, told)


def _write_program(model: Model, part: Part, told: dict[str, Any], path: Path) -> Any:
    stream = io.BytesIO()
    torch.export.save(traced(model, part), stream, extra_files={DESCRIPTION: json.dumps(told)})
    with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(path, "w") as plain:
        for entry in archive.infolist():
            # torch keeps example inputs as a pickle, and reads an empty file as none.
            content = b"" if "/sample_inputs/" in entry.filename else archive.read(entry)
            plain.writestr(entry, content)
    with torch.inference_mode():
        return torch.export.load(path).module()(*part.inputs.values())


def _write_onnx(model: Model, part: Part, told: dict[str, Any], path: Path) -> Any:
    import onnxruntime

    program = traced(model, part)
    try:
        graph = torch.onnx.export(
            program,
            (),
            dynamo=True,
            verbose=False,
            input_names=list(part.inputs),
            output_names=[part.output],
        )
        assert graph is not None
        graph.model.metadata_props["unweave"] = json.dumps(told)
        graph.save(str(path), external_data=False)
    except Exception as error:  # An operation of a network of one's own that ONNX lacks.
        raise refusal(model, part.name, error) from error
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    fed = {name: value.numpy() for name, value in part.inputs.items()}
    return session.run(None, fed)[0]


def description(model: Model) -> dict[str, Any]:
    """Return what a program needs to know to use an export."""
    images = len(model.sample_shape) == 3
    told: dict[str, Any] = {
        "model": model.name,
        "data": model.data["name"],
        "samples": {
            "shape": ["rows", *model.sample_shape],
            "unit": "intensity in [0, 1]" if images else "standardised",
        },
        "codes": {"shape": ["rows", model.module.code_dim], "names": model.code_names},
        "values": "what each element of the code is set to; NaN leaves it alone",
    }
    if model.table is not None:
        told["samples"] = {
            "shape": ["rows", *model.sample_shape],
            "unit": "the table's own, float64: the place of a level among `levels`, days since "
            "1970 of a date, seconds of a time; NaN where blank",
            "features": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "levels": each.levels and list(each.levels),
                    "whole": each.whole,
                }
                for each in model.table.features
            ],
        }
    return told
