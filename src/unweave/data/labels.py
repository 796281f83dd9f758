"""Labels of samples, and the checks that a list of labels belongs to its images."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from unweave.errors import RequestError, nearest

# The value of a label that is not known for a sample.
UNKNOWN = -1


@dataclass(frozen=True)
class Labels:
    """Classes or attributes of the samples that are not factors of variation.

    Attributes
    ----------
    names : tuple of str
        Class names if exclusive, attribute names otherwise.
    values : numpy.ndarray
        N class indices if exclusive, N x L of 0/1 otherwise; int64, or float32 if some
        attributes are ratings, which are from 0 to 1. In all, -1 means "not known": leave such
        entries out of whatever is learned or measured.
    exclusive : bool
        Whether a sample has exactly one of the names.
    bounds : mapping of str to (float, float)
        Of each rating, the numbers in the file that are 0 and 1.
    """

    names: tuple[str, ...]
    values: np.ndarray
    exclusive: bool
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def classes(self) -> np.ndarray:
        """The values as int64: a rating is 1 above one half, and else 0."""
        if not self.bounds:
            return self.values
        rounded = (self.values > 0.5).astype(np.int64)
        return np.where(self.values == UNKNOWN, UNKNOWN, rounded)


def unlisted_note(
    path: Path, images: Sequence[str], listed: Collection[str], consequence: str
) -> tuple[str, ...]:
    """Say how many images a list does not name, and what becomes of them; () if none.

    Parameters
    ----------
    path : pathlib.Path
        The list.
    images : sequence of str
        The file names of all images.
    listed : collection of str
        The names in the list.
    consequence : str
        ``"they are ..."``.
    """
    missing = [image for image in images if image not in listed]
    if not missing:
        return ()
    return (
        f"{path.name} has no row for {len(missing):,} of {len(images):,} images "
        f"(first: {missing[0]}); {consequence}",
    )


def single_class_notes(labels: Labels) -> tuple[str, ...]:
    """Name the attributes that are the same wherever they are known, with a note for each."""
    notes = []
    for name, column in zip(labels.names, labels.values.T, strict=True):
        known = column[column != UNKNOWN]
        if len(known) == 0:
            notes.append(f"attribute {name!r} is not known of any image: it cannot be learned")
        elif (known == known[0]).all():
            where = "every image" + ("" if len(known) == len(column) else " where it is known")
            notes.append(f"attribute {name!r} is {known[0]:g} for {where}: it cannot be learned")
    return tuple(notes)


def require_match(
    path: Path, images: Sequence[str], listed: Collection[str], strangers: Sequence[str]
) -> None:
    """Refuse a list that names fewer than two of the images: it belongs to others.

    Parameters
    ----------
    path : pathlib.Path
        The list.
    images : sequence of str
        The file names of all images.
    listed : collection of str
        The names in the list.
    strangers : sequence of str
        Names in the list that are none of `images`.

    Raises
    ------
    RequestError
        The message shows a name of the list that is close to one of the images.
    """
    missing = [image for image in images if image not in listed]
    matched = len(images) - len(missing)
    # A single image can be matched only once.
    if matched >= min(2, len(images)):
        return
    hint = "; add rows for the others"
    if strangers:
        hint = f", but {strangers[0]!r}"
        hint += nearest(strangers[0], missing) or "; write the images' names as they are"
    raise RequestError(f"{path} names {matched} of the {len(images):,} images{hint}")
