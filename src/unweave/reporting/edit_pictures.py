"""Figures of an attribute model's edits, for its section of a page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from unweave.data import UNKNOWN, Dataset, Labels, unit_scale
from unweave.editing.edits import Edit, decode_edits, sweep
from unweave.reporting.labels import run_title
from unweave.reporting.strips import draw_strip
from unweave.runs.model import Model

MOST_ATTRIBUTES = 6
IMAGES, CLASS_IMAGES = 4, 8
LOW, HIGH, VALUES = 0.0, 2.0, 5


def draw_edits(model: Model, dataset: Dataset) -> Iterator[tuple[str, Figure]]:
    """Yield a name and a figure of edited test images: class swaps, or a sweep per attribute.

    Parameters
    ----------
    model : Model
        A model that learns from labels.
    dataset : Dataset
        The data it was trained on.
    """
    if not len(model.targets):
        return
    if model.targets.exclusive:
        edits = [Edit(to_class=name) for name in model.targets.names]
        rows = _first_of_each_class(model, dataset)
        yield "class", _strip(model, dataset, rows, edits, "Swapped to each class, the style kept")
        return
    for name in attributes_by_accuracy(model, dataset)[:MOST_ATTRIBUTES]:
        rows = _lacking(model, dataset, model.targets.names.index(name))
        edits = sweep(name, LOW, HIGH, VALUES)
        yield name, _strip(model, dataset, rows, edits, f"{name}, from none to twice as much")


def attributes_by_accuracy(model: Model, dataset: Dataset) -> list[str]:
    """Return the attributes by falling balanced accuracy of ŷ on test images."""
    names = model.targets.names
    known = _labels_of(model, dataset)
    if known is None:
        return list(names)
    rows = dataset.rows("test")
    predicted, labels = model.soft_targets(dataset, rows) > 0.5, known.classes[rows]
    scores = []
    for column in range(len(names)):
        with_it, without = labels[:, column] == 1, labels[:, column] == 0
        hits = predicted[with_it, column].mean() if with_it.any() else 0.0
        passes = (~predicted[without, column]).mean() if without.any() else 0.0
        scores.append(hits + passes)
    return [names[column] for column in np.argsort(-np.array(scores), kind="stable")]


def _strip(
    model: Model, dataset: Dataset, rows: np.ndarray, edits: list[Edit], what: str
) -> Figure:
    codes = model.encode(dataset, rows)
    columns = [unit_scale(dataset.samples[rows]), *decode_edits(model, codes, edits)]
    heads = ["original", "recon-,structed", *(edit.label for edit in edits)]
    return draw_strip(columns, heads, f"{what}: {run_title(model)}", apart=2)


def _labels_of(model: Model, dataset: Dataset) -> Labels | None:
    """Return the labels, unless they are no longer those that the model learned from."""
    labels = dataset.labels
    return labels if labels and labels.names == model.targets.names else None


def _first_of_each_class(model: Model, dataset: Dataset) -> np.ndarray:
    rows = dataset.rows("test")
    labels = _labels_of(model, dataset)
    if labels is None:
        return np.asarray(rows[:1])
    rows = rows[labels.values[rows] != UNKNOWN]
    _, firsts = np.unique(labels.values[rows], return_index=True)
    return np.sort(rows[firsts])[:CLASS_IMAGES]


def _lacking(model: Model, dataset: Dataset, column: int) -> np.ndarray:
    """Return test rows that are known to lack an attribute, or any rows if there are none."""
    rows = dataset.rows("test")
    labels = _labels_of(model, dataset)
    if labels is not None:
        lacking = rows[labels.classes[rows, column] == 0]
        rows = lacking if len(lacking) else rows
    return np.asarray(rows[:IMAGES])
