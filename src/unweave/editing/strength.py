"""The strength protocol on a model's edits, with their true degrees where these are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unweave.arguments import checked
from unweave.data import Dataset
from unweave.editing.attribute_classifiers import AttributeClassifiers, train_classifiers
from unweave.editing.degrees import DegreeCurve, degree_curves
from unweave.editing.edit_costs import EditCost, edit_costs
from unweave.editing.edits import Edit, pick_code
from unweave.editing.intensity_reader import IntensityReader
from unweave.editing.linear_svm import FEWEST
from unweave.editing.strength_curves import (
    Direction,
    StrengthCurve,
    check_values,
    rows_to_edit,
    strength_curve,
)
from unweave.errors import RequestError
from unweave.runs.model import Model

VALUES = (0.0, 0.5, 1.0, 1.5, 2.0)
DEGREES = tuple(float(value) for value in np.linspace(0, 1, 11))
MOST_FACES = 300


@dataclass(frozen=True)
class Degrees:
    """Degrees that edits of cartoon faces really reached.

    Attributes
    ----------
    reader_r2 : dict of str to float
        R² of the regression that reads the degrees, on held-out images.
    curves : dict of str to DegreeCurve
        Degrees asked for and drawn, of each attribute.
    costs : dict of str to EditCost
        Errors against the same people redrawn, of each attribute.
    """

    reader_r2: dict[str, float]
    curves: dict[str, DegreeCurve]
    costs: dict[str, EditCost]

    def to_json(self) -> dict[str, Any]:
        """Return one document for each attribute."""
        return {
            name: {
                "reader_r2": self.reader_r2[name],
                **curve.to_json(),
                "cost": self.costs[name].to_json(),
            }
            for name, curve in self.curves.items()
        }


_RATING = "a rating, not an attribute that pictures have or lack, so no SVM can tell it"


@dataclass(frozen=True)
class Strength:
    """Results of the strength protocol.

    Attributes
    ----------
    added, removed : dict of str to StrengthCurve
        A curve for each attribute; `removed` is empty unless it was asked for.
    data, split : str
        The data that was edited, and which part of it.
    degrees : Degrees or None
        Where the data is `faces`.
    notes : tuple of str
        Remarks on attributes that were left out.
    """

    added: dict[str, StrengthCurve]
    removed: dict[str, StrengthCurve]
    data: str
    split: str
    degrees: Degrees | None = None
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the contents of ``strength.json``."""
        document: dict[str, Any] = {
            "attributes": {name: curve.to_json() for name, curve in self.added.items()},
            "data": self.data,
            "split": self.split,
        }
        if self.removed:
            document["removed"] = {name: curve.to_json() for name, curve in self.removed.items()}
        if self.degrees is not None:
            document["degrees"] = self.degrees.to_json()
        if self.notes:
            document["notes"] = list(self.notes)
        return document


@checked
def strength(
    model: Model,
    attributes: Sequence[str],
    values: Sequence[float] = VALUES,
    data: Any = None,
    *,
    remove: bool = False,
    seed: int = 0,
) -> Strength:
    """Edit images to several degrees of each attribute and classify them.

    Song, Koyejo and Zhang (arXiv 1912.11675), section 4.4: five linear SVMs learn from the
    model's own training images and classify test images without the attribute, edited to have
    it.

    Parameters
    ----------
    model : Model
        An attribute model whose labels do not exclude each other.
    attributes : sequence of str
        ``["all"]`` stands for all.
    values : sequence of float
        Degrees to edit to; they may lie outside [0, 1].
    data : as for `Model.encode`, optional
        Data whose images are all edited; unless given, the test split of the training data
        is.
    remove : bool
        Whether the reverse is done too: images with the attribute are edited to 1 − v.
    seed : int
        Seed of the subsamples that the SVMs learn from.

    Raises
    ------
    RequestError
        If the model learned no attributes, an attribute is unknown or has a single class, a
        value is not finite, or the training data cannot be found.
    """
    known = _labels_of(model)
    chosen = list(known) if list(attributes) == ["all"] else list(dict.fromkeys(attributes))
    for name in chosen:
        if name not in known:
            pick_code(model, name)
            raise RequestError(f"{name}: not an attribute; name some of {', '.join(known)}")
    if not chosen:
        raise RequestError("attributes=[]: name at least one attribute, or 'all'")
    check_values(values)  # Before the classifiers are trained, which can take long.
    own, dataset = _own_and_edited(model, data)
    ratings = [] if own.labels is None else [name for name in chosen if name in own.labels.bounds]
    if ratings and list(attributes) != ["all"]:
        raise RequestError(f"{ratings[0]}: {_RATING}; name attributes that are 0 or 1")
    chosen = [name for name in chosen if name not in ratings]
    whole = dataset.fingerprint != own.fingerprint
    rows = np.arange(len(dataset)) if whole else dataset.rows("test")
    notes: list[str] = []
    if list(attributes) == ["all"]:
        chosen, notes = _measurable(own, dataset, rows, chosen)
        notes += [f"{name}: left out: {_RATING}" for name in ratings]
    classifiers = _train_classifiers(model, own, dataset, rows, chosen, seed)
    labels = _columns(dataset, chosen)
    added, removed = {}, {}
    for name in chosen:
        some = rows_to_edit(labels, chosen, rows, name, "add")
        added[name] = _curve(model, dataset, classifiers, name, values, some, "add")
        if not remove:
            continue
        try:
            some = rows_to_edit(labels, chosen, rows, name, "remove")
        except RequestError as error:
            notes.append(str(error))
            continue
        reverse = [1 - value for value in values]
        removed[name] = _curve(model, dataset, classifiers, name, reverse, some, "remove")
    degrees = _degrees(model, dataset, rows)
    return Strength(added, removed, dataset.name, "all" if whole else "test", degrees, tuple(notes))


def _measurable(
    own: Dataset, dataset: Dataset, rows: np.ndarray, names: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the attributes that can be measured, and a note on each of the others."""
    kept, notes = [], []
    for name in names:
        learnt = _columns(own, [name])[own.rows("train"), 0]
        rarer = min(int((learnt == 0).sum()), int((learnt == 1).sum()))
        if rarer < FEWEST or not (_columns(dataset, [name])[rows, 0] == 0).any():
            notes.append(
                f"{name}: left out, as too few training images have it or lack it, or no test "
                "image lacks it"
            )
        else:
            kept.append(name)
    if not kept:
        why = notes[0] if notes else _RATING
        raise RequestError(f"{own.name}: no attribute can be measured ({why})")
    return kept, notes


def _labels_of(model: Model) -> tuple[str, ...]:
    """Return the attributes of a model whose edits can be measured."""
    if not len(model.targets):
        raise RequestError(
            f"{model.name} learned no labels, so its edits have no strength; use a model such as "
            "mdd-ae-dcov"
        )
    if model.targets.exclusive:
        raise RequestError(
            f"{model.name} on {model.data['name']}: the protocol is for attributes, but these "
            "labels exclude each other; swap classes by an edit instead"
        )
    return model.targets.names


def _own_and_edited(model: Model, data: Any) -> tuple[Dataset, Dataset]:
    """Return the training data, and the data to edit: the same unless other data is given."""
    dataset = model.dataset(data)
    if data is None or dataset.matches(model.data["fingerprint"]):
        return dataset, dataset
    if not model.data["source"]:
        raise RequestError(
            f"{model.name} was trained on data from memory ({model.data['name']}), which the SVMs "
            f"learn from, and {dataset.name} is other data; pass in the training data"
        )
    return model.dataset(), dataset


def _columns(dataset: Dataset, names: Sequence[str]) -> np.ndarray:
    """Return the labels of some attributes, N x A."""
    labels = dataset.labels
    missing = [name for name in names if labels is None or name not in labels.names]
    if labels is None or missing:
        raise RequestError(
            f"{dataset.name}: has no labels for {', '.join(missing)}; give data that has them"
        )
    return labels.classes[:, [labels.names.index(name) for name in names]]


def _train_classifiers(
    model: Model, own: Dataset, dataset: Dataset, rows: np.ndarray, names: Sequence[str], seed: int
) -> AttributeClassifiers:
    """Train classifiers on the model's training images; test them on the images to be edited."""
    if dataset is own or dataset.fingerprint == own.fingerprint:
        images, labels, train, held_out = own.samples, _columns(own, names), own.rows("train"), rows
    else:
        train = own.rows("train")
        images = np.concatenate([own.samples[train], dataset.samples[rows]])
        labels = np.concatenate([_columns(own, names)[train], _columns(dataset, names)[rows]])
        held_out = np.arange(len(train), len(images))
        train = np.arange(len(train))
    return train_classifiers(images, labels, names, train=train, held_out=held_out, seed=seed)


def _curve(
    model: Model,
    dataset: Dataset,
    classifiers: AttributeClassifiers,
    name: str,
    values: Sequence[float],
    rows: np.ndarray,
    direction: Direction,
) -> StrengthCurve:
    codes = model.encode(dataset, rows)
    return strength_curve(
        classifiers,
        name,
        values,
        lambda value: np.asarray(model.decode(Edit({name: value}).apply(model, codes))),
        np.asarray(model.decode(codes)),
        direction,
    )


def _degrees(model: Model, dataset: Dataset, rows: np.ndarray) -> Degrees | None:
    """Return how far the edits went, where the data can be redrawn, as `faces` can."""
    factors = dataset.factors
    if dataset.redraw is None or factors is None:
        return None
    reader = IntensityReader.train(dataset)
    r2 = reader.r2(np.asarray(dataset.samples[rows]), factors.values[rows])
    some = rows[:MOST_FACES]
    codes = model.encode(dataset, some)
    unedited = np.asarray(model.decode(codes))

    def edit(name: str, value: float) -> np.ndarray:
        return np.asarray(model.decode(Edit({name: value}).apply(model, codes)))

    curves = degree_curves(reader, edit, DEGREES, reader.names, unedited)
    costs = edit_costs(dataset, some, edit, DEGREES, reader.names, unedited)
    return Degrees(r2, curves, costs)
