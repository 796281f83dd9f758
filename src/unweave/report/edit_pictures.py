"""What an attribute model's edits look like, for its section of a page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from unweave.data import UNKNOWN, Dataset, Labels, unit_scale
from unweave.editing.edits import Edit, decode_edits, sweep
from unweave.report.labels import run_title
from unweave.report.strips import draw_strip
from unweave.training.run import Run

MOST_ATTRIBUTES = 6
IMAGES, CLASS_IMAGES = 4, 8
LOW, HIGH, VALUES = 0.0, 2.0, 5


def draw_edits(run: Run, dataset: Dataset) -> Iterator[tuple[str, Figure]]:
    """Yield a name and a figure of test images: class swaps, or a sweep for each attribute.

    Parameters
    ----------
    run : Run
        Of an attribute model with targets.
    dataset : Dataset
        What it was trained on.
    """
    if run.targets is None or not len(run.targets):
        return
    if run.targets.exclusive:
        edits = [Edit(to_class=name) for name in run.targets.names]
        rows = _first_of_each_class(run, dataset)
        yield "class", _strip(run, dataset, rows, edits, "Swapped to each class, the style kept")
        return
    for name in told_apart(run, dataset)[:MOST_ATTRIBUTES]:
        rows = _lacking(run, dataset, run.targets.names.index(name))
        edits = sweep(name, LOW, HIGH, VALUES)
        yield name, _strip(run, dataset, rows, edits, f"{name}, from none to twice as much")


def told_apart(run: Run, dataset: Dataset) -> list[str]:
    """Return the attributes by how well ŷ tells them on test images: by balanced accuracy."""
    names = run.targets.names if run.targets else ()
    known = _labels_of(run, dataset)
    if known is None:
        return list(names)
    rows = dataset.rows("test")
    said, labels = run.soft_targets(dataset, rows) > 0.5, known.values[rows]
    scores = []
    for column in range(len(names)):
        with_it, without = labels[:, column] == 1, labels[:, column] == 0
        hits = said[with_it, column].mean() if with_it.any() else 0.0
        passes = (~said[without, column]).mean() if without.any() else 0.0
        scores.append(hits + passes)
    return [names[column] for column in np.argsort(-np.array(scores), kind="stable")]


def _strip(run: Run, dataset: Dataset, rows: np.ndarray, edits: list[Edit], what: str) -> Figure:
    codes = run.encode(dataset, rows)
    columns = [unit_scale(dataset.samples[rows]), *decode_edits(run, codes, edits)]
    heads = ["original", "recon-,structed", *(edit.label for edit in edits)]
    return draw_strip(columns, heads, f"{what}: {run_title(run)}", apart=2)


def _labels_of(run: Run, dataset: Dataset) -> Labels | None:
    """Return the labels, unless they are no longer those that the run was told."""
    labels = dataset.labels
    return labels if labels and run.targets and labels.names == run.targets.names else None


def _first_of_each_class(run: Run, dataset: Dataset) -> np.ndarray:
    rows = dataset.rows("test")
    labels = _labels_of(run, dataset)
    if labels is None:
        return np.asarray(rows[:1])
    rows = rows[labels.values[rows] != UNKNOWN]
    _, firsts = np.unique(labels.values[rows], return_index=True)
    return np.sort(rows[firsts])[:CLASS_IMAGES]


def _lacking(run: Run, dataset: Dataset, column: int) -> np.ndarray:
    """Return test rows that are known to lack an attribute, or any where there are none."""
    rows = dataset.rows("test")
    labels = _labels_of(run, dataset)
    if labels is not None:
        lacking = rows[labels.values[rows, column] == 0]
        rows = lacking if len(lacking) else rows
    return np.asarray(rows[:IMAGES])
