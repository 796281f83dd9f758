"""LSDI, latent space disentanglement index: how exclusively features belong to dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from unweave.statistics import entropy


class DisentanglementIndex(NamedTuple):
    """An index, and the largest one that the same dimensions could have had.

    Attributes
    ----------
    value : float
        LSDI, in [0, 1].
    attainable : float
        The largest value for the table's column masses, reached when every feature is moved by
        one dimension alone. 1 where these masses are equal.
    """

    value: float
    attainable: float


def disentanglement_index(
    table: np.ndarray, informative: Sequence[int] | None = None
) -> DisentanglementIndex:
    """Return I(feature; dimension) / log K, an association table read as a joint distribution.

    The index of Lang and Liu (arXiv 2603.11242), who print no formula; this one has the
    properties that they name. It is 0 if fewer than two dimensions are informative, the table
    is empty, or all features have the same profile. It is 1 only for a one-to-one table of equal
    masses.

    Parameters
    ----------
    table : numpy.ndarray
        Association table, J x K, not negative.
    informative : sequence of int, optional
        The K columns that count; all unless given.

    Raises
    ------
    ValueError
        If an entry is negative or not finite.
    """
    value, attainable = disentanglement_indices(np.asarray(table, dtype=float)[None], informative)
    return DisentanglementIndex(float(value[0]), float(attainable[0]))


def disentanglement_indices(
    tables: np.ndarray, informative: Sequence[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return LSDI and its attainable value, P each, of P tables of one shape, P x J x K."""
    if informative is not None:
        tables = tables[:, :, list(informative)]
    if not np.isfinite(tables).all() or (tables < 0).any():
        raise ValueError("an association table has finite entries that are not negative")
    nothing = np.zeros(len(tables))
    count = tables.shape[2]
    if count < 2:
        return nothing, nothing
    mass = tables.sum((1, 2))
    joint = tables / np.where(mass > 0, mass, 1)[:, None, None]
    by_column = entropy(joint.sum(1))
    information = entropy(joint.sum(2)) + by_column - entropy(joint.reshape(len(joint), -1))
    attainable = np.minimum(by_column, np.log(tables.shape[1]))
    return information.clip(0) / np.log(count), attainable / np.log(count)
