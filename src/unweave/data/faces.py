"""`faces`: cartoon faces whose attributes' degrees are known, drawn once and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unweave.data import face_canvas, face_drawing, face_people, face_portrait
from unweave.data.cache import Create, key_of, packed, progress
from unweave.data.dataset import Dataset, Factors, Labels
from unweave.data.face_drawing import ATTRIBUTES, draw_faces
from unweave.data.face_people import PEOPLE_SEED, People, invent_people
from unweave.data.fingerprint import fingerprint_of
from unweave.data.splits import require_rows, split_rows
from unweave.errors import RequestError

COUNT = 10_000
LIMIT = 1_000_000
THRESHOLD = 0.5
CHUNK = 512
# Faces are drawn anew when the code that draws them changes.
_DRAWN_BY = tuple(
    Path(str(module.__file__)) for module in (face_canvas, face_drawing, face_people, face_portrait)
)


def load_faces(*, count: int = COUNT, seed: int = PEOPLE_SEED, source: str = "faces") -> Dataset:
    """Draw faces; by default 10,000.

    Person and intensities of row i are row i of ``invent_people(count, seed)`` and of
    ``invent_intensities(count, seed)``, so that `draw_faces` can draw the same person to
    another degree. The first faces of a seed are the same whatever the count.

    Parameters
    ----------
    count : int
        How many, 16 to 1,000,000; one takes 12 kB.
    seed : int
        Of people and intensities; it has nothing to do with a training seed.
    source : str

    Returns
    -------
    Dataset
        Images N x 3 x 64 x 64. Factors: the intensities of `ATTRIBUTES`, continuous in
        [0, 1]; labels, not exclusive: whether the intensity is above 0.5.

    Raises
    ------
    RequestError
        If `count` or `seed` is out of range.
    """
    if count > LIMIT:
        raise RequestError(f"count={count}: give a whole number up to {LIMIT}")
    if seed < 0:
        raise RequestError(f"seed={seed}: give a whole number from 0 on")
    require_rows(count, f"count={count}: the set", "faces")
    people, intensities = invent_people(count, seed), invent_intensities(count, seed)
    key = key_of(_DRAWN_BY, kind="faces", count=count, seed=seed)
    pack = packed(key, lambda create: _pack(intensities, people, create))
    return Dataset(
        name="faces",
        samples=pack.images,
        splits=split_rows(count),
        fingerprint=fingerprint_of(pack.fingerprint, intensities),
        source=source,
        factors=Factors(ATTRIBUTES, intensities, (None,) * len(ATTRIBUTES)),
        labels=Labels(ATTRIBUTES, (intensities > THRESHOLD).astype(np.int64), exclusive=False),
        notes=pack.notes,
    )


def invent_intensities(count: int, seed: int = PEOPLE_SEED) -> np.ndarray:
    """Draw the attributes' intensities, independent of each other and of the people.

    They follow the arcsine law, Beta(1/2, 1/2): most people clearly have an attribute
    or clearly lack it, half each, and every degree between occurs.

    Parameters
    ----------
    count : int
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


def _pack(intensities: np.ndarray, people: People, create: Create) -> np.ndarray:
    images = create((len(people), 3, face_canvas.FRAME, face_canvas.FRAME))
    for start in progress(range(0, len(people), CHUNK), "Drawing faces"):
        rows = slice(start, start + CHUNK)
        images[rows] = draw_faces(intensities[rows], people[rows])
    return images
