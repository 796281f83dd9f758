"""Arrays and tensors from memory: rows of numbers, or images."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from unweave.data.assemble import Contents
from unweave.data.files.pixels import as_pixels, brightened, channels_first, is_two_valued
from unweave.data.format import Format
from unweave.data.former import samples_alone
from unweave.data.options import white_option
from unweave.data.tables.read import read_table
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema
from unweave.errors import RequestError


def read(
    given: np.ndarray | torch.Tensor,
    schema: TableSchema | TableRequest | None = None,
    *,
    white: int | None = None,
) -> Contents:
    """Read an array or a tensor.

    Parameters
    ----------
    given : numpy.ndarray or torch.Tensor
        A table, N x J numbers (columns become ``x1`` ... ``xJ``, or, with a schema, that
        schema's features in order); or images, N x H x W, N x C x H x W or
        N x H x W x C with 1 or 3 channels: uint8 in 0 to 255 (or 0 and
        1 only), floats in 0 to 1, or bool.
        Where both the second and the last axis could be channels, the second is.
    schema : TableSchema or TableRequest, optional
        The schema of a trained run, or what is asked of the columns, for tables.
    white : int, optional
        The integer that is white, for images; by default 255, or 1 if no pixel is above 1.

    Raises
    ------
    RequestError
        If neither a table nor images have this shape, dtype and values.
    """
    array = as_array(given)
    if array.dtype.kind not in "biuf":
        raise RequestError(f"the array has dtype {array.dtype}; give numbers")
    if array.ndim == 2:
        return read_table(_frame(array, schema), schema=schema, counters=False)
    if array.ndim not in (3, 4):
        raise RequestError(
            f"the array has shape {array.shape}; give N x J, N x H x W, N x C x H x W or "
            "N x H x W x C"
        )
    images = np.ascontiguousarray(as_pixels(channels_first(array)))
    notes: tuple[str, ...] = ()
    if array.dtype.kind in "iu":
        if white is None and images.max() == 1:
            notes = ("the pixels are 0 and 1 only: 1 is read as white",)
        white = white or (1 if images.max() <= 1 else 255)
        images = brightened(images, white)
    elif white is None:
        white = 1 if is_two_valued(images) else 255
    return Contents(images, notes=notes, former=samples_alone, white=white)


def as_array(given: object) -> np.ndarray:
    """Return an array, or a tensor as one.

    Raises
    ------
    RequestError
        If it is neither, or a tensor of a kind that holds no numbers.
    """
    if isinstance(given, torch.Tensor):
        return _array_of(given)
    if not isinstance(given, np.ndarray):
        raise RequestError(f"{type(given).__name__} is no array; give an array or a tensor")
    return given


def _array_of(tensor: torch.Tensor) -> np.ndarray:
    """Return a tensor of any layout and type as an array."""
    if tensor.is_meta:
        raise RequestError("the tensor is on the device meta and has no values; give one that has")
    dense = tensor.detach().cpu()
    if dense.layout is not torch.strided or dense.is_quantized:
        dense = dense.dequantize() if dense.is_quantized else dense.to_dense()
    if dense.dtype.is_floating_point and dense.dtype not in (torch.float32, torch.float64):
        dense = dense.float()  # NumPy does not know all of them.
    try:
        array: np.ndarray = dense.resolve_conj().resolve_neg().numpy()
    except (TypeError, RuntimeError) as error:
        raise RequestError(f"a tensor of {tensor.dtype} cannot be read; give numbers") from error
    return array


def _frame(array: np.ndarray, schema: TableSchema | TableRequest | None) -> pd.DataFrame:
    if not isinstance(schema, TableSchema):
        names: tuple[str, ...] = tuple(f"x{j}" for j in range(1, array.shape[1] + 1))
    else:
        names = schema.feature_names
        if len(names) != array.shape[1]:
            raise RequestError(
                f"the array has {array.shape[1]} columns where the run has {len(names)} "
                "features; give these, in order"
            )
    return pd.DataFrame(array, columns=list(names))


FORMAT = Format(
    name="array",
    what="an array or a tensor",
    becomes="N x J: a table with columns `x1` … `xJ`; N x H x W, N x C x H x W or N x H x W x C: "
    "images, uint8 in 0 to 255, floats in 0 to 1, or bool",
    kind="either",
    read=read,
    types=(np.ndarray, torch.Tensor),
    options=(white_option(),),
)
