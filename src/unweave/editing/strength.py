"""The strength protocol on a run: its edits judged, and, on `faces`, held against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unweave.data import Dataset
from unweave.editing.attribute_judge import AttributeJudge, train_judge
from unweave.editing.classifiers import FEWEST
from unweave.editing.degrees import DegreeCurve, degree_curves
from unweave.editing.edit_costs import EditCost, edit_costs
from unweave.editing.edits import Edit, pick_code
from unweave.editing.intensity_reader import IntensityReader
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
    """How far edits of cartoon faces really went.

    Attributes
    ----------
    reader_r2 : dict of str to float
        R² of the regressor that reads the degrees, on held-out images and true intensities.
    curves : dict of str to DegreeCurve
    costs : dict of str to EditCost
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


@dataclass(frozen=True)
class Strength:
    """What the strength protocol found.

    Attributes
    ----------
    added, removed : dict of str to StrengthCurve
        A curve for each attribute; `removed` is empty unless it was asked for.
    data, split : str
        What was edited.
    degrees : Degrees or None
        Where the data is `faces`.
    notes : tuple of str
    """

    added: dict[str, StrengthCurve]
    removed: dict[str, StrengthCurve]
    data: str
    split: str
    degrees: Degrees | None = None
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the contract's document; removals and degrees stand under further keys."""
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


def strength(
    model: Model,
    attributes: Sequence[str],
    values: Sequence[float] = VALUES,
    data: Any = None,
    *,
    remove: bool = False,
    seed: int = 0,
) -> Strength:
    """Edit images to several degrees of each attribute and have them judged.

    Song, Koyejo and Zhang (arXiv 1912.11675), section 4.4: five linear SVMs learn from the
    run's own training images; they judge test images without the attribute, edited to
    have it.

    Parameters
    ----------
    model : Model
        Of an attribute model whose labels do not exclude each other.
    attributes : sequence of str
        ``["all"]`` stands for all.
    values : sequence of float
    data : as for `Model.encode`, optional
        All of its images are edited; unless given, the test split of the run's own data.
    remove : bool
        Also the reverse: images with the attribute are edited to 1 − v.
    seed : int
        Of the subsamples that the SVMs learn from.

    Raises
    ------
    RequestError
        If the model cannot be judged so, an attribute is unknown or has a single class, a
        value is not finite, or the run's own data is not to be found.
    """
    known = _labels_of(model)
    chosen = list(known) if list(attributes) == ["all"] else list(dict.fromkeys(attributes))
    for name in chosen:
        if name not in known:
            pick_code(model, name)
            raise RequestError(f"{name}: is no attribute; name some of {', '.join(known)}")
    if not chosen:
        raise RequestError("no attribute to judge; name some with --attributes")
    check_values(values)  # Before the machines are trained, which can take long.
    own, dataset = _own_and_edited(model, data)
    whole = dataset.fingerprint != own.fingerprint
    rows = np.arange(len(dataset)) if whole else dataset.rows("test")
    notes: list[str] = []
    if list(attributes) == ["all"]:
        chosen, notes = _judgeable(own, dataset, rows, chosen)
    judge = _judge(model, own, dataset, rows, chosen, seed)
    labels = _columns(dataset, chosen)
    added, removed = {}, {}
    for name in chosen:
        some = rows_to_edit(labels, chosen, rows, name, "add")
        added[name] = _curve(model, dataset, judge, name, values, some, "add")
        if not remove:
            continue
        try:
            some = rows_to_edit(labels, chosen, rows, name, "remove")
        except RequestError as error:
            notes.append(str(error))
            continue
        reverse = [1 - value for value in values]
        removed[name] = _curve(model, dataset, judge, name, reverse, some, "remove")
    degrees = _degrees(model, dataset, rows)
    return Strength(added, removed, dataset.name, "all" if whole else "test", degrees, tuple(notes))


def _judgeable(
    own: Dataset, dataset: Dataset, rows: np.ndarray, names: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return which of all attributes can be judged, and a note on each of the others."""
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
        raise RequestError(f"{own.name}: no attribute can be judged ({notes[0]})")
    return kept, notes


def _labels_of(model: Model) -> tuple[str, ...]:
    """Return the attributes of a run that can be judged."""
    if not len(model.targets):
        raise RequestError(
            f"{model.name} was told no labels, so its edits have no strength; use a model such as "
            "mdd-ae-dcov"
        )
    if model.targets.exclusive:
        raise RequestError(
            f"{model.name} on {model.data['name']}: the protocol is for attributes, and these "
            "labels exclude each other; swap classes by an edit with to_class"
        )
    return model.targets.names


def _own_and_edited(model: Model, data: Any) -> tuple[Dataset, Dataset]:
    """Return what the run was trained on, and what is edited: the same unless told otherwise."""
    dataset = model.dataset(data)
    if data is None or dataset.matches(model.data["fingerprint"]):
        return dataset, dataset
    if not model.data["source"]:
        raise RequestError(
            f"{model.name} was trained on data from memory ({model.data['name']}), which the SVMs "
            f"learn from, and {dataset.name} is other data; pass in what it was trained on"
        )
    return model.dataset(), dataset


def _columns(dataset: Dataset, names: Sequence[str]) -> np.ndarray:
    """Return the labels of some attributes, N x A."""
    labels = dataset.labels
    missing = [name for name in names if labels is None or name not in labels.names]
    if labels is None or missing:
        raise RequestError(
            f"{dataset.name}: has no labels for {', '.join(missing)}; give data with these labels"
        )
    return labels.values[:, [labels.names.index(name) for name in names]]


def _judge(
    model: Model, own: Dataset, dataset: Dataset, rows: np.ndarray, names: Sequence[str], seed: int
) -> AttributeJudge:
    """Train the machines on the run's training images; test them on the images to be edited."""
    if dataset is own or dataset.fingerprint == own.fingerprint:
        images, labels, train, held_out = own.samples, _columns(own, names), own.rows("train"), rows
    else:
        train = own.rows("train")
        images = np.concatenate([own.samples[train], dataset.samples[rows]])
        labels = np.concatenate([_columns(own, names)[train], _columns(dataset, names)[rows]])
        held_out = np.arange(len(train), len(images))
        train = np.arange(len(train))
    return train_judge(images, labels, names, train=train, held_out=held_out, seed=seed)


def _curve(
    model: Model,
    dataset: Dataset,
    judge: AttributeJudge,
    name: str,
    values: Sequence[float],
    rows: np.ndarray,
    direction: Direction,
) -> StrengthCurve:
    codes = model.encode(dataset, rows)
    return strength_curve(
        judge,
        name,
        values,
        lambda value: np.asarray(model.decode(Edit({name: value}).apply(model, codes))),
        np.asarray(model.decode(codes)),
        direction,
    )


def _degrees(model: Model, dataset: Dataset, rows: np.ndarray) -> Degrees | None:
    """Return how far the edits went, where the data can be drawn again, as `faces` can."""
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
