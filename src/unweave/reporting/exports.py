"""Codes and samples as files: a table, an array, a sheet of pictures, a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from unweave.errors import RequestError
from unweave.files import written_whole
from unweave.runs.model import Model

FRAMES = (".csv", ".parquet")


def save_codes(model: Model, path: Path | str, data: Any = None) -> None:
    """Write the codes of data, one row per input in order, with named columns.

    Parameters
    ----------
    model : Model
    path : path
        ``.csv`` or ``.parquet`` with columns z0, z1, …; or ``.npz`` with the arrays
        ``codes`` (N x K) and ``names``.
    data : as for `Model.encode`, optional
        The data of the run unless given.
    """
    path = of_kind(path, (*FRAMES, ".npz"))
    codes = model.encode(data)
    if path.suffix == ".npz":
        _save_arrays(path, codes=codes, names=np.array(model.code_names))
    else:
        save_frame(path, pd.DataFrame(codes, columns=model.code_names))


def save_samples(model: Model, path: Path | str, count: int, seed: int = 0) -> None:
    """Draw `count` samples from the prior and write them.

    Tables go to ``.csv`` or ``.parquet``, in own units; images to one ``.png`` sheet, an
    ``.npz`` with ``images`` (uint8, N x C x H x W), or, without a suffix, a folder.
    """
    if model.table is not None:
        path = of_kind(path, FRAMES)
        save_frame(path, model.sample(count, seed))
        return
    path = Path(path)
    if path.suffix:
        of_kind(path, (".png", ".npz"))
    elif path.is_dir() and any(path.iterdir()):
        raise RequestError(f"{path}: is a folder with files in it; name a new one")
    images = to_bytes(np.asarray(model.sample(count, seed)))
    if path.suffix == ".npz":
        _save_arrays(path, images=images)
    elif path.suffix == ".png":
        save_image(path, sheet(images))
    else:
        digits = len(str(count - 1))
        for number, image in enumerate(images):
            save_image(path / f"{number:0{digits}d}.png", image)


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Return images in [0, 1] as uint8, rounded, values outside clipped."""
    return (images.clip(0, 1) * 255).round().astype(np.uint8)


def sheet(images: np.ndarray) -> np.ndarray:
    """Lay N x C x H x W images out on one nearly square C x … x … sheet, a pixel apart."""
    count, channels, height, width = images.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    canvas = np.full((channels, rows * (height + 1) - 1, columns * (width + 1) - 1), 128, np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        canvas[:, top : top + height, left : left + width] = image
    return canvas


def save_image(path: Path, image: np.ndarray) -> None:
    """Write one uint8 C x H x W image (C is 1 or 3) as a PNG file, whole."""
    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    with written_whole(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")


def of_kind(path: Path | str, suffixes: tuple[str, ...]) -> Path:
    """Return the path; raise RequestError unless it ends in one of the suffixes."""
    path = Path(path)
    if path.suffix.casefold() not in suffixes:
        raise RequestError(f"{path}: the name must end in {', '.join(suffixes)}")
    return path


def save_frame(path: Path, frame: Any) -> None:
    """Write a DataFrame as ``.csv`` or ``.parquet``, whole."""
    with written_whole(path) as temporary:
        if path.suffix.casefold() == ".csv":
            frame.to_csv(temporary, index=False)
        else:
            frame.to_parquet(temporary, index=False)


def _save_arrays(path: Path, **arrays: Any) -> None:
    with written_whole(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
