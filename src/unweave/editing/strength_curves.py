"""The strength protocol: how well a picture edited to a value passes for having the attribute."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from unweave.editing.attribute_judge import AttributeJudge
from unweave.editing.regions import change_inside_outside
from unweave.errors import RequestError, pick
from unweave.statistics import finite_or_none

Direction = Literal["add", "remove"]
DIRECTIONS: tuple[Direction, ...] = ("add", "remove")
Edit = Callable[[float], np.ndarray]
"""From a value to the same M images, edited to it: M x C x H x W, uint8 or in [0, 1]."""


@dataclass(frozen=True)
class StrengthCurve:
    """How one attribute's edits are judged over T values, and what to hold beside it.

    Attributes
    ----------
    attribute : str
    direction : str
        ``add``: images without the attribute were edited to have it; ``remove``: the reverse.
    values : tuple of float
        T values of the attribute's element of ŷ.
    error : tuple of float
        Share of the edited images still judged 'without' (``remove``: 'with'), mean over
        the runs.
    error_sd : tuple of float
        Standard deviation of that share over the runs (R − 1 in the denominator).
    svm_accuracy : float
        Balanced accuracy on real held-out images; NaN if these have one class only.
    svm_misses : float
        Share of the real held-out images with the attribute (``remove``: without it)
        that the machines miss: no error below it is to be expected. NaN if there is none.
    error_reconstruction : float
        The error of the unedited reconstructions: where the curve starts from.
    change_inside, change_outside : tuple of float
        Root mean square change from the reconstruction inside and outside of the
        attribute's region, in units of white. Much of it outside: the edit has wrecked
        more than it has edited, and the error says little.
    others_flipped : tuple of float
        Share of the images whose verdict on another attribute is not the
        reconstruction's, mean over the other attributes and the runs; empty without any.
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

    def to_json(self) -> dict[str, Any]:
        """Return what it holds; a number that is not known becomes None."""
        document: dict[str, Any] = finite_or_none(dataclasses.asdict(self))
        return document


def rows_to_edit(
    labels: np.ndarray,
    attributes: Sequence[str],
    rows: np.ndarray,
    attribute: str,
    direction: Direction,
) -> np.ndarray:
    """Return which rows a curve is made of: those that lack (``remove``: have) the attribute.

    Parameters
    ----------
    labels, attributes : as for `train_judge`
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
        If there is no such row, attribute or direction.
    """
    place, value = _asked(attributes, attribute, direction)
    found: np.ndarray = rows[labels[rows, place] == value]
    if not len(found):
        what = "with" if value else "without"
        raise RequestError(
            f"{attribute}: no test image is known to be {what} it, so there is none to "
            f"{direction} it {'from' if value else 'to'}: leave it out or add images"
        )
    return found


def strength_curve(
    judge: AttributeJudge,
    attribute: str,
    values: Sequence[float],
    edit: Edit,
    reconstructions: np.ndarray,
    direction: Direction = "add",
) -> StrengthCurve:
    """Edit images to several values of an attribute and have them judged.

    Song, Koyejo and Zhang (2019), Section 4.4 and Figure 5, with the figures beside it
    that tell an edit from damage. One value's images are held at a time.

    Parameters
    ----------
    judge : AttributeJudge
    attribute : str
    values : sequence of float
        T of them, in any order.
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
        If an attribute or direction is not known, there are no values, or a value is not
        finite or yields images that are not.
    """
    place, was = _asked(judge.attributes, attribute, direction)
    check_values(values)
    before = judge.verdicts(reconstructions)
    others = [index for index in range(len(judge.attributes)) if index != place]
    errors, changes, flipped = [], [], []
    for value in values:
        edited = edit(float(value))
        if edited.shape != reconstructions.shape:
            raise ValueError(f"edited {edited.shape}, reconstructions {reconstructions.shape}")
        change = change_inside_outside(edited, reconstructions, judge.regions[place])
        # A judge would take what is not a number for 'without'.
        if not all(map(math.isfinite, change)):
            raise RequestError(
                f"{attribute}={value}: the edited images are not finite; ask for less"
            )
        verdicts = judge.verdicts(edited)
        errors.append((verdicts[:, :, place] == was).mean(0))
        changes.append(change)
        flipped.append(float((verdicts != before)[:, :, others].mean()) if others else 0.0)
    return StrengthCurve(
        attribute=attribute,
        direction=direction,
        values=tuple(float(value) for value in values),
        error=tuple(float(error.mean()) for error in errors),
        error_sd=tuple(float(error.std(ddof=min(1, len(error) - 1))) for error in errors),
        svm_accuracy=float(judge.accuracy[place]),
        svm_misses=float(judge.misses[place, 1 - was]),
        error_reconstruction=float((before[:, :, place] == was).mean()),
        change_inside=tuple(inside for inside, _ in changes),
        change_outside=tuple(outside for _, outside in changes),
        others_flipped=tuple(flipped) if others else (),
        count=len(reconstructions),
    )


def check_values(values: Sequence[float]) -> None:
    """Refuse values that nothing can be edited to.

    Raises
    ------
    RequestError
        If there is none, or one is not finite.
    """
    if not len(values) or not all(math.isfinite(value) for value in values):
        raise RequestError(f"values {list(values)}: give finite ones, as 0, 0.5, 1")


def _asked(attributes: Sequence[str], attribute: str, direction: str) -> tuple[int, int]:
    """Return the attribute's column and the label of the images that are edited."""
    place = list(attributes).index(pick(attribute, attributes, "attribute"))
    return place, DIRECTIONS.index(pick(direction, DIRECTIONS, "direction"))
