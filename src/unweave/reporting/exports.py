"""Codes and samples as files: tables, arrays, sheets of images, folders of images."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unweave.arguments import checked
from unweave.data.files.bounds import MOST_PIXELS
from unweave.errors import RequestError
from unweave.files import TABLE_SUFFIXES, check_suffix, write_table, written_whole
from unweave.reporting.image_files import as_bytes, image_sheet, save_image
from unweave.runs.frames import row_labels
from unweave.runs.model import Model


@checked
def save_codes(model: Model, path: Path | str, data: Any = None) -> None:
    """Write the codes of data, one row per input in order, with named columns.

    Parameters
    ----------
    model : Model
    path : path
        ``.csv`` or ``.parquet`` with columns z0, z1, …, before them ``file`` if the data is a
        folder of images, or what a table's rows are called: its index and its id columns; or
        ``.npz`` with the arrays ``codes`` (N x K), ``names``, and ``files`` or ``rows`` (texts,
        N x L) if so.
    data : as for `Model.encode`, optional
        The training data unless given.

    Raises
    ------
    RequestError
        If the path has another suffix or cannot be written to, or the data does not fit.
    """
    path = check_suffix(path, (*TABLE_SUFFIXES, ".npz"))
    dataset = model.dataset(data)
    codes = model.encode(dataset)
    labels = row_labels(dataset)
    if path.suffix == ".npz":
        named: dict[str, np.ndarray] = {}
        if labels is not None:
            texts = labels.astype(str).to_numpy(str)
            named = {"files": texts[:, 0]} if dataset.kind == "images" else {"rows": texts}
        _save_arrays(path, codes=codes, names=np.array(model.code_names), **named)
    else:
        frame = pd.DataFrame(codes, columns=model.code_names)
        if labels is not None:
            taken = set(model.code_names)
            labels.columns = [f"{name} name" if name in taken else name for name in labels]
            frame = pd.concat([labels, frame], axis=1)
        write_table(path, frame)


@checked
def save_samples(model: Model, path: Path | str, count: int, seed: int = 0) -> None:
    """Draw samples from the prior and write them.

    Parameters
    ----------
    model : Model
    path : path
        For tables ``.csv`` or ``.parquet``, in own units. For images ``.png`` (one sheet),
        ``.npz`` with ``images`` (uint8, N x C x H x W), or, without a suffix, a new folder.
    count : int
        How many to draw.
    seed : int
        Seed of the codes.

    Raises
    ------
    RequestError
        If the path does not suit the samples or cannot be written to, or the model has no
        prior.
    """
    if model.table is not None:
        path = check_suffix(path, TABLE_SUFFIXES)
        write_table(path, model.sample(count, seed))
        return
    path = Path(path)
    if path.suffix:
        check_suffix(path, (".png", ".npz"))
    elif path.is_dir() and any(path.iterdir()):
        raise RequestError(f"{path}: this folder is not empty; name a new one")
    if path.suffix == ".png" and count * math.prod(model.sample_shape[1:]) > MOST_PIXELS:
        raise RequestError(
            f"count={count}: too many for one sheet; ask for fewer, or name a folder or .npz file"
        )
    images = as_bytes(np.asarray(model.sample(count, seed)))
    if path.suffix == ".npz":
        _save_arrays(path, images=images)
    elif path.suffix == ".png":
        save_image(path, image_sheet(images))
    else:
        digits = len(str(count - 1))
        for number, image in enumerate(images):
            save_image(path / f"{number:0{digits}d}.png", image)


def _save_arrays(path: Path, **arrays: Any) -> None:
    with written_whole(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
