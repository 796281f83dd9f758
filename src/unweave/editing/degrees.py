"""How far an edit really went: the degree asked for against the one drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.errors import RequestError
from unweave.statistics import finite_or_none, rank_correlation

Read = Callable[[np.ndarray], np.ndarray]
"""From N images to their N x F degrees; such as an `IntensityReader`."""
Edit = Callable[[str, float], np.ndarray]
"""From an attribute and a degree to M images: the same M faces, edited."""


class Findings:
    """What was found out of edits, as a dataclass of numbers."""

    def to_json(self) -> dict[str, Any]:
        """Return what it holds; a number that is not finite becomes None."""
        document: dict[str, Any] = finite_or_none(dataclasses.asdict(self))  # type: ignore[call-overload]
        return document


@dataclass(frozen=True)
class DegreeCurve(Findings):
    """One attribute, asked for to T degrees of M faces.

    Attributes
    ----------
    asked : tuple of float
        T degrees, ascending.
    drawn, sd : tuple of float
        Mean and standard deviation over the M faces of the degree read at each.
    spearman : float
        Rank correlation of asked and drawn over all M T pairs; 0 if nothing ever moves.
        Degrees asked for are tied, those drawn hardly ever: with faces that never mix up
        two degrees it is √(1 − 1 / T²), such as 0.980 for T = 5 and 0.996 for T = 11.
    spearman_of_means : float
        The same of the T means.
    slope, intercept, r2 : float
        Least squares of drawn on asked over all pairs; 1, 0 and 1 are perfect.
    monotone : bool
        Whether the mean rises at every step.
    change : float
        Mean absolute change of this attribute's degree, from the unedited faces'.
    others : dict of str to float
        The same of every other attribute, as a ratio to `change`; where that is 0,
        infinite, or NaN if the other did not move either.
    largest_other, mean_other : float
        Of `others`; 0 where there are none.
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
    read: Read, edit: Edit, values: Sequence[float], names: Sequence[str], unedited: np.ndarray
) -> dict[str, DegreeCurve]:
    """Ask for every attribute to several degrees and read off what was drawn.

    Parameters
    ----------
    read : callable
        From N images to N x F degrees.
    edit : callable
        ``edit(attribute, value)`` returns M images.
    values : sequence of float
        The degrees to ask for, two at least; they may lie outside [0, 1].
    names : sequence of str
        The F attributes in the order in which they are read; all are asked for.
    unedited : numpy.ndarray
        M images: the faces as the model draws them when nothing is edited.

    Returns
    -------
    dict of str to DegreeCurve
    """
    asked = np.unique(np.asarray(values, dtype=float))
    if len(asked) < 2 or not np.isfinite(asked).all():
        raise RequestError(f"values {list(values)}: give two different finite degrees at least")
    before = read(unedited)
    if before.shape[1] != len(names):
        raise RequestError(f"{before.shape[1]} degrees are read off a face, but {len(names)} named")
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
    """Summarise T x M x F degrees read, from M x F before, of the attribute at `place`."""
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
    # A constant has no ranks; an edit that never moves anything is given no credit.
    return rank_correlation(asked, drawn) if np.ptp(drawn) else 0.0
