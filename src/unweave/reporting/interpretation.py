"""Interpretations as files: JSON, tables with intervals, heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unweave.arguments import checked
from unweave.editing.traversal import Traversal, traverse
from unweave.files import check_folder, write_bytes, write_json, write_table, written_together
from unweave.interpretation.factor_analysis import FactorAnalysis
from unweave.interpretation.interpret import READINGS, Interpretation, interpret
from unweave.interpretation.rotate import AUTO
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.reporting.certificate import certificate_frame, draw_certificate
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.loadings import draw_loadings, draw_scree
from unweave.reporting.reading_figures import draw_reading, shown_dimensions
from unweave.runs.model import Model

STEPS = 7


@checked
def save_interpretation(
    model: Model | Sequence[Model],
    out: Path | str,
    data: Any = None,
    *,
    threshold: float = INFORMATIVE_NATS,
    seed: int = 0,
    rotate: str = AUTO,
) -> Interpretation:
    """Interpret one or several models, and write ``interpretation.json``, tables and figures.

    Parameters
    ----------
    model, data, threshold, seed, rotate : as for `interpret`
    out : path
        A folder, which gets ``fvh_lt.csv`` and ``dbsr_ls.csv`` (a line for each feature and
        dimension, with intervals) and ``fvh_lt.png`` and ``dbsr_ls.png``; of a table also
        ``loadings.csv``, ``loadings.png``, ``communalities.csv`` and ``scree.png``; of several
        seeds ``certificate.csv`` and ``certificate.png``. Where the runs are also read turned,
        all of these lie in its subfolder ``turned`` once more.

    Returns
    -------
    Interpretation
    """
    out = Path(out)
    check_folder(out)
    found = interpret(model, data, threshold=threshold, seed=seed, rotate=rotate)
    if found.turned is not None:
        with written_together(out / "turned") as folder:
            _save_reading(found.turned, folder, data)
    with written_together(out) as folder:
        _save_reading(found, folder, data)
        write_json(folder / "interpretation.json", found.to_json())
    return found


def _save_reading(found: Interpretation, out: Path, data: Any) -> None:
    traversal = strips_of(found, data)
    for name in READINGS:
        write_table(out / f"{name}.csv", table_frame(found, name))
        with look():
            write_bytes(out / f"{name}.png", png_bytes(draw_reading(found, name, traversal)))
    if found.factors is not None:
        write_table(out / "loadings.csv", loadings_frame(found.factors))
        write_table(out / "communalities.csv", communalities_frame(found.factors))
        with look():
            write_bytes(out / "loadings.png", png_bytes(draw_loadings(found)))
            write_bytes(out / "scree.png", png_bytes(draw_scree(found.factors, found.data)))
    if found.certificate is not None:
        write_table(out / "certificate.csv", certificate_frame(found.certificate))
        whose = f"{found.reference.model.name} on {found.data}, {len(found.readings)} runs"
        with look():
            figure = draw_certificate(found.certificate, whose)
            write_bytes(out / "certificate.png", png_bytes(figure))


def loadings_frame(factors: FactorAnalysis) -> pd.DataFrame:
    """Return the loadings in long form: feature, dimension, loading, low and high."""
    count = len(factors.dimensions)
    return pd.DataFrame(
        {
            "feature": np.repeat(np.array(factors.features, dtype=object), count),
            "dimension": np.tile([f"z{k}" for k in factors.dimensions], len(factors.features)),
            "loading": factors.loadings.ravel(),
            "low": factors.low.ravel(),
            "high": factors.high.ravel(),
        }
    )


def communalities_frame(factors: FactorAnalysis) -> pd.DataFrame:
    """Return communality, uniqueness, complexity and KMO of every feature."""
    return pd.DataFrame(
        {
            "feature": np.array(factors.features, dtype=object),
            "communality": factors.communalities,
            "uniqueness": factors.uniquenesses,
            "complexity": factors.complexities,
            "kmo": factors.adequacy.kmo_per_feature,
        }
    )


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


def strips_of(found: Interpretation, data: Any) -> Traversal | None:
    """Return a traversal of the shown dimensions of images, to be drawn beside their maps."""
    model = found.reference.model
    if len(model.sample_shape) != 3:
        return None
    return traverse(model, data, dimensions=shown_dimensions(found), steps=STEPS)
