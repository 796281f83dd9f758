"""Degrees of edits: the one asked for against the one drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unweave.editing.records import JsonRecord
from unweave.errors import RequestError
from unweave.statistics import rank_correlation

DegreeReader = Callable[[np.ndarray], np.ndarray]
"""From N images to their N x F degrees, such as an `IntensityReader`."""
AttributeEditor = Callable[[str, float], np.ndarray]
"""From an attribute and a degree to the same M faces, edited to it."""


@dataclass(frozen=True)
class DegreeCurve(JsonRecord):
    """Edits of one attribute in M faces to T degrees each.

    Attributes
    ----------
    asked : tuple of float
        The T degrees asked for, ascending.
    drawn, sd : tuple of float
        For each of them, mean and standard deviation over the M faces of the degree read.
    spearman : float
        Rank correlation of asked and drawn over all M T pairs; 0 if nothing ever moves.
        The degrees asked for are tied and those drawn hardly ever are, so that even an edit
        that never confuses two degrees reaches √(1 − 1 / T²): 0.980 for T = 5, 0.996 for
        T = 11.
    spearman_of_means : float
        The same for the T means.
    slope, intercept, r2 : float
        Least squares of drawn on asked over all pairs; 1, 0 and 1 are perfect.
    monotone : bool
        Whether the mean rises at every step.
    change : float
        Mean absolute change of this attribute's degree from the unedited faces.
    others : dict of str to float
        The mean absolute change of every other attribute as a ratio to `change`. Where
        that is 0, it is infinite, or NaN if the other did not move either.
    largest_other, mean_other : float
        Largest and mean of `others`; 0 where there are none.
    """

    asked: tuple[float, ...]
    drawn: tuple[float, ...]
    sd: tuple[float, ...]
    spearman: float
    spearman_of_means: float
    slope: float
    intercept: float
    r2: float
    monotone: bool
    change: float
    others: dict[str, float]
    largest_other: float
    mean_other: float


def degree_curves(
    read: DegreeReader,
    edit: AttributeEditor,
    values: Sequence[float],
    names: Sequence[str],
    unedited: np.ndarray,
) -> dict[str, DegreeCurve]:
    """Edit every attribute to several degrees and read the degrees that were drawn.

    Parameters
    ----------
    read : callable
        From N images to N x F degrees.
    edit : callable
        ``edit(attribute, value)`` returns M images.
    values : sequence of float
        The degrees to ask for, at least two; they may lie outside [0, 1].
    names : sequence of str
        The F attributes in the order in which `read` returns them; each is edited in turn.
    unedited : numpy.ndarray
        M images: the faces as the model draws them when nothing is edited.

    Returns
    -------
    dict of str to DegreeCurve

    Raises
    ------
    RequestError
        If there are not two different finite values, or the images do not match the names
        or the faces.
    """
    asked = np.unique(np.asarray(values, dtype=float))
    if len(asked) < 2 or not np.isfinite(asked).all():
        raise RequestError(f"values={list(values)}: give at least two different finite degrees")
    before = read(unedited)
    if before.shape[1] != len(names):
        raise RequestError(
            f"names={list(names)}: {before.shape[1]} degrees are read from a face; name as many"
        )
    curves = {}
    for place, name in enumerate(names):
        degrees = np.stack([read(edit(name, float(value))) for value in asked])
        if degrees.shape[1:] != before.shape:
            raise RequestError(
                f"{name}: the edit returned {degrees.shape[1]} images of {len(before)} faces"
            )
        curves[name] = _curve(asked, degrees, before, place, names)
    return curves


def _curve(
    asked: np.ndarray, degrees: np.ndarray, before: np.ndarray, place: int, names: Sequence[str]
) -> DegreeCurve:
    """Summarise T x M x F degrees read after edits of one attribute, and M x F before them."""
    drawn = degrees[:, :, place]
    means = drawn.mean(1)
    every_asked = np.repeat(asked, drawn.shape[1])
    slope = float(np.cov(asked, means, bias=True)[0, 1] / asked.var())
    intercept = float(means.mean() - slope * asked.mean())
    residual = drawn.ravel() - intercept - slope * every_asked
    changes = np.abs(degrees - before).mean(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = changes / changes[place]
    others = {name: float(ratios[k]) for k, name in enumerate(names) if k != place}
    return DegreeCurve(
        asked=tuple(asked.tolist()),
        drawn=tuple(means.tolist()),
        sd=tuple(drawn.std(1).tolist()),
        spearman=_spearman(every_asked, drawn.ravel()),
        spearman_of_means=_spearman(asked, means),
        slope=slope,
        intercept=intercept,
        r2=float(1 - residual.var() / drawn.var()) if np.ptp(drawn) else 0.0,
        monotone=bool((np.diff(means) > 0).all()),
        change=float(changes[place]),
        others=others,
        largest_other=max(others.values(), default=0.0),
        mean_other=float(np.mean(list(others.values()))) if others else 0.0,
    )


def _spearman(asked: np.ndarray, drawn: np.ndarray) -> float:
    # A constant has no rank correlation; an edit that never moves anything gets no credit.
    return rank_correlation(asked, drawn) if np.ptp(drawn) else 0.0
