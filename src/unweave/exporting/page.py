"""A static page: sliders that run the decoder in the browser, with no server and no network."""

from __future__ import annotations

import base64
import copy
import dataclasses
import hashlib
import io
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
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
from unweave.exporting.graph import Step, steps_of
from unweave.exporting.modules import Decoder, parts_of, refusal, traced
from unweave.files import check_name, write_text
from unweave.models.objective import ObjectiveModel
from unweave.models.turned import TurnedModel
from unweave.reporting.image_files import as_bytes
from unweave.reporting.labels import nats, run_title
from unweave.reporting.page_look import STYLE
from unweave.reporting.run_facts import health_warning
from unweave.runs.model import Model

STARTS = 24
# A picture's values may differ by half a grey level from what the model decodes.
_HALF_LEVEL = 0.5 / 255
_COMPARED = 96
_TOLERANCE = {True: 1.01 / 255, False: 1e-3}


def export_page(model: Model, out: Path) -> None:
    """Write one HTML file that decodes in the browser.

    Parameters
    ----------
    model : Model
    out : path
        An .html file. A model that is collapsed, dead or exploded gets a page that says so,
        without sliders.

    Raises
    ------
    RequestError
        If the name has another suffix or is a folder's, or the decoder has an operation that a
        page cannot run.
    """
    check_name(out, "out=")
    if out.is_dir() or out.suffix.casefold() not in (".html", ".htm"):
        raise RequestError(f"out={out}: a page is one file; name it like page.html")
    write_text(out, page_html(model))


def page_html(model: Model) -> str:
    """Return the page as HTML."""
    dataset = _dataset_of(model)
    warning = health_warning(model)
    facts, content = _facts(model, dataset, [] if warning else _steps(model))
    if warning:
        facts["sliders"] = []
    script = _text("page.js")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{allowed}'"
    )
    title = run_title(model)
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">',
            f"<title>{escape(title)}</title>\n<style>\n{STYLE}{_text('page.css')}</style>",
            f"</head>\n<body>\n<h1>{escape(title)}</h1>",
            f'<p id="problem" class="problem" role="alert">{escape(warning)}</p>',
            _body(model, dataset),
            # Inside these elements nothing may look like the end of one.
            f'<script type="application/json" id="facts">{_inline(json.dumps(facts))}</script>',
            f'<script type="text/plain" id="weights">{content}</script>',
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _body(model: Model, dataset: Dataset | None) -> str:
    images = len(model.sample_shape) == 3
    what = "picture" if images else "row"
    told = (
        f"Choose a {what}, then drag a slider; a double click takes it back. "
        if dataset is not None
        else "Drag a slider; a double click takes it back. "
    )
    told += "The model's decoder runs in this page, and nothing leaves it."
    if not images:
        told += (
            " Changes of numbers are in standard deviations; of a column of levels it is the "
            "probability that went to other levels."
        )
    pictures = "".join(
        f'<figure>{shown}<figcaption id="{name}-title">{name}</figcaption></figure>'
        for name, shown in (
            ("original", '<img id="original" alt="original">'),
            ("reconstruction", '<canvas id="reconstruction"></canvas>'),
            ("edited", '<canvas id="edited"></canvas>'),
        )
        if dataset is not None or name != "original"
    )
    heads = "".join(
        f'<th scope="col">{head}</th>' for head in ("column", "reconstruction", "edited", "change")
    )
    shown = (
        f'<div class="pictures stage-row">{pictures}</div>'
        if images
        else f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        '<tbody id="rows"></tbody></table></div>'
    )
    return (
        f'<p class="soft">{told}</p>\n<main class="layout">\n<section id="stage" hidden>\n'
        f'<div id="starts" role="group" aria-label="Examples"></div>\n{shown}\n'
        '<div class="tools"><button type="button" id="keep">'
        f"{'Keep the edited picture' if images else 'Keep both rows'}</button>"
        '<button type="button" id="link">Link to this</button></div>\n'
        '<p id="said" class="soft" role="status"></p>\n</section>\n'
        '<section id="board" hidden>\n'
        '<div class="tools"><button type="button" id="reset">Reset</button></div>\n'
        '<div id="sliders"></div>\n<details id="more"><summary>Dimensions that are not informative'
        '</summary><div id="folded"></div></details>\n</section>\n</main>'
    )


def _facts(
    model: Model, dataset: Dataset | None, steps: Sequence[Step]
) -> tuple[dict[str, Any], str]:
    """Return what the script needs to know, and the weights as text."""
    posterior = aggregate_posterior(model, dataset) if model.can_be_read else None
    half = len(model.sample_shape) == 3 and _halves_well(model)
    kind = np.float16 if half else np.float32
    told, arrays, place = [], [], 0
    for step in steps:
        tensors = []
        for tensor in step.tensors:
            arrays.append(tensor.contiguous().numpy().astype(kind).ravel())
            tensors.append((place, len(arrays[-1])))
            place += len(arrays[-1])
        told.append(
            {**dataclasses.asdict(dataclasses.replace(step, tensors=[])), "tensors": tensors}
        )
    content = np.concatenate([np.empty(0, kind), *arrays]).tobytes()
    starts = _starts(model, dataset)
    columns = model.module.columns
    facts = {
        "shape": list(model.sample_shape),
        "names": model.code_names,
        "steps": told,
        "half": half,
        "starts": starts,
        "columns": _columns(model) if len(model.sample_shape) == 1 else None,
        "cells": None if columns is None else cells_of(columns),
        "sliders": [
            {
                "name": each.name,
                "label": each.label,
                "hint": f"KL {nats(each.kl)} nats" if each.kl == each.kl else "",
                "low": each.low,
                "high": each.high,
                "folded": each.folded,
            }
            for each in controls_of(model, dataset, posterior)
        ],
        "check": _check(model, starts[0]["code"]),
    }
    return facts, base64.b64encode(content).decode("ascii")


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


def _dataset_of(model: Model) -> Dataset | None:
    try:
        return model.dataset()
    except RequestError:
        return None


def _starts(model: Model, dataset: Dataset | None) -> list[dict[str, Any]]:
    """Return the examples that one can begin from, each with its code."""
    if dataset is None:
        code = np.zeros(model.module.code_dim)
        code[: len(model.targets)] = 0.5
        return [{"title": "the middle of the code", "code": code.tolist()}]
    held_out = dataset.rows("test")
    rows = held_out if len(held_out) else np.arange(len(dataset))
    rows = np.random.default_rng(0).permutation(rows)[:STARTS]
    starts = []
    for row, code in zip(rows, model.encode(dataset, rows), strict=True):
        start = {"title": f"row {row}", "code": [float(f"{value:.6g}") for value in code]}
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
    values = [(int(place), float(decoded[place])) for place in places]
    return {"code": list(code), "values": values, "tolerance": _TOLERANCE[images]}


def _png(image: np.ndarray) -> str:
    pixels = as_bytes(image)
    stream = io.BytesIO()
    Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)).save(
        stream, "PNG", optimize=True
    )
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _inline(text: str) -> str:
    return text.replace("<", "\\u003c")


def _text(name: str) -> str:
    return files("unweave.exporting").joinpath(name).read_text(encoding="utf-8")
