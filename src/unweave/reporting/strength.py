"""Results of the strength protocol as files: JSON, curves, strips of edited images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unweave.arguments import checked
from unweave.data import Dataset
from unweave.editing.edits import Edit, decode_edits
from unweave.editing.strength import VALUES, Strength, strength
from unweave.editing.strength_curves import StrengthCurve
from unweave.files import check_folder, safe_name, write_bytes, write_json
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.labels import run_title
from unweave.reporting.strength_figures import draw_degrees, draw_strength
from unweave.reporting.strips import strip_png
from unweave.runs.model import Model

SHOWN = 8


@checked
def save_strength(
    model: Model,
    attributes: Sequence[str],
    out: Path | str,
    values: Sequence[float] = VALUES,
    data: Any = None,
    *,
    remove: bool = False,
    seed: int = 0,
) -> Strength:
    """Run the strength protocol and write ``strength.json``, its curves, and strips.

    Parameters
    ----------
    model, attributes, values, data, remove, seed : as for `strength`
    out : path
        A folder, new or not. Strips show reconstructions and edits of 8 images, never an original.

    Returns
    -------
    Strength
    """
    out = Path(out)
    check_folder(out)
    found = strength(model, attributes, values, data, remove=remove, seed=seed)
    title = run_title(model)
    figures = {"strength": (draw_strength, found.added, "Strength of edits")}
    if found.removed:
        figures["strength-removed"] = (draw_strength, found.removed, "Strength of removals")
    with look():
        for stem, (draw, curves, what) in figures.items():
            write_bytes(out / f"{stem}.png", png_bytes(draw(curves, f"{what}: {title}")))
        if found.degrees is not None:
            figure = draw_degrees(found.degrees.curves, f"Degrees drawn: {title}")
            write_bytes(out / "degrees.png", png_bytes(figure))
    dataset = model.dataset(data)
    for prefix, curves in (("strip", found.added), ("strip-removed", found.removed)):
        for name, curve in curves.items():
            write_bytes(
                out / f"{prefix}-{safe_name(name)}.png", _strip(model, dataset, found, curve)
            )
    write_json(out / "strength.json", {"run": str(model.folder or ""), **found.to_json()})
    return found


def _strip(model: Model, dataset: Dataset, found: Strength, curve: StrengthCurve) -> bytes:
    rows = np.arange(len(dataset)) if found.split == "all" else dataset.rows("test")
    assert dataset.labels is not None
    column = dataset.labels.names.index(curve.attribute)
    was = 1 if curve.direction == "remove" else 0
    some = rows[dataset.labels.classes[rows, column] == was][:SHOWN]
    codes = model.encode(dataset, some)
    edits = [Edit({curve.attribute: value}) for value in curve.values]
    columns = list(decode_edits(model, codes, edits))
    heads = ["reconstruction", *(f"{value:g}" for value in curve.values)]
    return strip_png(columns, heads, f"{curve.attribute}: {run_title(model)}", apart=1)
