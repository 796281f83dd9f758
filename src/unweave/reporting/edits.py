"""Edited images and rows as files: a strip, a folder of pictures, or a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from unweave.arguments import checked
from unweave.data import load_data, unit_scale
from unweave.editing.edits import Edit, check_edit, decode_edits, edit_data
from unweave.editing.pictures import read_pictures
from unweave.errors import RequestError
from unweave.files import (
    TABLE_SUFFIXES,
    check_folder,
    check_suffix,
    safe_name,
    write_bytes,
    write_table,
)
from unweave.reporting.image_files import as_bytes, save_image
from unweave.reporting.labels import run_title
from unweave.reporting.strips import strip_png
from unweave.runs.model import Model

MOST_IN_STRIP = 64


@checked
def save_edits(
    model: Model,
    images: Sequence[Path | str] | np.ndarray,
    edits: Sequence[Edit],
    out: Path | str,
    *,
    names: Sequence[str] = (),
    originals: bool = True,
) -> None:
    """Edit images and write the results.

    Parameters
    ----------
    model : Model
        A model of images.
    images : sequence of path, or numpy.ndarray
        N picture files; or images as `Model.encode` takes them.
    edits : sequence of Edit
        Each is applied to every image as it was before any edit.
    out : path
        A ``.png`` for one strip, with a row for each image: the original, its reconstruction,
        then the edits. Otherwise a new folder, with a file for each of these but the
        original.
    names : sequence of str, optional
        Names of the images; by default those of their files, or their numbers.
    originals : bool
        Whether a strip begins with the original.

    Raises
    ------
    RequestError
        If an edit does not fit the model, a file cannot be read, or `out` holds files already.
    """
    out = Path(out)
    check_out(out, len(images))
    for edit in edits:
        check_edit(model, edit)
    if isinstance(images, np.ndarray):
        dataset = model.dataset(images)
        names = list(names) or [str(number) for number in range(len(images))]
    else:
        dataset = model.dataset(load_data(read_pictures(model, images), white=255))
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
    """Edit the rows of a table file and write them in their own units.

    Parameters
    ----------
    model : Model
        A model of a table.
    path : path
        The table to edit.
    edit : Edit
    out : path
        Ends in ``.csv`` or ``.parquet``.

    Raises
    ------
    RequestError
        If the edit or the table does not fit the model, or `out` has another suffix.
    """
    out = check_suffix(out, TABLE_SUFFIXES)
    edited = edit_data(model, str(path), edit.changes, edit.to_class)
    write_table(out, pd.DataFrame(edited))


def check_out(out: Path, count: int) -> None:
    """Refuse a path that edits of `count` images cannot be written to.

    Raises
    ------
    RequestError
        If it is a file without the suffix ``.png``, a folder that is not empty, or a strip of
        too many images.
    """
    if out.suffix:
        check_suffix(out, (".png",))
        if count > MOST_IN_STRIP:
            raise RequestError(
                f"out={out}: a strip holds {MOST_IN_STRIP} images, not {count}; name a folder"
            )
    elif out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RequestError(f"out={out}: is a file, or a folder with files in it; name a new folder")
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
        for number, image in enumerate(as_bytes(images)):
            stem = f"{number:0{digits}d}-{names[number]}-{what}"
            save_image(out / f"{safe_name(stem)}.png", image)
