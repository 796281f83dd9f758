"""The drawing of a face, from a person and the intensities of the attributes."""

from __future__ import annotations

import numpy as np

from unweave.data.sources.faces.canvas import FRAME
from unweave.data.sources.faces.people import People
from unweave.data.sources.faces.portrait import Portrait
from unweave.errors import RequestError

ATTRIBUTES = ("Eyeglasses", "Smiling", "Blond_Hair", "Pale_Skin", "Mustache")
CHUNK = 64


def draw_faces(intensities: np.ndarray, people: People) -> np.ndarray:
    """Draw people, each with the attributes at the intensities asked for.

    An intensity acts on its own part of the picture alone, the more the larger it is:

    - ``Eyeglasses``: opacity of the frame, from none to black, and of the tinted lenses.
    - ``Smiling``: the mouth's curvature, width and opening, from a closed straight line
      to an open grin.
    - ``Blond_Hair``: the hair's colour, from the person's own (brows and moustache keep it).
    - ``Pale_Skin``: the skin's colour, from the person's own.
    - ``Mustache``: opacity and thickness.

    Parameters
    ----------
    intensities : numpy.ndarray
        N x 5 in [0, 1], in the order of `ATTRIBUTES`.
    people : People
        The N people.

    Returns
    -------
    numpy.ndarray
        N x 3 x 64 x 64, uint8. A face depends on its own row alone.

    Raises
    ------
    RequestError
        If the shapes do not fit, or an intensity is outside [0, 1].
    """
    degrees = np.asarray(intensities, dtype=np.float32)
    if degrees.shape != (len(people), len(ATTRIBUTES)):
        raise RequestError(
            f"intensities have shape {degrees.shape}; give {len(people)} x {len(ATTRIBUTES)}: "
            f"one row a person, in the order {', '.join(ATTRIBUTES)}"
        )
    bad = ~((degrees >= 0) & (degrees <= 1))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise RequestError(
            f"intensities, row {row}, column {ATTRIBUTES[column]!r}: "
            f"{degrees[row, column]:g} is not in 0 to 1; give a value that is"
        )
    images = np.empty((len(people), 3, FRAME, FRAME), dtype=np.uint8)
    for start in range(0, len(people), CHUNK):
        rows = slice(start, start + CHUNK)
        images[rows] = Portrait(degrees[rows], people[rows]).drawn()
    return images
