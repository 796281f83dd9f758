"""Codes as frames: named columns, and the index of the data that was encoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from unweave.data import Dataset


def row_labels(dataset: Dataset) -> pd.DataFrame | None:
    """Return what the rows of a dataset are called, N x L; None where they are but numbered.

    The files of images; of a table, the levels of an index of their own, then the columns that
    name them. A DataFrame's index without a name is called ``index``.
    """
    index, ids = dataset.index, dataset.ids
    if dataset.kind == "images":
        return None if index is None else pd.DataFrame({"file": index})
    parts = [] if ids is None else [ids.reset_index(drop=True)]
    if index is not None and not index.equals(pd.RangeIndex(len(index))):
        parts.insert(0, index.to_frame(index=False).set_axis(_level_names(index), axis=1))
    return pd.concat(parts, axis=1) if parts else None


def _level_names(index: pd.Index) -> list[str]:
    plain = "index" if index.nlevels == 1 else "index {}"
    return [
        plain.format(place) if name is None else str(name)
        for place, name in enumerate(index.names, start=1)
    ]


def index_of(dataset: Dataset) -> pd.Index | None:
    """Return the index of frames that are made of a dataset; None numbers the rows.

    That of the rows themselves, or else their names in the columns of a file.
    """
    if dataset.index is not None or dataset.ids is None:
        return dataset.index
    ids = dataset.ids
    return pd.Index(ids.iloc[:, 0]) if ids.shape[1] == 1 else pd.MultiIndex.from_frame(ids)


def frame_of(
    codes: np.ndarray, names: Sequence[str], index: pd.Index | None, rows: np.ndarray | None
) -> pd.DataFrame:
    """Return codes as a frame.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    names : sequence of str
        K names of columns.
    index : pandas.Index or None
        Of the data that was encoded; None numbers its rows.
    rows : numpy.ndarray or None
        The rows of it that were encoded; all of them if None.
    """
    if index is None:
        index = pd.RangeIndex(len(codes)) if rows is None else pd.Index(rows)
    elif rows is not None:
        index = index[rows]
    return pd.DataFrame(codes, columns=list(names), index=index)
