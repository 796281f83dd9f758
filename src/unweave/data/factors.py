"""Ground-truth factors of variation, and how columns of classes or values become them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DISCRETE_LIMIT = 256


@dataclass(frozen=True)
class Factors:
    """Ground-truth factors of variation.

    Attributes
    ----------
    names : tuple of str
        One name for each factor.
    values : numpy.ndarray
        N x F, float64: class indices for discrete factors, values for continuous ones.
    sizes : tuple of int or None
        Number of distinct values of each factor; None where it is continuous.
    loadings : numpy.ndarray, optional
        J x F: how strongly each feature depends on each factor, 0 where it does not;
        known only where the data was generated.
    """

    names: tuple[str, ...]
    values: np.ndarray
    sizes: tuple[int | None, ...]
    loadings: np.ndarray | None = None


def factors_of(
    table: np.ndarray, names: tuple[str, ...], *, classes: bool
) -> tuple[Factors | None, tuple[str, ...]]:
    """Turn columns of classes or values into factors; constant ones are left out.

    Parameters
    ----------
    table : numpy.ndarray
        N x F finite numbers.
    names : tuple of str
        One name for each column.
    classes : bool
        Whether all columns are discrete. If not, a column is discrete where it has at
        most 256 distinct values, and at most half as many as there are rows.

    Returns
    -------
    factors : Factors or None
        None if no column varies. A discrete value becomes its rank among the values.
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
        The number of classes of each of the F factors.

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
