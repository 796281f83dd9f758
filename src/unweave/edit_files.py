"""Edits of picture files and of rows, written as a strip, as a folder, or as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unweave.data import unit_scale
from unweave.editing.edits import Edit, check_edit, decode_edits, edit_codes, sweep
from unweave.editing.pictures import read_pictures
from unweave.errors import RequestError
from unweave.exports import FRAMES, of_kind, save_frame, save_image, to_bytes
from unweave.face import load
from unweave.files import check_folder
from unweave.report.drawing import write_bytes
from unweave.report.labels import run_title
from unweave.report.strips import strip_png
from unweave.training.run import Run

MOST_IN_STRIP = 64
_UNSAFE = re.compile(r"[^\w.+=,-]+")


def edit_files(
    folder: Path | str,
    images: Sequence[Path | str],
    out: Path | str,
    *,
    values: Sequence[str] = (),
    sweeps: Sequence[str] = (),
    classes: Sequence[str] = (),
    rows: Sequence[int] | None = None,
    data: Any = None,
    originals: bool = True,
    device: str = "auto",
) -> None:
    """Edit pictures or a table with the model of a run's folder, as the command line does.

    Parameters
    ----------
    folder : path
    images : sequence of path
        Picture files; for a model of a table, one table.
    out : path
        See `save_edits`; for a table ``.csv`` or ``.parquet``.
    values, sweeps, classes : sequence of str
        See `read_edits`; the class ``all`` stands for every class.
    rows : sequence of int, optional
        Rows of `data`, or of the run's own data, in place of files.
    data, originals, device
        See `save_edits` and `unweave.load`.

    Raises
    ------
    RequestError
        If the request does not fit the model; nothing is written then.
    """
    run = load(folder, device=device)
    if list(classes) == ["all"] and run.targets is not None and run.targets.exclusive:
        classes = run.targets.names
    edits = read_edits(values, sweeps, classes)
    for edit in edits:
        check_edit(run, edit)
    if bool(images) == bool(rows):
        raise RequestError("name picture files or --rows, one of the two")
    if images and data is not None:
        raise RequestError("--data goes with --rows; picture files are data of their own")
    if len(run.sample_shape) == 1:
        if len(images) != 1 or len(edits) != 1:
            raise RequestError(f"{run.name} is of a table: give one table and --set")
        save_edited_table(run, images[0], edits[0], out)
    elif rows:
        chosen, names = rows_of(run, data, rows), [str(row) for row in rows]
        save_edits(run, chosen, edits, out, names=names, originals=originals)
    else:
        save_edits(run, images, edits, out, originals=originals)


def save_edits(
    run: Run,
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
    run : Run
        A model of images.
    images : sequence of path, or numpy.ndarray
        N picture files; or images as `Run.encode` takes them.
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
        check_edit(run, edit)
    if isinstance(images, np.ndarray):
        dataset = run.dataset(images)
        names = list(names) or [str(number) for number in range(len(images))]
    else:
        dataset = run.dataset(read_pictures(run, images))
        names = list(names) or [Path(path).stem for path in images]
    codes = run.encode(dataset)
    decoded = decode_edits(run, codes, edits)
    heads = ["reconstruction", *(edit.label for edit in edits)]
    if not out.suffix:
        _save_folder(out, decoded, heads, names)
        return
    columns = list(decoded)
    if originals:
        columns.insert(0, unit_scale(dataset.samples[:]))
        heads.insert(0, "original")
    apart = len(heads) - len(edits)
    write_bytes(out, strip_png(columns, heads, run_title(run), names, apart))


def save_edited_table(run: Run, path: Path | str, edit: Edit, out: Path | str) -> None:
    """Edit a table's rows and write them to ``.csv`` or ``.parquet``, in their own units."""
    out = of_kind(out, FRAMES)
    edited = edit_codes(run, str(path), edit.changes, edit.to_class)
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
                f"{out}: a strip takes {MOST_IN_STRIP} images, not {count}; name a folder for --out"
            )
    elif out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RequestError(f"{out}: is a file, or a folder with files in it; name a new folder")
    else:
        check_folder(out)


def read_edits(
    values: Sequence[str] = (), sweeps: Sequence[str] = (), classes: Sequence[str] = ()
) -> list[Edit]:
    """Read edits as they are written on the command line.

    Parameters
    ----------
    values : sequence of str
        ``NAME=VALUE``; together they are one edit, and hold in all others.
    sweeps : sequence of str
        ``NAME=START:STOP:COUNT``; an edit for each value of each.
    classes : sequence of str
        An edit for each class.

    Raises
    ------
    RequestError
        If there is none, or a text does not read so.
    """
    changes: dict[str, float] = {}
    for text in values:
        name, value = _assignment("--set", text, "NAME=VALUE, such as Smiling=1.7")
        if name in changes:
            raise RequestError(f"--set {text}: {name} is set twice; use --sweep for several values")
        changes[name] = _number("--set", text, value)
    edits = [Edit(dict(changes), to_class) for to_class in classes]
    for text in sweeps:
        form = "NAME=START:STOP:COUNT, such as Smiling=0:2:5"
        name, value = _assignment("--sweep", text, form)
        parts = value.split(":")
        if len(parts) != 3 or not parts[2].strip().isdecimal():
            raise RequestError(f"--sweep {text}: write {form}")
        start, stop = (_number("--sweep", text, part) for part in parts[:2])
        swept = sweep(name, start, stop, int(parts[2]))
        edits += [Edit({**changes, **edit.changes}) for edit in swept]
    if not edits and changes:
        edits = [Edit(changes)]
    if not edits:
        raise RequestError("nothing to be done; give --set NAME=VALUE, --sweep or --class")
    return edits


def _assignment(option: str, text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not equals or not name.strip():
        raise RequestError(f"{option} {text}: write {form}")
    return name.strip(), value


def _number(option: str, text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise RequestError(f"{option} {text}: {value.strip()!r} is no finite number")
    return number


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


def rows_of(run: Run, data: Any, rows: Sequence[int]) -> np.ndarray:
    """Return images of a dataset by row number, uint8 N x C x H x W.

    Raises
    ------
    RequestError
        If there is no such row.
    """
    dataset = run.dataset(data)
    for row in rows:
        if not 0 <= row < len(dataset):
            raise RequestError(f"row {row}: {dataset.name} has rows 0 to {len(dataset) - 1}")
    return np.asarray(dataset.samples[np.asarray(rows, dtype=np.int64)])
