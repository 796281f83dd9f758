"""Edits by latent dimension: encode, set some dimensions, decode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from unweave.errors import RequestError, pick
from unweave.training.run import Run


def edit_codes(run: Run, data: Any, changes: Mapping[str, float]) -> np.ndarray | pd.DataFrame:
    """Return data with some latent dimensions set to given values, the others left alone.

    Parameters
    ----------
    run : Run
    data : as for `Run.encode`
        N images or rows.
    changes : mapping of str to float
        Values for dimensions, such as ``{"z3": 2.0}``, in units of the code: the prior's
        standard deviations. With none, the result is the reconstruction.

    Returns
    -------
    numpy.ndarray or pandas.DataFrame
        Images as float32 N x C x H x W in [0, 1]; rows in the table's own units.

    Raises
    ------
    RequestError
        If a name is no latent dimension (suggests the nearest), a value is no finite
        number, or the data does not fit the model.
    """
    values = latent_changes(run, changes)
    codes = run.encode(data)
    for index, value in values.items():
        codes[:, index] = value
    return run.decode(codes)


def latent_changes(run: Run, changes: Mapping[str, float]) -> dict[int, float]:
    """Return `changes` by index of the dimension, held against names and finiteness.

    Raises
    ------
    RequestError
        If a name is no latent dimension, or a value is no finite number.
    """
    names = run.code_names
    return {
        names.index(pick(name, names, "latent dimension")): _finite(name, value)
        for name, value in changes.items()
    }


def _finite(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    # Codes are single precision: what overflows there is infinite to the decoder.
    if not abs(number) <= float(np.finfo(np.float32).max):
        raise RequestError(f"{name}={value}: a finite number is wanted, such as {name}=1.5")
    return number
