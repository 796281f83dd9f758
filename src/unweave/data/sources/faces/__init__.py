"""Cartoon faces whose attributes have known intensities, drawn once and kept.

A face is drawn (`drawing`, from the shapes of `portrait` on a `canvas`) from a person
(`people`) and the intensities of five attributes, so that the same person can be drawn
again with another intensity: the perfect edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.dataset import Redraw
from unweave.data.factors import Factors
from unweave.data.files.cache import Create, key_of, packed, progress
from unweave.data.former import samples_and_factor_values
from unweave.data.labels import Labels
from unweave.data.options import Option
from unweave.data.source import Source
from unweave.data.sources.faces import canvas, drawing, people, portrait
from unweave.data.sources.faces.drawing import ATTRIBUTES, draw_faces
from unweave.data.sources.faces.people import PEOPLE_SEED, People, invent_people
from unweave.data.splits import require_rows

COUNT = 10_000
LIMIT = 1_000_000
THRESHOLD = 0.5
CHUNK = 512
# Kept faces are drawn again when the code that draws them changes.
_DRAWN_BY = tuple(Path(str(module.__file__)) for module in (canvas, drawing, people, portrait))


@dataclass(frozen=True)
class _Again:
    """Draws the people of a set again, with other intensities."""

    people: People

    def __call__(self, rows: np.ndarray, intensities: np.ndarray) -> np.ndarray:
        return draw_faces(intensities, self.people[rows])


def read(*, count: int = COUNT, seed: int = PEOPLE_SEED) -> Contents:
    """Draw faces; by default 10,000.

    Person and intensities of row i are row i of ``invent_people(count, seed)`` and of
    ``invent_intensities(count, seed)``. The first faces of a seed are the same whatever
    the count.

    Parameters
    ----------
    count : int
        How many, 16 to 1,000,000; one takes 12 kB.
    seed : int
        Seed of people and intensities; it has nothing to do with a training seed.

    Returns
    -------
    Contents
        Images N x 3 x 64 x 64. Factors: the intensities of `ATTRIBUTES`, continuous in
        [0, 1]; labels, not exclusive: whether the intensity is above 0.5. They can be
        drawn again with other intensities.

    Raises
    ------
    RequestError
        If there are fewer than 16.
    """
    require_rows(count, f"count={count}: the set", "faces")
    crowd, intensities = invent_people(count, seed), invent_intensities(count, seed)
    key = key_of(_DRAWN_BY, kind="faces", count=count, seed=seed)
    pack = packed(key, lambda create: _pack(intensities, crowd, create))
    return Contents.of_pack(
        pack,
        factors=Factors(ATTRIBUTES, intensities, (None,) * len(ATTRIBUTES)),
        labels=Labels(ATTRIBUTES, (intensities > THRESHOLD).astype(np.int64), exclusive=False),
        synthetic=True,
        redraw=Redraw(intensities, _Again(crowd)),
        former=samples_and_factor_values,
    )


def invent_intensities(count: int, seed: int = PEOPLE_SEED) -> np.ndarray:
    """Draw the attributes' intensities, independent of each other and of the people.

    They follow the arcsine law, Beta(1/2, 1/2): most people clearly have an attribute
    or clearly lack it, half each, and every degree between occurs.

    Parameters
    ----------
    count : int
        How many rows.
    seed : int
        The first rows of a seed are the same whatever the count.

    Returns
    -------
    numpy.ndarray
        N x 5 in [0, 1], float64, in the order of `ATTRIBUTES`.
    """
    uniform = np.random.default_rng([seed, 1]).random((count, len(ATTRIBUTES)))
    # Rounded, so that the last bit of a machine's sine changes nothing.
    rounded: np.ndarray = np.round(np.sin(np.pi / 2 * uniform) ** 2, 6)
    return rounded


def _pack(intensities: np.ndarray, crowd: People, create: Create) -> np.ndarray:
    images = create((len(crowd), 3, canvas.FRAME, canvas.FRAME))
    for start in progress(range(0, len(crowd), CHUNK), "Drawing faces"):
        rows = slice(start, start + CHUNK)
        images[rows] = draw_faces(intensities[rows], crowd[rows])
    return images


SOURCE = Source(
    name="faces",
    description="synthetic: cartoon faces, 64 x 64, with five attributes of known intensity",
    kind="images",
    licence="generated here",
    read=read,
    options=(
        Option("count", COUNT, int, "number of faces", most=LIMIT),
        Option("seed", PEOPLE_SEED, int, "seed of people and intensities", least=0),
    ),
)
