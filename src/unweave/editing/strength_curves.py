"""Strength curves: the share of edited images that classifiers still miss, value by value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from unweave.editing.attribute_classifiers import AttributeClassifiers
from unweave.editing.records import JsonRecord
from unweave.editing.regions import change_inside_outside
from unweave.errors import RequestError, pick

Direction = Literal["add", "remove"]
DIRECTIONS: tuple[Direction, ...] = ("add", "remove")
ValueEditor = Callable[[float], np.ndarray]
"""From a value to the same M images edited to it: M x C x H x W, uint8 or in [0, 1]."""


@dataclass(frozen=True)
class StrengthCurve(JsonRecord):
    """Errors of one attribute's edits over T values, and what puts them in proportion.

    Attributes
    ----------
    attribute : str
    direction : str
        ``add``: images without the attribute were edited to have it; ``remove``: the reverse.
    values : tuple of float
        T values of the attribute's element of ŷ.
    error : tuple of float
        Share of the edited images still classified as lacking the attribute (``remove``: as
        having it), mean over the runs.
    error_sd : tuple of float
        Standard deviation of that share over the runs (R − 1 in the denominator).
    svm_accuracy : float
        Balanced accuracy on real held-out images; NaN if these have one class only.
    svm_misses : float
        Share of the real held-out images with the attribute (``remove``: without it)
        that the classifiers miss: no error below it is to be expected. NaN if there is none.
    error_reconstruction : float
        The error of the unedited reconstructions, which the curve starts from.
    change_inside, change_outside : tuple of float
        Root mean square change from the reconstruction, inside and outside the attribute's
        region, in units of white. Where much of it is outside, the edit has damaged more
        than it has edited, and the error means little.
    others_flipped : tuple of float
        Share of the images that are classified otherwise than their reconstructions for
        another attribute, mean over the other attributes and the runs; empty without any.
    count : int
        Number M of images.
    """

    attribute: str
    direction: Direction
    values: tuple[float, ...]
    error: tuple[float, ...]
    error_sd: tuple[float, ...]
    svm_accuracy: float
    svm_misses: float
    error_reconstruction: float
    change_inside: tuple[float, ...]
    change_outside: tuple[float, ...]
    others_flipped: tuple[float, ...]
    count: int


def rows_to_edit(
    labels: np.ndarray,
    attributes: Sequence[str],
    rows: np.ndarray,
    attribute: str,
    direction: Direction,
) -> np.ndarray:
    """Return the rows a curve is made of: those that lack (``remove``: have) the attribute.

    Parameters
    ----------
    labels, attributes : as for `train_classifiers`
    rows : numpy.ndarray
        The test images.
    attribute : str
    direction : {"add", "remove"}

    Returns
    -------
    numpy.ndarray
        Some of `rows`, in their order.

    Raises
    ------
    RequestError
        If no row qualifies, or the attribute or the direction is unknown.
    """
    place, value = _asked(attributes, attribute, direction)
    found: np.ndarray = rows[labels[rows, place] == value]
    if not len(found):
        raise RequestError(
            f"{attribute}: no test image is known to {'have' if value else 'lack'} it, so there "
            f"is none to {direction} it {'from' if value else 'to'}; leave it out or add images"
        )
    return found


def strength_curve(
    classifiers: AttributeClassifiers,
    attribute: str,
    values: Sequence[float],
    edit: ValueEditor,
    reconstructions: np.ndarray,
    direction: Direction = "add",
) -> StrengthCurve:
    """Edit images to several values of an attribute and classify them.

    Song, Koyejo and Zhang (2019), Section 4.4 and Figure 5; the changes recorded beside the
    error tell an edit from damage. Only one value's images are held at a time.

    Parameters
    ----------
    classifiers : AttributeClassifiers
    attribute : str
    values : sequence of float
        The T values, in any order.
    edit : callable
        ``edit(value)`` returns the same M images edited to the value.
    reconstructions : numpy.ndarray
        M x C x H x W, uint8 or in [0, 1]: these images, unedited, from the same decoder.
    direction : {"add", "remove"}
        Whether the images lack the attribute, or have it (see `rows_to_edit`).

    Returns
    -------
    StrengthCurve

    Raises
    ------
    RequestError
        If the attribute or the direction is unknown, there are no values, or a value is not
        finite or yields images that are not.
    """
    place, was = _asked(classifiers.attributes, attribute, direction)
    check_values(values)
    before = classifiers.predictions(reconstructions)
    others = [index for index in range(len(classifiers.attributes)) if index != place]
    errors, changes, flipped = [], [], []
    for value in values:
        edited = edit(float(value))
        if edited.shape != reconstructions.shape:
            raise ValueError(f"edited {edited.shape}, reconstructions {reconstructions.shape}")
        change = change_inside_outside(edited, reconstructions, classifiers.regions[place])
        # A classifier would take NaN for an image that lacks the attribute.
        if not all(map(math.isfinite, change)):
            raise RequestError(
                f"{attribute}={value}: the edited images are not finite; ask for a smaller value"
            )
        predicted = classifiers.predictions(edited)
        errors.append((predicted[:, :, place] == was).mean(0))
        changes.append(change)
        flipped.append(float((predicted != before)[:, :, others].mean()) if others else 0.0)
    return StrengthCurve(
        attribute=attribute,
        direction=direction,
        values=tuple(float(value) for value in values),
        error=tuple(float(error.mean()) for error in errors),
        error_sd=tuple(float(error.std(ddof=min(1, len(error) - 1))) for error in errors),
        svm_accuracy=float(classifiers.accuracy[place]),
        svm_misses=float(classifiers.misses[place, 1 - was]),
        error_reconstruction=float((before[:, :, place] == was).mean()),
        change_inside=tuple(inside for inside, _ in changes),
        change_outside=tuple(outside for _, outside in changes),
        others_flipped=tuple(flipped) if others else (),
        count=len(reconstructions),
    )


def check_values(values: Sequence[float]) -> None:
    """Refuse values that images cannot be edited to.

    Raises
    ------
    RequestError
        If there are none, or one is not finite.
    """
    if not len(values) or not all(math.isfinite(value) for value in values):
        raise RequestError(f"values={list(values)}: give finite numbers, such as 0, 0.5, 1")


def _asked(attributes: Sequence[str], attribute: str, direction: str) -> tuple[int, int]:
    """Return the attribute's column and the label of the images that are edited."""
    place = list(attributes).index(pick(attribute, attributes, "attribute"))
    return place, DIRECTIONS.index(pick(direction, DIRECTIONS, "direction"))
