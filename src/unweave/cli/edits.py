"""Edits as they are written on the command line, and edits of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unweave.api import load
from unweave.editing.edits import Edit, check_edit, sweep
from unweave.editing.rows import samples_of_rows
from unweave.errors import RequestError
from unweave.reporting.edits import save_edited_table, save_edits


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
    model = load(folder, device=device)
    if list(classes) == ["all"] and model.targets.exclusive:
        classes = model.targets.names
    edits = read_edits(values, sweeps, classes)
    for edit in edits:
        check_edit(model, edit)
    if bool(images) == bool(rows):
        raise RequestError("name picture files, or rows with --rows, but not both")
    if images and data is not None:
        raise RequestError("--data goes with --rows; leave it out where picture files are named")
    if len(model.sample_shape) == 1:
        if len(images) != 1 or len(edits) != 1:
            raise RequestError(f"{model.name} learned from a table: name one table and --set")
        save_edited_table(model, images[0], edits[0], out)
    elif rows:
        chosen, names = samples_of_rows(model, data, rows), [str(row) for row in rows]
        save_edits(model, chosen, edits, out, names=names, originals=originals)
    else:
        save_edits(model, images, edits, out, originals=originals)


def read_edits(
    values: Sequence[str] = (), sweeps: Sequence[str] = (), classes: Sequence[str] = ()
) -> list[Edit]:
    """Read edits as they are written on the command line.

    Parameters
    ----------
    values : sequence of str
        ``NAME=VALUE``; together they are one edit, and they are part of all others.
    sweeps : sequence of str
        ``NAME=START:STOP:COUNT``; each gives an edit for each of its values.
    classes : sequence of str
        Names of classes; each gives an edit.

    Raises
    ------
    RequestError
        If there is no edit, or a text has another form.
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
        raise RequestError(f"{option} {text}: {value.strip()!r} is not a finite number")
    return number
