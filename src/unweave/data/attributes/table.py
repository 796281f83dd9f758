"""A table of attributes that lies beside pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from unweave.data.attributes.column import Attributes, read_column
from unweave.data.files.delimited import read_delimited
from unweave.data.labels import (
    UNKNOWN,
    Labels,
    require_match,
    single_class_notes,
    unlisted_note,
)
from unweave.errors import RequestError, nearest, shown


def read_attributes(
    path: Path, images: Sequence[str], chosen: Sequence[str] = ()
) -> tuple[Labels, tuple[str, ...]]:
    """Read a table of attributes of images.

    Parameters
    ----------
    path : pathlib.Path
        The table: first column the file name, relative to the folder; the others as
        `unweave.data.attributes.column.read_column` takes them, and empty (or ``na``, ``nan``)
        where it is not known.
    images : sequence of str
        The file names, in the order of the samples.
    chosen : sequence of str
        Columns, or single attributes such as ``hair=brown``; all columns unless given.

    Returns
    -------
    labels : Labels
        Not exclusive; values N x L in the order of `images`: 0, 1, or -1 where a cell is empty
        or the image has no row; ratings from 0 to 1, with their `bounds`.
    notes : tuple of str
        What the table lacks, which rows have no image, how ratings are scaled, which columns
        are left out, which attribute is always the same.

    Raises
    ------
    RequestError
        If an image has two rows, a cell is a slip, no attribute is left, one that was chosen is
        unknown or left out, or the table names fewer than two of the images.
    """
    frame = read_delimited(path)
    if frame.shape[1] < 2:
        raise RequestError(f"{path} has no attribute column; give file name, then attributes")
    names = [str(name) for name in frame.columns[1:]]
    if len(set(names)) < len(names) or not all(names):
        raise RequestError(f"{path}: an attribute has no name, or two have the same; name each")
    listed = [str(cell).strip().replace("\\", "/") for cell in frame.iloc[:, 0]]
    row_of, strangers = _match(listed, images, path)
    columns = _read_columns(frame, names, chosen, path)
    told = [index for index, image in enumerate(images) if image in row_of]
    rows = np.array([row_of[images[index]] for index in told], dtype=np.int64)
    kept, values, bounds = _scaled(columns, rows, chosen)
    if not kept:
        name, column = next(iter(columns.items()))
        raise RequestError(
            f"{path} has no attribute that can be learned (column {name!r}: {column.left_out}); "
            "give marks, ratings or words that repeat"
        )
    everywhere = np.full((len(images), len(kept)), UNKNOWN, dtype=values.dtype)
    everywhere[told] = values
    labels = Labels(kept, everywhere, exclusive=False, bounds=bounds)
    gaps = [f"{name!r} of {images[told[place]]}" for place, name in _gaps(columns, rows)]
    notes = (
        *unlisted_note(path, images, row_of, "they are used without labels"),
        *_table_notes(path, strangers, gaps),
        *(f"attribute {name!r}: {low:g} to {high:g} is read as 0 to 1"
          for name, (low, high) in bounds.items()),
        *(f"{path.name}: column {name!r} is left out ({column.left_out})"
          for name, column in columns.items() if column.left_out),
        *single_class_notes(labels),
    )  # fmt: skip
    return labels, notes


def choose_attributes(labels: Labels, chosen: Sequence[str], where: str) -> Labels:
    """Return some of the attributes, in their own order; all of them if none is chosen.

    Raises
    ------
    RequestError
        If one is unknown; the nearest is suggested.
    """
    for name in chosen:
        if name not in labels.names:
            raise _unknown(where, name, labels.names)
    places = [place for place, name in enumerate(labels.names) if name in chosen]
    if not chosen or len(places) == len(labels.names):
        return labels
    return Labels(
        tuple(labels.names[place] for place in places), labels.values[:, places], exclusive=False
    )


def _read_columns(
    frame: pd.DataFrame, names: Sequence[str], chosen: Sequence[str], path: Path
) -> dict[str, Attributes]:
    """Read the columns that are chosen, so that a slip in another one does not matter."""
    wanted = [
        name
        for name in names
        if not chosen or any(each == name or each.startswith(f"{name}=") for each in chosen)
    ]
    columns = {
        name: read_column(frame.iloc[:, names.index(name) + 1].tolist(), name, path, bool(chosen))
        for name in wanted
    }
    made = [name for column in columns.values() for name in column.names]
    for name in chosen:
        if name not in names and name not in made:
            raise _unknown(str(path), name, [*names, *made])
        if name in columns and columns[name].left_out:
            raise RequestError(
                f"{path}: attributes={name}: the column is left out ({columns[name].left_out}); "
                "name others"
            )
    if len(set(made)) < len(made):
        raise RequestError(f"{path}: two attributes have the same name; rename a column")
    return columns


def _scaled(
    columns: dict[str, Attributes], rows: np.ndarray, chosen: Sequence[str]
) -> tuple[tuple[str, ...], np.ndarray, dict[str, tuple[float, float]]]:
    """Return names and values of the attributes kept, of some rows, and ratings' bounds."""
    names, values, bounds = [], [], {}
    for column, read in columns.items():
        own = read.values[rows]
        if read.rating:
            own, ends = _to_unit(own[:, 0], read.known[rows])
            own = own[:, None]
            bounds[column] = ends
        for place, name in enumerate(read.names):
            if not chosen or column in chosen or name in chosen:
                names.append(name)
                values.append(own[:, place])
    table = np.stack(values, axis=1) if values else np.empty((len(rows), 0))
    return tuple(names), table.astype(np.float32 if bounds else np.int64), bounds


def _to_unit(numbers: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Scale ratings to 0 to 1, unless they are within it; -1 stays where unknown."""
    given = numbers[known]
    low, high = (float(given.min()), float(given.max())) if len(given) else (0.0, 1.0)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    share = (numbers - low) / ((high - low) or 1.0)
    return np.where(known, share, UNKNOWN), (low, high)


def _gaps(columns: dict[str, Attributes], rows: np.ndarray) -> Iterator[tuple[int, str]]:
    """Yield place and column of every cell that is not known, row by row."""
    read = {name: column for name, column in columns.items() if not column.left_out}
    if not read:
        return
    unknown = ~np.stack([column.known[rows] for column in read.values()], axis=1)
    names = list(read)
    for place, index in np.argwhere(unknown):
        yield int(place), names[index]


def _unknown(where: str, name: str, known: Sequence[str]) -> RequestError:
    there_are = ", ".join(dict.fromkeys(known))
    return RequestError(
        f"{where}: unknown attribute {shown(name)}{nearest(name, known)} (there are: {there_are})"
    )


def _match(
    listed: Sequence[str], images: Sequence[str], path: Path
) -> tuple[dict[str, int], list[str]]:
    """Return the row of each image that has one, and the names that belong to no image."""
    known = set(images)
    row_of: dict[str, int] = {}
    strangers = []
    for row, image in enumerate(listed):
        if image not in known:
            strangers.append(image)
            continue
        if image in row_of:
            raise RequestError(f"{path}, row {row + 1}: {image!r} is listed twice; remove one")
        row_of[image] = row
    require_match(path, images, row_of, strangers)
    return row_of, strangers


def _table_notes(path: Path, strangers: Sequence[str], gaps: Sequence[str]) -> Iterator[str]:
    """Say how many rows have no image, and how many cells of the others are empty."""
    if strangers:
        yield (
            f"{path.name} has {_count(len(strangers), 'row')} for images that are not there "
            f"(first: {strangers[0]!r}), passed over"
        )
    if gaps:
        yield (
            f"{path.name} has {_count(len(gaps), 'empty cell')} (first: {gaps[0]}): not known there"
        )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
