"""How far an edit really went: the degree asked for against the one drawn, and at what cost."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from unweave.data import Dataset, draw_faces, invent_intensities, invent_people
from unweave.data.face_drawing import ATTRIBUTES
from unweave.data.face_people import PEOPLE_SEED
from unweave.editing.intensity_reader import unit_scale
from unweave.errors import RequestError, pick

Read = Callable[[np.ndarray], np.ndarray]
"""From N images to their N x F degrees; such as an `IntensityReader`."""
Edit = Callable[[str, float], np.ndarray]
"""From an attribute and a degree to M images: the same M faces, edited."""


class _Result:
    def to_json(self) -> dict[str, Any]:
        """Return what it holds; a number that is not finite becomes None."""
        document: dict[str, Any] = _plain(dataclasses.asdict(self))  # type: ignore[call-overload]
        return document


@dataclass(frozen=True)
class DegreeCurve(_Result):
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


@dataclass(frozen=True)
class EditCost(_Result):
    """What setting one attribute did to the rest of the picture: RMS, in units of white.

    Attributes
    ----------
    error : float
        Of the edited faces, against the same people drawn anew to the degrees asked for.
    reconstruction_error : float
        Of the unedited reconstructions, against the originals: what cannot be drawn anyway.
    cost : float
        The first less the second.
    changed_inside, changed_outside : float
        Change from reconstruction to edit, inside and outside of the pixels that drawing
        anew changes (all channels of a pixel together, face by face). Outside, it is the
        person who moved.
    true_inside : float
        Change from original to redrawn face inside: what `changed_inside` should be.
    """

    error: float
    reconstruction_error: float
    cost: float
    changed_inside: float
    changed_outside: float
    true_inside: float


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


def redrawn(dataset: Dataset, rows: np.ndarray, attribute: str, value: float) -> np.ndarray:
    """Draw people of `faces` anew with one attribute to another degree: the perfect edit.

    Parameters
    ----------
    dataset : Dataset
        As loaded by ``load_data("faces:...")``.
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
        If the dataset is not `faces`, has no such attribute, or the value is out of range.
    """
    column = ATTRIBUTES.index(pick(attribute, ATTRIBUTES, "attribute"))
    given = re.search(r"[:,]seed=(\d+)", dataset.source)
    seed = int(given[1]) if given else PEOPLE_SEED
    intensities = invent_intensities(len(dataset), seed)
    # Unless these are the known ones, rows were left out or moved: they are other people.
    known = dataset.factors is not None and np.array_equal(dataset.factors.values, intensities)
    if not dataset.source.startswith("faces") or not known:
        raise RequestError(
            f"{dataset.name} (source {dataset.source!r}): only what load_data('faces') gives "
            "can be drawn anew"
        )
    intensities[rows, column] = value
    return draw_faces(intensities[rows], invent_people(len(dataset), seed)[rows])


def edit_costs(
    dataset: Dataset,
    rows: np.ndarray,
    edit: Edit,
    values: Sequence[float],
    names: Sequence[str],
    unedited: np.ndarray,
) -> dict[str, EditCost]:
    """Compare edits with the same people truly drawn to the degrees asked for.

    Parameters
    ----------
    dataset, rows : as for `redrawn`
    edit, names, unedited : as for `degree_curves`
        Images, uint8 or float in [0, 1], of the faces in `rows`.
    values : sequence of float
        In [0, 1]; all are pooled.

    Returns
    -------
    dict of str to EditCost

    Raises
    ------
    RequestError
        As `redrawn`; or if there is not one image to each row.
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
    return float(spearmanr(asked, drawn).statistic) if np.ptp(drawn) else 0.0


def _faces(images: np.ndarray, original: np.ndarray, what: str) -> np.ndarray:
    if images.shape != original.shape:
        raise RequestError(f"{what} have shape {images.shape}; the rows', {original.shape}")
    return unit_scale(images)


def _squares(differences: np.ndarray) -> tuple[float, int]:
    return float(np.sum(differences**2, dtype=float)), differences.size


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
