"""CelebA's lists, as text or Kaggle's .csv: attributes of its images, and the split of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from unweave.data.labels import (
    UNKNOWN,
    Labels,
    require_match,
    unlisted_note,
)
from unweave.errors import RequestError

_TABLE = ".csv"
# The file's -1 is false; an image it does not name gets UNKNOWN.
_TRUTH = {"1": 1, "+1": 1, "-1": 0, "0": 0}
_PARTS = {"0": 0, "1": 1, "2": 2}


def read_attribute_list(path: Path, images: Sequence[str]) -> tuple[Labels, tuple[str, ...]]:
    """Read attributes in the format of ``list_attr_celeba.txt``.

    Line 1 is the number of images, line 2 the attributes' names; then each line is a file
    name and 1 or -1 (or 0) for each attribute. A ``.csv`` has one line before these, which
    names its columns. More images may be listed than there are.

    Parameters
    ----------
    path : pathlib.Path
        The list.
    images : sequence of str
        The file names, in the order of the samples.

    Returns
    -------
    labels : Labels
        Not exclusive; values N x L, int64, in the order of `images`: 0, 1, or -1 for an
        image that is not listed.
    notes : tuple of str
        Where the file's count, its lines and the images differ.

    Raises
    ------
    RequestError
        If the file cannot be read, a line has too few or too many cells or a cell that
        is neither 1 nor -1 nor 0, an image is listed twice, or fewer than two of `images`
        are listed.
    """
    lines = _lines(path)
    names, said, first = _heading(lines, path)
    if not names or len(set(names)) < len(names):
        raise RequestError(
            f"{path}, line {first}: an attribute is named twice, or none is; name each"
        )
    values = np.full((len(images), len(names)), UNKNOWN, dtype=np.int64)
    row_of = {image: row for row, image in enumerate(images)}
    # A dictionary, since an error shows the first name that belongs to no image.
    listed: dict[str, None] = {}
    for number, image, cells in _rows(lines, first, len(names), path):
        wrong = [column for column, cell in enumerate(cells) if cell not in _TRUTH]
        if wrong:
            column = wrong[0]
            raise RequestError(
                f"{path}, line {number} ({image}), column {names[column]!r}: "
                f"{cells[column]!r} is not 1, -1 or 0; mend the cell"
            )
        listed[image] = None
        if image in row_of:
            values[row_of[image]] = [_TRUTH[cell] for cell in cells]
    strangers = [image for image in listed if image not in row_of]
    require_match(path, images, listed, strangers)
    notes = []
    if said is not None and said != len(listed):
        notes.append(f"{path.name} says {said:,} images and lists {len(listed):,}")
    if strangers:
        here = len(listed) - len(strangers)
        notes.append(f"{path.name} lists {len(listed):,} images; {here:,} of them are here")
    notes += unlisted_note(path, images, listed, "they are used without labels")
    return Labels(names, values, exclusive=False), tuple(notes)


def read_partition(path: Path, images: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read splits in the format of ``list_eval_partition.txt``: file name, then 0, 1 or 2.

    A ``.csv`` begins with a line that names its columns.

    Parameters
    ----------
    path : pathlib.Path
        The list.
    images : sequence of str
        The file names, in the order of the samples.

    Returns
    -------
    parts : numpy.ndarray
        N int64, in the order of `images`: 0 train, 1 validation, 2 test; an image that
        is not listed is in train.
    notes : tuple of str
        How many are not listed.

    Raises
    ------
    RequestError
        If the file cannot be read, a line is malformed or an image is listed twice.
    """
    parts = {}
    heading = 1 if path.suffix == _TABLE else 0
    for number, image, (part,) in _rows(_lines(path), heading, 1, path):
        if part not in _PARTS:
            raise RequestError(
                f"{path}, line {number} ({image}): {part!r} is not 0 (train), "
                "1 (validation) or 2 (test); mend it"
            )
        parts[image] = _PARTS[part]
    codes = np.array([parts.get(image, _PARTS["0"]) for image in images], dtype=np.int64)
    return codes, unlisted_note(path, images, parts, "they are put in train")


def _heading(lines: Sequence[str], path: Path) -> tuple[tuple[str, ...], int | None, int]:
    """Return the attributes' names, how many images the list says it has, and its first row."""
    if path.suffix == _TABLE:
        return tuple(lines[0].split()[1:]) if lines else (), None, 1
    count = lines[0].strip() if lines else ""
    if not count.isdecimal() or len(count) > 12:
        raise RequestError(
            f"{path}, line 1: {count[:40]!r} is not the number of images; give it on line 1, "
            "the attributes' names on line 2, then one image a line"
        )
    return tuple(lines[1].split()) if len(lines) > 1 else (), int(count), 2


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        # No name of an image or an attribute has a comma or a blank.
        return (text.replace(",", " ") if path.suffix == _TABLE else text).splitlines()
    except FileNotFoundError as error:
        raise RequestError(f"there is no {path}; put it there") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"cannot read {path} as text ({error}); get the file again") from error


def _rows(
    lines: Sequence[str], skipped: int, width: int, path: Path
) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line number, image and cells of every line that is not blank."""
    seen = set()
    for number, line in enumerate(lines[skipped:], start=skipped + 1):
        if not line.strip():
            continue
        image, *cells = line.split()
        if len(cells) != width:
            raise RequestError(
                f"{path}, line {number} ({image}): {len(cells)} values where {width} are "
                "wanted; mend the line"
            )
        if image in seen:
            raise RequestError(f"{path}, line {number}: {image!r} is listed twice; remove one")
        seen.add(image)
        yield number, image, cells
