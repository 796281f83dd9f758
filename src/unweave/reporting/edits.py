"""Edits of picture files and of rows, written as a strip, as a folder, or as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unweave.data import unit_scale
from unweave.editing.edits import Edit, check_edit, decode_edits, edit_data
from unweave.editing.pictures import read_pictures
from unweave.errors import RequestError
from unweave.files import check_folder
from unweave.reporting.drawing import write_bytes
from unweave.reporting.exports import FRAMES, of_kind, save_frame, save_image, to_bytes
from unweave.reporting.labels import run_title
from unweave.reporting.strips import strip_png
from unweave.runs.model import Model

MOST_IN_STRIP = 64
_UNSAFE = re.compile(r"[^\w.+=,-]+")


def save_edits(
    model: Model,
    images: Sequence[Path | str] | np.ndarray,
    edits: Sequence[Edit],
    out: Path | str,
    *,
    names: Sequence[str] = (),
    originals: bool = True,
) -> None:
    """Edit images and write what became of them.

    Parameters
    ----------
    model : Model
        A model of images.
    images : sequence of path, or numpy.ndarray
        N picture files; or images as `Model.encode` takes them.
    edits : sequence of Edit
        What to do to every image, one after the other, each to the image as it was.
    out : path
        ``.png``: one strip, a row for each image: the original, its reconstruction, then
        the edits. Otherwise a new folder, with a file for each of them but the original.
    names : sequence of str, optional
        Of the images; by default their files' names, or their numbers.
    originals : bool
        Whether a strip begins with the original.

    Raises
    ------
    RequestError
        If an edit does not fit the model, a file cannot be read, or `out` is taken.
    """
    out = Path(out)
    check_out(out, len(images))
    for edit in edits:
        check_edit(model, edit)
    if isinstance(images, np.ndarray):
        dataset = model.dataset(images)
        names = list(names) or [str(number) for number in range(len(images))]
    else:
        dataset = model.dataset(read_pictures(model, images))
        names = list(names) or [Path(path).stem for path in images]
    codes = model.encode(dataset)
    decoded = decode_edits(model, codes, edits)
    heads = ["reconstruction", *(edit.label for edit in edits)]
    if not out.suffix:
        _save_folder(out, decoded, heads, names)
        return
    columns = list(decoded)
    if originals:
        columns.insert(0, unit_scale(dataset.samples[:]))
        heads.insert(0, "original")
    apart = len(heads) - len(edits)
    write_bytes(out, strip_png(columns, heads, run_title(model), names, apart))


def save_edited_table(model: Model, path: Path | str, edit: Edit, out: Path | str) -> None:
    """Edit a table's rows and write them to ``.csv`` or ``.parquet``, in their own units."""
    out = of_kind(out, FRAMES)
    edited = edit_data(model, str(path), edit.changes, edit.to_class)
    save_frame(out, pd.DataFrame(edited))


def check_out(out: Path, count: int) -> None:
    """Refuse a place that edits cannot be written to.

    Raises
    ------
    RequestError
    """
    if out.suffix:
        of_kind(out, (".png",))
        if count > MOST_IN_STRIP:
            raise RequestError(
                f"{out}: a strip takes {MOST_IN_STRIP} images, not {count}; name a folder instead"
            )
    elif out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RequestError(f"{out}: is a file, or a folder with files in it; name a new folder")
    else:
        check_folder(out)


def _save_folder(
    out: Path, columns: Iterable[np.ndarray], heads: Sequence[str], names: Sequence[str]
) -> None:
    """Write every picture to a file named after its image and edit, one edit at a time."""
    digits = len(str(len(names) - 1))
    out.mkdir(parents=True, exist_ok=True)
    for images, head in zip(columns, heads, strict=True):
        what = head.replace(", ", ",")
        for number, image in enumerate(to_bytes(images)):
            stem = f"{number:0{digits}d}-{names[number]}-{what}"
            save_image(out / f"{safe_name(stem)}.png", image)


def safe_name(text: str) -> str:
    """Return a text as a file may be named."""
    return _UNSAFE.sub("_", text)


def rows_of(model: Model, data: Any, rows: Sequence[int]) -> np.ndarray:
    """Return images of a dataset by row number, uint8 N x C x H x W.

    Raises
    ------
    RequestError
        If there is no such row.
    """
    dataset = model.dataset(data)
    for row in rows:
        if not 0 <= row < len(dataset):
            raise RequestError(f"row {row}: {dataset.name} has rows 0 to {len(dataset) - 1}")
    return np.asarray(dataset.samples[np.asarray(rows, dtype=np.int64)])
