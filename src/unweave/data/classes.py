"""From a table of what varies to factors."""

from __future__ import annotations

import numpy as np

from unweave.data.dataset import Factors

DISCRETE_LIMIT = 256


def factors_of(
    table: np.ndarray, names: tuple[str, ...], *, classes: bool
) -> tuple[Factors | None, tuple[str, ...]]:
    """Turn columns of classes or values into factors; constant ones are left out.

    Parameters
    ----------
    table : numpy.ndarray
        N x F finite numbers.
    names : tuple of str
    classes : bool
        Whether all columns are discrete. Otherwise those are that have at most 256
        distinct values, and at most half as many as there are rows.

    Returns
    -------
    factors : Factors or None
        None if no column varies. Discrete values become the indices of their order.
    notes : tuple of str
        Which columns were left out.
    """
    varying, columns, constant = [], [], []
    sizes: list[int | None] = []
    for name, column in zip(names, table.T, strict=True):
        distinct, indices = np.unique(column, return_inverse=True)
        if len(distinct) == 1:
            constant.append(name)
            continue
        varying.append(name)
        if classes or len(distinct) <= min(DISCRETE_LIMIT, len(column) // 2):
            columns.append(indices.astype(np.float64))
            sizes.append(len(distinct))
        else:
            columns.append(column.astype(np.float64))
            sizes.append(None)
    notes = (f"constant factors left out: {', '.join(constant)}",) if constant else ()
    if not columns:
        return None, notes
    return Factors(tuple(varying), np.stack(columns, axis=1), tuple(sizes)), notes


def grid_classes(sizes: tuple[int, ...]) -> np.ndarray:
    """Return the classes of the cells of a whole grid, the last factor fastest.

    Parameters
    ----------
    sizes : tuple of int
        F sizes.

    Returns
    -------
    numpy.ndarray
        N x F, where N is the product of the sizes.

    Examples
    --------
    >>> grid_classes((2, 3)).tolist()
    [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    """
    return np.indices(sizes, dtype=np.int32).reshape(len(sizes), -1).T
