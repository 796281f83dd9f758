"""One door for all data."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from unweave.data.arrays import load_array
from unweave.data.catalogue import CATALOGUE, load_entry
from unweave.data.celeba import is_celeba_folder, load_celeba
from unweave.data.dataset import Dataset
from unweave.data.decoding import IMAGE_SIZE
from unweave.data.images import load_images
from unweave.data.mnist import is_mnist_folder, load_mnist
from unweave.data.npz import load_npz
from unweave.data.options import Option, check_options
from unweave.data.schema import TableSchema
from unweave.data.tables import TABLE_SUFFIXES, load_table, table_dataset
from unweave.errors import RequestError, nearest

Source = str | PathLike[str] | np.ndarray | torch.Tensor | pd.DataFrame | Dataset

IMAGE_OPTIONS = (Option("image_size", IMAGE_SIZE, int, "side of the images, in pixels"),)
_WITH_OPTIONS = re.compile(r"(?P<name>.+?):(?P<options>\w+=[^,:]*(,\w+=[^,:]*)*)")


def load_data(source: Source, *, schema: TableSchema | None = None, **options: object) -> Dataset:
    """Load data, wherever it comes from.

    Parameters
    ----------
    source : str, path, numpy.ndarray, torch.Tensor, pandas.DataFrame or Dataset
        A built-in name (see `CATALOGUE`), a folder of images, a folder with MNIST's
        four files or in CelebA's layout, a ``.csv`` or ``.parquet`` table, an ``.npz`` in
        dSprites' layout; names and paths may carry options, as in
        ``"sprites:positions=16,scales=3"``. Or data from memory; a Dataset is returned as
        it is.
    schema : TableSchema, optional
        Of a trained run: a table is read and standardised as that run's table was.
        Without meaning for images.
    **options
        Options of a built-in name, or ``image_size`` of a folder of images.

    Returns
    -------
    Dataset

    Raises
    ------
    RequestError
        In one line, if the source or an option is unknown or the data is at fault.

    Examples
    --------
    >>> load_data("fa15").sample_shape
    (15,)
    """
    if isinstance(source, str | PathLike):
        return _load_text(os.fspath(source), schema, options)
    check_options(options, (), "data from memory")
    if isinstance(source, Dataset):
        return source
    if isinstance(source, pd.DataFrame):
        return table_dataset(source, schema=schema)
    if isinstance(source, torch.Tensor):
        return load_array(source.detach().cpu().numpy(), schema)
    if isinstance(source, np.ndarray):
        return load_array(source, schema)
    raise RequestError(
        f"cannot load data from {type(source).__name__}; give a name, a path, an array, "
        "a tensor or a DataFrame"
    )


def _load_text(text: str, schema: TableSchema | None, options: Mapping[str, object]) -> Dataset:
    name, written = text, {}
    if not os.path.exists(text) and (match := _WITH_OPTIONS.fullmatch(text)):
        name = match["name"]
        written = dict(item.split("=", 1) for item in match["options"].split(","))
    merged = {**written, **options}
    if name in CATALOGUE:
        return load_entry(CATALOGUE[name], merged, schema)
    path = Path(name).expanduser()
    if not name or not os.path.exists(path):
        raise RequestError(
            f"{name!r} is neither a built-in data set nor an existing path"
            f"{nearest(name, CATALOGUE)} (there are: {', '.join(CATALOGUE)})"
        )
    if path.is_dir():
        return _load_folder(path, merged)
    check_options(merged, (), str(path))
    return _load_file(path, schema)


def _load_folder(path: Path, options: Mapping[str, object]) -> Dataset:
    if is_mnist_folder(path):
        check_options(options, (), str(path))
        return load_mnist(path)
    known = {option.name: option for option in IMAGE_OPTIONS}
    check_options(options, tuple(known), str(path))
    size = known["image_size"].read(options.get("image_size", IMAGE_SIZE), str(path))
    load = load_celeba if is_celeba_folder(path) else load_images
    return load(path, image_size=int(size or 0))


def _load_file(path: Path, schema: TableSchema | None) -> Dataset:
    suffix = path.suffix.casefold()
    if suffix in TABLE_SUFFIXES:
        return load_table(path, schema)
    loaders: Mapping[str, Callable[[Path], Dataset]] = {".npz": load_npz}
    if suffix in loaders:
        return loaders[suffix](path)
    raise RequestError(
        f"{path}: files of kind {suffix or 'without a suffix'!r} cannot be read; give "
        f"{', '.join((*TABLE_SUFFIXES, *loaders))}, or a folder of images"
    )
