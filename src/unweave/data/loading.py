"""The loading of data: from a name, a path or memory to a dataset."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from unweave.arguments import check_kind
from unweave.data.assemble import assemble
from unweave.data.dataset import Dataset
from unweave.data.files.find import find_or_fetch
from unweave.data.formats import FORMATS
from unweave.data.options import Option, Value, read_options, source_text
from unweave.data.restrictions import RESTRICTION_OPTIONS, RESTRICTIONS, restricted
from unweave.data.source import Source
from unweave.data.sources import SOURCES, source_named
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema
from unweave.errors import RequestError, memory_errors, nearest, shortened, shown

Names = str | int | float | Sequence[Any]
Wanted = TableSchema | TableRequest | None
Data = str | PathLike[str] | np.ndarray | torch.Tensor | pd.DataFrame | tuple[Any, ...] | Dataset

_WITH_OPTIONS = re.compile(r"(?P<name>.+?):(?P<options>\w+=[^,:]*(,\w+=[^,:]*)*)")


def load_data(
    source: Data,
    *,
    schema: TableSchema | None = None,
    columns: Mapping[Any, str] | None = None,
    drop: Names = (),
    only: Names = (),
    id: Names = (),
    ordinal: Names = (),
    given: Names = (),
    missing: Names = (),
    coding: str | None = None,
    defaults: Mapping[str, object] | None = None,
    **options: object,
) -> Dataset:
    """Load data, wherever it comes from.

    Parameters
    ----------
    source : str, path, numpy.ndarray, torch.Tensor, DataFrame, tuple or Dataset
        A built-in name (see `SOURCES`), or a path of a kind that can be read (see
        `FORMATS`): a folder of images, a folder with MNIST's four files or in CelebA's
        layout, a ``.csv`` or ``.parquet`` table, an ``.npz`` in dSprites' layout. Names
        and paths may carry options, as in ``"sprites:positions=16,scales=3"``. Or data
        from memory (frames may be of pandas, polars or Arrow), or samples in pairs,
        ``(first, second)``; a Dataset is returned as it is.
    schema : TableSchema, optional
        The schema of a trained run: a table is read and standardised as that run's table
        was. It has no meaning for images.
    columns : mapping of str to str, optional
        The kinds of columns of a table, by their names, where the cells should not decide:
        ``real``, ``positive``, ``count``, ``binary``, ``category``, ``ordinal``, ``date``,
        ``time``, ``id``, ``text`` or ``constant``.
    drop, only, id, ordinal : str or sequence of str
        Columns to leave out, to use alone, that identify rows, and that are ordinal.
    given : str or sequence of str
        Columns that are known to encoder and decoder, and not learned.
    missing : str, number, or sequence of these
        What else is a blank, such as -99.
    coding : {"gaussian", "columns"}, optional
        How the samples hold a table's columns; see `TableSchema`.
    defaults : mapping of str to object, optional
        Options to take where there are such ones and they are not given: how a trained run
        reads images, such as their size.
    **options
        The options of a built-in name, or of a kind of path, such as ``image_size`` for
        a folder of images; of any data with factors also ``correlated="shape/scale@0.2"``
        and ``left_out="shape=0/x=16..31"``, which restrict the rows to learn from
        (`unweave.data.restrictions`).

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
    check_kind("schema", schema, TableSchema | None)
    check_kind("defaults", defaults, Mapping[str, object] | None)
    asked: dict[str, Any] = {
        "columns": columns or (),
        "drop": drop,
        "only": only,
        "id": id,
        "ordinal": ordinal,
        "given": given,
        "missing": missing,
        "coding": coding,
    }
    asked = {name: value for name, value in asked.items() if not _is_nothing(value)}
    wanted: Wanted = schema
    if asked and schema is None:
        wanted = TableRequest.of(**asked)
    elif asked:
        raise RequestError(f"{next(iter(asked))}: the run's table says how its columns are read")
    if isinstance(source, str | PathLike):
        text = os.fspath(source)
        with memory_errors(f"{shortened(text)} is too large; give fewer rows or smaller images"):
            return _load_text(text, wanted, options, defaults or {})
    if isinstance(source, Dataset):
        read_options((), options, "data from memory")
        if asked:
            raise RequestError(f"{next(iter(asked))}: the data is read already; give its source")
        return source
    return _load_given(source, options, wanted, defaults or {})


def load_source(
    source: Source,
    given: Mapping[str, object],
    schema: Wanted = None,
    defaults: Mapping[str, object] | None = None,
) -> Dataset:
    """Load a named data set; its text is the name with the options not at default.

    Parameters
    ----------
    source : Source
    given : mapping of str to object
        Options, as values or as texts.
    schema : TableSchema or TableRequest, optional
        The schema of a trained run, or what is asked of the columns, for tables.
    defaults : mapping of str to object, optional
        As for `load_data`.

    Raises
    ------
    RequestError
        If an option is unknown or has a bad value, or the data cannot be found.
    """
    given = _completed(given, source.options, defaults or {})
    values, restrictions = _read(source.options, given, source.name)
    text = source_text(source.name, source.options, values)
    files = source.files if source.files_for is None else source.files_for(**values)
    place = () if files is None else (find_or_fetch(text, files),)
    contents = source.read(*place, **values, **_schema_for(source.kind, schema))
    text = source_text(source.name, (*source.options, *RESTRICTION_OPTIONS), values | restrictions)
    return restricted(assemble(contents, source.name, text), restrictions)


def fetch(name: str) -> Path | None:
    """Make sure that a named data set is on this machine.

    Parameters
    ----------
    name : str
        May carry options that choose its file, as in ``"mpi3d:variant=real"``.

    Returns
    -------
    pathlib.Path or None
        Where it lies; None if it is part of the package.

    Raises
    ------
    RequestError
        If it cannot be found or fetched; the message says what to put where.
    """
    plain, written = _split(name)
    source = source_named(plain)
    values = read_options(source.options, written, plain)
    files = source.files if source.files_for is None else source.files_for(**values)
    return None if files is None else find_or_fetch(name, files)


def _load_text(
    text: str, schema: Wanted, options: Mapping[str, object], defaults: Mapping[str, object]
) -> Dataset:
    name, written = (text, {}) if os.path.exists(text) else _split(text)
    merged = {**written, **options}
    if name in SOURCES:
        return load_source(SOURCES[name], merged, schema, defaults)
    path = Path(name).expanduser()
    if not name or not os.path.exists(path):
        raise RequestError(
            f"{shown(name)} is neither a built-in data set nor an existing path"
            f"{nearest(name, SOURCES)} (there are: {', '.join(SOURCES)})"
        )
    return _load_given(path, merged, schema, defaults)


def _completed(
    given: Mapping[str, object], known: Sequence[Option], defaults: Mapping[str, object]
) -> dict[str, object]:
    """Return what is given, and of the defaults those that are options here."""
    names = {option.name for option in known}
    return {name: value for name, value in defaults.items() if name in names} | dict(given)


def _split(text: str) -> tuple[str, dict[str, str]]:
    """Return a name or path, and the options that are written after it."""
    match = _WITH_OPTIONS.fullmatch(text)
    if match is None:
        return text, {}
    return match["name"], dict(item.split("=", 1) for item in match["options"].split(","))


def _load_given(
    given: object, options: Mapping[str, object], schema: Wanted, defaults: Mapping[str, object]
) -> Dataset:
    """Load a path that exists, or an object."""
    format = next((each for each in FORMATS.values() if each.takes(given)), None)
    if format is None:
        raise RequestError(_unreadable(given))
    path = given if isinstance(given, Path) else None
    options = _completed(options, format.options, defaults)
    values, restrictions = _read(format.options, options, str(path or "data from memory"))
    contents = format.read(given, **values, **_schema_for(format.kind, schema))
    if path is None:
        return restricted(assemble(contents, format.name), restrictions)
    place = path.resolve()
    stem = path.name.removesuffix(".gz")
    name = contents.name or (place.name if place.is_dir() else Path(stem).stem)
    text = source_text(str(place), (*format.options, *RESTRICTION_OPTIONS), values | restrictions)
    return restricted(assemble(contents, name, text), restrictions)


def _read(
    known: Sequence[Option], given: Mapping[str, object], owner: str
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Return the options of the reader, and those by which the training rows are restricted."""
    values = read_options((*known, *RESTRICTION_OPTIONS), given, owner)
    restrictions = {name: values.pop(name) for name in RESTRICTIONS if name in values}
    return values, restrictions


def _schema_for(kind: str, schema: Wanted) -> dict[str, Any]:
    if kind != "images":
        return {"schema": schema}
    if isinstance(schema, TableRequest):
        raise RequestError("images have no columns: drop, only, missing and the like are of tables")
    return {}


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str | tuple | list | dict) and not value)


def _unreadable(given: object) -> str:
    """Say of what no format takes that it cannot be read, and what can."""
    if not isinstance(given, Path):
        known = (each.what for each in FORMATS.values() if each.types)
        return (
            f"cannot load data from {type(given).__name__}; give a name, a path, or "
            f"{' or '.join(known)}"
        )
    suffixes = (suffix for each in FORMATS.values() for suffix in each.suffixes)
    others = (each.what for each in FORMATS.values() if each.recognises is not None)
    kind = given.suffix.casefold() or "without a suffix"
    return f"{given}: files of kind {kind!r} cannot be read; give {', '.join((*suffixes, *others))}"
