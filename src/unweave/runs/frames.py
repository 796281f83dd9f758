"""Codes as frames: named columns, and the index of the data that was encoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def frame_of(
    codes: np.ndarray, names: Sequence[str], data: Any, rows: np.ndarray | None
) -> pd.DataFrame:
    """Return codes as a frame.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    names : sequence of str
        K names of columns.
    data : Any
        What was encoded; the frame gets its index if it is a frame of pandas.
    rows : numpy.ndarray or None
        The rows of it that were encoded; all of them if None.
    """
    index = data.index if isinstance(data, pd.DataFrame) else pd.RangeIndex(len(codes))
    if rows is not None:
        index = index[rows] if isinstance(data, pd.DataFrame) else pd.Index(rows)
    return pd.DataFrame(codes, columns=list(names), index=index)
