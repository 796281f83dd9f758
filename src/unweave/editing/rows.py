"""Rows of a dataset, chosen by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.runs.model import Model


def check_row(dataset: Dataset, row: int) -> None:
    """Refuse the number of a row that does not exist.

    Raises
    ------
    RequestError
        If `row` is not within 0 to N − 1.
    """
    if not 0 <= row < len(dataset):
        raise RequestError(f"row={row}: {dataset.name} has rows 0 to {len(dataset) - 1}")


def samples_of_rows(model: Model, data: Any, rows: Sequence[int]) -> np.ndarray:
    """Return some samples of data by row number, such as uint8 N x C x H x W.

    Parameters
    ----------
    model : Model
    data : as for `Model.encode`
        The training data where None.
    rows : sequence of int

    Raises
    ------
    RequestError
        If a row does not exist, or the data does not fit the model.
    """
    dataset = model.dataset(data)
    for row in rows:
        check_row(dataset, row)
    return np.asarray(dataset.samples[np.asarray(rows, dtype=np.int64)])
