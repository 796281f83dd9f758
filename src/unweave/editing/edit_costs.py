"""Costs of edits: edited cartoon faces against the same people redrawn to the same degree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unweave.data import Dataset, unit_scale
from unweave.editing.degrees import AttributeEditor
from unweave.editing.records import JsonRecord
from unweave.errors import RequestError, pick


@dataclass(frozen=True)
class EditCost(JsonRecord):
    """Errors and changes of the edits of one attribute: RMS, in units of white.

    Attributes
    ----------
    error : float
        RMS difference of the edited faces from the same people redrawn to the degrees
        asked for.
    reconstruction_error : float
        RMS difference of the unedited reconstructions from the originals: what the model
        cannot draw anyway.
    cost : float
        `error` less `reconstruction_error`.
    changed_inside, changed_outside : float
        Change from reconstruction to edit, inside and outside the pixels that redrawing
        changes (all channels of a pixel together, face by face). A change outside them
        alters the person.
    true_inside : float
        Change from original to redrawn face inside these pixels: what `changed_inside`
        should be.
    """

    error: float
    reconstruction_error: float
    cost: float
    changed_inside: float
    changed_outside: float
    true_inside: float


def redrawn(dataset: Dataset, rows: np.ndarray, attribute: str, value: float) -> np.ndarray:
    """Redraw generated images with one factor changed: the perfect edit.

    Parameters
    ----------
    dataset : Dataset
        One that can be drawn again, such as ``load_data("faces")``.
    rows : numpy.ndarray
        M row indices.
    attribute : str
    value : float
        In [0, 1].

    Returns
    -------
    numpy.ndarray
        M x 3 x 64 x 64, uint8.

    Raises
    ------
    RequestError
        If the dataset cannot be redrawn, the factor is unknown, or the value is out of range.
    """
    factors, redraw = dataset.factors, dataset.redraw
    # Where the factors are not those that were drawn, rows were left out or moved.
    if redraw is None or factors is None or not np.array_equal(factors.values, redraw.factors):
        raise RequestError(
            f"{dataset.name} (source {dataset.source!r}): only generated data as it was loaded, "
            "such as load_data('faces'), can be redrawn"
        )
    values = redraw.factors[rows]
    values[:, factors.names.index(pick(attribute, factors.names, "attribute"))] = value
    return redraw.draw(rows, values)


def edit_costs(
    dataset: Dataset,
    rows: np.ndarray,
    edit: AttributeEditor,
    values: Sequence[float],
    names: Sequence[str],
    unedited: np.ndarray,
) -> dict[str, EditCost]:
    """Compare edits with the same people redrawn to the degrees asked for.

    Parameters
    ----------
    dataset, rows : as for `redrawn`
    edit, names, unedited : as for `degree_curves`
        Images, uint8 or float in [0, 1], of the faces in these rows.
    values : sequence of float
        In [0, 1]; the figures of all are pooled.

    Returns
    -------
    dict of str to EditCost

    Raises
    ------
    RequestError
        As for `redrawn`, or if there is not one image for each row.
    """
    original = unit_scale(np.asarray(dataset.samples[rows]))
    start = _faces(unedited, original, "unedited faces")
    before = math.sqrt(_squares(start - original)[0] / start.size)
    costs = {}
    for name in names:
        sums = np.zeros((4, 2))
        for value in values:
            edited = _faces(edit(name, value), original, f"faces with {name}={value}")
            truth = unit_scale(redrawn(dataset, rows, name, value))
            inside = np.broadcast_to((truth != original).any(1, keepdims=True), truth.shape)
            moved, asked_move = edited - start, (truth - original)[inside]
            parts = (edited - truth, moved[inside], moved[~inside], asked_move)
            sums += [_squares(part) for part in parts]
        with np.errstate(invalid="ignore"):
            error, *changes = np.sqrt(sums[:, 0] / sums[:, 1]).tolist()
        costs[name] = EditCost(error, before, error - before, *changes)
    return costs


def _faces(images: np.ndarray, original: np.ndarray, what: str) -> np.ndarray:
    if images.shape != original.shape:
        raise RequestError(
            f"{what}: their shape is {images.shape}, that of the rows {original.shape}"
        )
    return unit_scale(images)


def _squares(differences: np.ndarray) -> tuple[float, int]:
    return float(np.sum(differences**2, dtype=float)), differences.size
