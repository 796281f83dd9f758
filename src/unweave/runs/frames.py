"""Codes as frames: named columns, and the index of the data that was encoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


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
