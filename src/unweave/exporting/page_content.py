"""Content of a model's page: the decoder's operations and weights, examples, sliders."""

from __future__ import annotations

import base64
import copy
import dataclasses
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from unweave.data import Dataset, unit_scale
from unweave.editing.aggregate_posterior import aggregate_posterior
from unweave.editing.controls import controls_of
from unweave.errors import RequestError
from unweave.exporting.cells import cells_of
from unweave.exporting.document import PageContent
from unweave.exporting.graph import Step, steps_of
from unweave.exporting.modules import Decoder, parts_of, refusal, traced
from unweave.models.objective import ObjectiveModel
from unweave.models.turned import TurnedModel
from unweave.reporting.image_files import as_bytes
from unweave.reporting.labels import nats
from unweave.runs.model import Model

STARTS = 24
# A picture's values may differ by half a grey level from what the model decodes.
_HALF_LEVEL = 0.5 / 255
_COMPARED = 96
_TOLERANCE = {True: 1.01 / 255, False: 1e-3}


def page_content(
    model: Model, dataset: Dataset | None, starts: int = STARTS, *, dead: bool = False
) -> PageContent:
    """Return what a page of a model shows.

    Parameters
    ----------
    model : Model
    dataset : Dataset or None
        Whose held-out rows are the examples, as the model reads it.
    starts : int
        The most examples.
    dead : bool
        Whether to leave out the decoder and the sliders.

    Raises
    ------
    RequestError
        If the decoder has an operation that a page cannot run.
    """
    half = len(model.sample_shape) == 3 and _halves_well(model)
    steps, weights = _written([] if dead else _steps(model), half)
    examples = _starts(model, dataset, starts)
    columns = model.module.columns
    facts = {
        "shape": list(model.sample_shape),
        "names": model.code_names,
        "steps": steps,
        "half": half,
        "starts": examples,
        "columns": _columns(model) if len(model.sample_shape) == 1 else None,
        "cells": None if columns is None else cells_of(columns),
        "sliders": [] if dead else _sliders(model, dataset),
        "check": _check(model, examples[0]["code"]),
    }
    return PageContent(facts, weights)


def _written(steps: Sequence[Step], half: bool) -> tuple[list[dict[str, Any]], str]:
    """Return steps as plain data, in which weights are places and lengths, and the weights."""
    kind = np.float16 if half else np.float32
    told, arrays, place = [], [], 0
    for step in steps:
        tensors = []
        for tensor in step.tensors:
            arrays.append(tensor.contiguous().numpy().astype(kind).ravel())
            tensors.append([place, len(arrays[-1])])
            place += len(arrays[-1])
        plain = dataclasses.asdict(dataclasses.replace(step, tensors=[]))
        told.append({**plain, "tensors": tensors})
    weights = np.concatenate([np.empty(0, kind), *arrays]).tobytes()
    return told, base64.b64encode(weights).decode("ascii")


def _sliders(model: Model, dataset: Dataset | None) -> list[dict[str, Any]]:
    posterior = aggregate_posterior(model, dataset) if model.can_be_read else None
    return [
        {
            "name": each.name,
            "label": each.label,
            "hint": f"KL {nats(each.kl)} nats" if each.kl == each.kl else "",
            "low": each.low,
            "high": each.high,
            "folded": each.folded,
        }
        for each in controls_of(model, dataset, posterior)
    ]


def _steps(model: Model) -> list[Step]:
    (part,) = (each for each in parts_of(model) if each.name == "decoder")
    decoder = Decoder(model)
    # The script itself writes cells in the columns' own units, and makes them of the outputs.
    decoder.units = None
    _without_turn(decoder.module).columns = None
    try:
        return steps_of(traced(model, dataclasses.replace(part, module=decoder)))
    except RequestError:
        raise
    except Exception as error:  # A network of one's own may hold what the rules do not foresee.
        raise refusal(model, "decoder", error) from error


def _without_turn(module: ObjectiveModel) -> ObjectiveModel:
    return module.model if isinstance(module, TurnedModel) else module


def _halves_well(model: Model) -> bool:
    """Return whether weights of half precision keep pictures within half a grey level."""
    rounded = copy.deepcopy(model.module).cpu().eval()
    halves: nn.Module = rounded.decoder
    with torch.inference_mode():
        for tensor in [*halves.parameters(), *halves.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
        codes = torch.randn(32, rounded.code_dim, generator=torch.Generator().manual_seed(0))
        found = rounded.decode(codes).clamp(0, 1).numpy()
    return float(np.abs(found - np.asarray(model.decode(codes.numpy()))).max()) <= _HALF_LEVEL


def _starts(model: Model, dataset: Dataset | None, count: int) -> list[dict[str, Any]]:
    """Return the examples that one can begin from, each with its code."""
    if dataset is None:
        code = np.zeros(model.module.code_dim)
        code[: len(model.targets)] = 0.5
        return [{"title": "the middle of the code", "code": code.tolist()}]
    held_out = dataset.rows("test")
    rows = held_out if len(held_out) else np.arange(len(dataset))
    rows = np.random.default_rng(0).permutation(rows)[:count]
    starts = []
    for row, code in zip(rows, model.encode(dataset, rows), strict=True):
        start = {
            "title": f"row {row}",
            "row": int(row),
            "code": [float(f"{value:.6g}") for value in code],
        }
        if dataset.kind == "images":
            start["original"] = _png(unit_scale(np.asarray(dataset.samples[np.array([row])]))[0])
        starts.append(start)
    return starts


def _columns(model: Model) -> list[dict[str, Any]]:
    """Return the columns of a table in order, with the place of each among the features."""
    if model.table is None:
        count = model.sample_shape[0]
        return [{"name": f"x{j + 1}", "place": j, "mean": 0, "sd": 1} for j in range(count)]
    places = {name: place for place, name in enumerate(model.table.feature_names)}
    return [
        {
            "name": column.name,
            "place": places.get(column.name, -1),
            "mean": column.mean,
            "sd": column.sd,
            "levels": column.levels and list(column.levels),
            "kind": column.kind,
            "log": column.log,
            "unit": column.unit,
            "whole": column.whole,
            "nonnegative": column.is_nonnegative and model.table.coding == "columns",
            "constant": column.constant,
        }
        for column in model.table.columns
        if column.used or (column.kind == "constant" and column.constant is not None)
    ]


def _check(model: Model, code: Sequence[float]) -> dict[str, Any]:
    """Return some values that the model decodes of a code, for the page to compare with its own."""
    decoded = model.decode_features(np.array([code]))[0].ravel()
    images = len(model.sample_shape) == 3
    decoded = decoded.clip(0, 1) if images else decoded
    places = np.linspace(0, len(decoded) - 1, min(_COMPARED, len(decoded))).astype(int)
    values = [[int(place), float(decoded[place])] for place in places]
    return {"code": list(code), "values": values, "tolerance": _TOLERANCE[images]}


def _png(image: np.ndarray) -> str:
    pixels = as_bytes(image)
    stream = io.BytesIO()
    Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)).save(
        stream, "PNG", optimize=True
    )
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
