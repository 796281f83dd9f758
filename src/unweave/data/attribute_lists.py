"""CelebA's text files: the attributes of images, and the split of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from unweave.data.dataset import Labels
from unweave.errors import RequestError

_TRUTH = {"1": 1, "+1": 1, "-1": 0, "0": 0}
_PARTS = {"0": 0, "1": 1, "2": 2}


def read_attribute_list(path: Path, images: Sequence[str]) -> tuple[Labels, tuple[str, ...]]:
    """Read attributes in the format of ``list_attr_celeba.txt``.

    Line 1 is the number of images, line 2 the attributes' names; then each line is a file
    name and 1 or -1 (or 0) for each attribute. More images may be listed than there are.

    Parameters
    ----------
    path : pathlib.Path
    images : sequence of str
        The file names, in the order of the samples.

    Returns
    -------
    labels : Labels
        Not exclusive; values N x L, int64, in the order of `images`.
    notes : tuple of str
        Where the file's count, its lines and the images differ in number.

    Raises
    ------
    RequestError
        If the file cannot be read, a line has too few or too many cells or a cell that
        is neither 1 nor -1 nor 0, an image is listed twice, or one of `images` never.
    """
    lines = _lines(path)
    count = lines[0].strip() if lines else ""
    if not count.isdecimal() or len(count) > 12:
        raise RequestError(
            f"{path}, line 1: {count[:40]!r} is not the number of images; give it on line 1, "
            "the attributes' names on line 2, then one image a line"
        )
    names = tuple(lines[1].split()) if len(lines) > 1 else ()
    if not names or len(set(names)) < len(names):
        raise RequestError(f"{path}, line 2: an attribute is named twice, or none is; name each")
    values = np.empty((len(images), len(names)), dtype=np.int64)
    row_of = {image: row for row, image in enumerate(images)}
    listed = set()
    for number, image, cells in _rows(lines, 2, len(names), path):
        codes = [_TRUTH.get(cell, -1) for cell in cells]
        if -1 in codes:
            column = codes.index(-1)
            raise RequestError(
                f"{path}, line {number} ({image}), column {names[column]!r}: "
                f"{cells[column]!r} is not 1, -1 or 0; mend the cell"
            )
        listed.add(image)
        if image in row_of:
            values[row_of[image]] = codes
    _require_listed(images, listed, path)
    notes = []
    if int(count) != len(listed):
        notes.append(f"{path.name} says {int(count):,} images and lists {len(listed):,}")
    if len(images) < len(listed):
        notes.append(f"{path.name} lists {len(listed):,} images; {len(images):,} of them are here")
    return Labels(names, values, exclusive=False), tuple(notes)


def read_partition(path: Path, images: Sequence[str]) -> np.ndarray:
    """Read splits in the format of ``list_eval_partition.txt``: file name, then 0, 1 or 2.

    Parameters
    ----------
    path : pathlib.Path
    images : sequence of str

    Returns
    -------
    numpy.ndarray
        N int64, in the order of `images`: 0 train, 1 validation, 2 test.

    Raises
    ------
    RequestError
        If the file cannot be read, a line is malformed, an image is listed twice, or one
        of `images` never.
    """
    parts = {}
    for number, image, (part,) in _rows(_lines(path), 0, 1, path):
        if part not in _PARTS:
            raise RequestError(
                f"{path}, line {number} ({image}): {part!r} is not 0 (train), "
                "1 (validation) or 2 (test); mend it"
            )
        parts[image] = _PARTS[part]
    _require_listed(images, parts, path)
    return np.array([parts[image] for image in images], dtype=np.int64)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise RequestError(f"there is no {path}; put it there") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"cannot read {path} as text ({error}); get the file anew") from error


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


def _require_listed(images: Sequence[str], listed: Collection[str], path: Path) -> None:
    for image in images:
        if image not in listed:
            raise RequestError(
                f"{path} has no line for the image {image!r}; add one, or remove the image"
            )
