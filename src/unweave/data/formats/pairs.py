"""Pairs of samples from memory, ``(first, second)``: two arrays, tensors or frames alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.format import Format
from unweave.data.formats import arrays, table
from unweave.data.splits import split_rows
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema
from unweave.errors import RequestError


def read(given: tuple[Any, ...], schema: TableSchema | TableRequest | None = None) -> Contents:
    """Read pairs: sample i of the first part belongs to sample i of the second.

    Parameters
    ----------
    given : tuple
        Two arrays, tensors or DataFrames of one kind.
    schema : TableSchema or TableRequest, optional
        As for one of them.

    Returns
    -------
    Contents
        The samples of the first part, then those of the second; both of a pair are in one
        split.

    Raises
    ------
    RequestError
        If there are not two parts, or they differ in kind, length or shape.
    """
    if len(given) != 2:
        raise RequestError(f"a tuple of {len(given)} is no data; pairs are (first, second)")
    first, second = (table.as_pandas(part) for part in given)
    contents = _read_both(first, second, schema)
    count = len(first)
    pairs = np.arange(2 * count).reshape(2, count).T
    splits = split_rows(2 * count, groups=np.tile(np.arange(count), 2))
    return replace(contents, pairs=pairs, splits=splits)


def _read_both(first: Any, second: Any, schema: TableSchema | TableRequest | None) -> Contents:
    frames = isinstance(first, pd.DataFrame), isinstance(second, pd.DataFrame)
    if any(frames) and not all(frames):
        raise RequestError("one part of the pairs is a DataFrame; give two of them, or no one")
    parts = [first, second] if all(frames) else [arrays.as_array(each) for each in (first, second)]
    if len(parts[0]) != len(parts[1]):
        raise RequestError(
            f"the pairs have {len(parts[0])} first and {len(parts[1])} second samples; give as "
            "many of both, in order"
        )
    if all(frames):
        return table.read(pd.concat(parts, ignore_index=True), schema=schema)
    if parts[0].shape != parts[1].shape:
        raise RequestError(
            f"the first samples of the pairs have shape {parts[0].shape[1:]}, the second "
            f"{parts[1].shape[1:]}; give samples of one shape"
        )
    return arrays.read(np.concatenate(parts), schema)


FORMAT = Format(
    name="pairs",
    what="a tuple (first, second) of these",
    becomes="samples in pairs, for models that learn from them",
    kind="either",
    read=read,
    types=(tuple,),
)
