"""Interpretations as files: JSON, tables with intervals, heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unweave.editing.traversal import Traversal, traverse
from unweave.files import check_folder, write_bytes, write_json, write_table, written_together
from unweave.interpretation.interpret import READINGS, Interpretation, interpret
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.reading_figures import draw_reading, shown_dimensions
from unweave.runs.model import Model

STEPS = 7


def save_interpretation(
    model: Model | Sequence[Model],
    out: Path | str,
    data: Any = None,
    *,
    threshold: float = INFORMATIVE_NATS,
    seed: int = 0,
) -> Interpretation:
    """Interpret one or several models, and write ``interpretation.json``, tables and figures.

    Parameters
    ----------
    model, data, threshold, seed : as for `interpret`
    out : path
        A folder, which gets ``fvh_lt.csv`` and ``dbsr_ls.csv`` (a line for each feature and
        dimension, with intervals) and ``fvh_lt.png`` and ``dbsr_ls.png``.

    Returns
    -------
    Interpretation
    """
    out = Path(out)
    check_folder(out)
    found = interpret(model, data, threshold=threshold, seed=seed)
    traversal = _strips(found, data)
    with written_together(out) as folder:
        for name in READINGS:
            write_table(folder / f"{name}.csv", table_frame(found, name))
            with look():
                write_bytes(folder / f"{name}.png", png_bytes(draw_reading(found, name, traversal)))
        write_json(folder / "interpretation.json", found.to_json())
    return found


def table_frame(found: Interpretation, name: str) -> pd.DataFrame:
    """Return an averaged table in long form: feature, dimension, value and its uncertainty.

    For one run this is ``low`` and ``high``, a 95 % bootstrap interval over rows; for several
    it is ``sd``, the standard deviation over the aligned runs.
    """
    table = found.tables[name]
    frame = pd.DataFrame(
        {
            "feature": np.repeat(np.array(found.features, dtype=object), table.shape[1]),
            "dimension": np.tile([f"z{k}" for k in range(table.shape[1])], len(table)),
            "value": table.ravel(),
        }
    )
    if found.alignment is None:
        low, high = found.reference.bounds[name]
        return frame.assign(low=low.ravel(), high=high.ravel())
    return frame.assign(sd=found.spread[name].ravel())


def _strips(found: Interpretation, data: Any) -> Traversal | None:
    model = found.reference.model
    if len(model.sample_shape) != 3:
        return None
    return traverse(model, data, dimensions=shown_dimensions(found), steps=STEPS)
