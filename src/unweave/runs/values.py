"""Values that a model expects of a table's columns, in units that can be compared between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from unweave.runs.model import Model


def value_names(model: Model) -> tuple[str, ...]:
    """Return a name for each of the E values of `Model.expected`.

    That of its column; of a category, which has a value for each level, such as ``colour=red``.
    """
    table, columns = model.table, model.module.columns
    if table is None:
        return tuple(f"x{index}" for index in range(1, model.sample_shape[0] + 1))
    if columns is None:
        return table.feature_names
    names, levels = [], np.zeros(len(table.features), int)
    several = np.bincount(columns.owners, minlength=len(table.features)) > 1
    for owner in columns.owners.tolist():
        column = table.features[owner]
        level = f"={column.levels[levels[owner]]}" if several[owner] and column.levels else ""
        names.append(column.name + level)
        levels[owner] += 1
    return tuple(names)


def comparable_values(model: Model, codes: Any, samples: np.ndarray | None = None) -> np.ndarray:
    """Return `Model.expected` of N codes in units that are alike for all columns, N x E.

    Numbers are in deviations of the training rows. Levels of a binary or ordinal column lie
    evenly from −1 to 1, as a network is fed them; so does the share of a category's level.
    """
    values = model.expected(codes, samples)
    columns = model.module.columns
    if columns is None:
        return values
    has_levels = np.array([each.levels > 0 for each in columns.layout.columns])[columns.owners]
    return np.where(has_levels, 2 * values - 1, values)
