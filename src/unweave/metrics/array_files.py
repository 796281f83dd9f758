"""Named columns of numbers or texts, from files and from memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unweave.data.files.npz_member import find_member, members_of, read_array
from unweave.data.tables.cells import read_cells
from unweave.data.tables.columns import readable_names
from unweave.data.tables.kinds import decide_column
from unweave.data.tables.read import PARQUET, read_frame
from unweave.errors import RequestError

_TABLES = (".csv", ".tsv", ".txt", *PARQUET)
# Columns that tell rows apart, or say which part of the data a row is in.
_LABEL_NAME = re.compile(r"(.*[ _.-])?(id|idx|index)|column 1|row|file([ _]?name)?", re.IGNORECASE)
# Trees take single precision, and sums of squares double.
_MOST = 1e36
_PARTS = {"train", "training", "valid", "validation", "val", "test"}


@dataclass(frozen=True)
class Columns:
    """The N rows of some named columns.

    Attributes
    ----------
    source : str
        What errors call them: a path, or ``codes`` or ``factors``.
    values : mapping of str to numpy.ndarray
        For each name N float64, or N texts.
    row_labels : tuple of str
        Columns that were not taken, because they only name the rows or their split.
    """

    source: str
    values: Mapping[str, np.ndarray]
    row_labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))


def read_columns(given: Any, what: str) -> Columns:
    """Read columns from a file, a frame, a tensor or an array.

    Parameters
    ----------
    given : path, DataFrame, torch.Tensor, array or sequence
        A ``.csv``, ``.tsv``, ``.txt`` or Parquet file with a header; an ``.npz`` file with an
        array of the name `what`, or else with one of two axes, and, if it likes, an array
        ``names`` (of codes) or ``factor_names``; N rows of K columns, or N values.
    what : str
        ``codes`` or ``factors``.

    Raises
    ------
    RequestError
        If this is no table of at least one row and one column, or a cell is blank or not finite.
    """
    source, labelled = what, True
    if isinstance(given, str | Path):
        path = Path(given)
        source, suffix = str(path), path.suffix.casefold()
        if suffix not in (*_TABLES, ".npz"):
            raise RequestError(f"{path}: {what} are read from .csv, .parquet or .npz files")
        frame = _read_npz(path, what) if suffix == ".npz" else read_frame(path)
        labelled = suffix != ".npz"
    elif isinstance(given, pd.DataFrame):
        frame = given
    elif hasattr(given, "to_pandas"):  # frames of polars and tables of pyarrow
        frame = given.to_pandas()
    elif isinstance(given, pd.Series):
        frame = given.to_frame()
    else:
        frame, labelled = _frame_of(given, what), False
    if not len(frame) or not frame.shape[1]:
        raise RequestError(f"{source}: give a table of at least one row and one column")
    names = readable_names(frame.columns)
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)
    labels = tuple(name for name in names if labelled and _labels_rows(name, frame[name]))
    if labelled and what == "codes":
        # Before the codes of a table stand the columns that name its rows.
        leading = takewhile(lambda name: _is_id(name, frame[name]), names)
        labels = tuple(dict.fromkeys((*leading, *labels)))
    kept = [name for name in names if name not in labels]
    if not kept:
        raise RequestError(f"{source}: all its columns only name the rows; give {what} beside them")
    return Columns(source, {name: _read(frame[name], name, source) for name in kept}, labels)


def _frame_of(given: Any, what: str) -> pd.DataFrame:
    if hasattr(given, "detach"):  # a tensor of any precision, on any device
        given = given.detach().cpu().double().numpy()
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise RequestError(f"{what}: rows of different lengths; give N x K values") from error
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2:
        raise RequestError(f"{what} have shape {array.shape}; give N x K values")
    if array.dtype.kind == "b":
        array = array.astype(np.float64)
    start = "z{}" if what == "codes" else "factor {}"
    first = 0 if what == "codes" else 1
    names = [start.format(place) for place in range(first, array.shape[1] + first)]
    return pd.DataFrame(array, columns=names)


def _read_npz(path: Path, what: str) -> pd.DataFrame:
    if not path.is_file():
        raise RequestError(f"cannot read {path}: no such file; check the path")
    try:
        members = sorted(members_of(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise RequestError(f"{path} is not a readable .npz file ({error}); get it again") from error
    wanted = f"an array {what!r} of N x K values"
    shapes = {name: find_member(path, name, wanted).shape for name in members}
    tables = [name for name in members if name == what] or [
        name for name, shape in shapes.items() if len(shape) == 2
    ]
    if len(tables) != 1:
        held = ", ".join(tables or members) or "nothing"
        raise RequestError(f"{path} holds {held}; give {wanted}")
    frame = _frame_of(read_array(find_member(path, tables[0], wanted)), what)
    titles = "names" if what == "codes" else "factor_names"
    if shapes.get(titles) == (frame.shape[1],):
        try:
            names = read_array(find_member(path, titles, wanted)).astype(str)
        except (UnicodeError, TypeError, ValueError) as error:
            raise RequestError(
                f"{path}: {titles} are no texts; give one for each column"
            ) from error
        frame.columns = pd.Index(names)
    return frame


def _labels_rows(name: str, column: pd.Series) -> bool:
    if name.casefold() == "split":
        return {str(each).casefold() for each in column.unique()} <= _PARTS
    if not _LABEL_NAME.fullmatch(name) or column.nunique(dropna=False) < len(column):
        return False
    numbers = read_cells(column).numbers
    return bool(np.isnan(numbers).all() or (numbers == np.floor(numbers)).all())


def _is_id(name: str, column: pd.Series) -> bool:
    return _labels_rows(name, column) or decide_column(name, read_cells(column)).kind == "id"


def _read(column: pd.Series, name: str, source: str) -> np.ndarray:
    """Return the numbers of a column, or its texts if any of them is no number."""
    if pd.api.types.is_bool_dtype(column.dtype):
        column = column.astype(np.float64)
    cells = read_cells(column)
    if cells.refused:
        raise RequestError(f"{source}: column {name!r} holds {cells.refused}; leave it out")
    if cells.blank.any():
        row = int(np.flatnonzero(cells.blank)[0])
        raise RequestError(
            f"{source}: column {name!r} is blank or not finite in row {row + 1}; "
            "leave such rows out of codes and factors"
        )
    if cells.readable.all():
        if (np.abs(cells.numbers) > _MOST).any():
            raise RequestError(
                f"{source}: column {name!r} has numbers beyond {_MOST:g}; give it in a larger unit"
            )
        return cells.numbers
    return np.array([str(text).strip() for text in column], dtype=str)
