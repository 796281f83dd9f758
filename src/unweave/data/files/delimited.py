"""Text tables: separator, encoding, and the checks that no row is torn."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

import pandas as pd

from unweave.errors import RequestError

SEPARATORS = ("\t", ";", ",")
SAMPLE_RECORDS = 50
SAMPLE_CHARACTERS = 1_000_000
FIELD_LIMIT = 10_000_000

_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def read_delimited(path: Path) -> pd.DataFrame:
    """Read a text table as text: every cell a string, columns as the header names them.

    Comma, semicolon and tab are told apart by which of them cuts the first lines
    evenly. UTF-8 with or without a byte-order mark is tried first, UTF-16 where its
    mark stands, then Windows-1252 and Latin-1. The separator is in the frame's ``attrs``.

    Parameters
    ----------
    path : pathlib.Path
        The table's file.

    Returns
    -------
    pandas.DataFrame
        Duplicate and empty header cells are left as they are.

    Raises
    ------
    RequestError
        If the file is missing, empty, not text, has no header line, or has a line
        with too few or too many fields.
    """
    text = _decode(path)
    separator = _detect_separator(text, path)
    header = _check(text, separator, path)
    frame = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        header=0,
        names=range(len(header)),
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_filter=False,
        skipinitialspace=True,
    )
    frame.columns = pd.Index(header)
    # Where commas are decimal, lists are separated by semicolons.
    frame.attrs["separator"] = separator
    return frame


def _decode(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RequestError(f"cannot read {path}: {error.strerror}; check the path") from error
    if not raw.strip():
        raise RequestError(f"{path} is empty; give a table with a header line and rows")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in raw:
        encodings = []
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RequestError(f"{path} is not a text table; save it as CSV in UTF-8, or as .parquet")


def _records(text: str, separator: str) -> csv.Reader:  # type: ignore[name-defined]
    csv.field_size_limit(FIELD_LIMIT)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)


def _detect_separator(text: str, path: Path) -> str:
    """Choose the separator that cuts the first records evenly, into the most fields."""
    cut = len(text) > SAMPLE_CHARACTERS
    text = text[:SAMPLE_CHARACTERS]
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        widths: list[int] = []
        try:
            for record in _records(text, separator):
                if record:
                    widths.append(len(record))
                if len(widths) > SAMPLE_RECORDS:
                    break
        except csv.Error:
            continue
        if cut and len(widths) > 1:
            widths.pop()
        if not widths:
            raise RequestError(f"{path} is empty; give a table with a header line and rows")
        if widths[0] < 2:
            continue
        even = sum(width == widths[0] for width in widths) / len(widths)
        if even == 1.0 and len(widths) > 1:
            return separator
        if (score := even * widths[0]) > best_score:
            best, best_score = separator, score
    return best


def _check(text: str, separator: str, path: Path) -> list[str]:
    """Check that every record has the header's number of fields; return the header."""
    reader = _records(text, separator)
    header: list[str] | None = None
    start = 1
    try:
        for record in reader:
            if header is None:
                header = record or None
            elif record and len(record) != len(header):
                raise RequestError(
                    f"{path}, line {start}: {len(record)} fields where the header has "
                    f"{len(header)}; mend that line"
                )
            start = reader.line_num + 1
    except csv.Error as error:
        raise RequestError(f"{path}, line {reader.line_num}: {error}; mend that line") from error
    if header is None:
        raise RequestError(f"{path} is empty; give a table with a header line and rows")
    if _unclosed(text, separator):
        raise RequestError(
            f"{path}, line {start - 1}: the file ends inside a quoted cell; it is cut short"
        )
    if all(_PLAIN_NUMBER.fullmatch(cell.strip()) for cell in header):
        raise RequestError(
            f"{path}, line 1 holds only numbers; add a header line that names the columns"
        )
    return [cell.strip() for cell in header]


def _unclosed(text: str, separator: str) -> bool:
    """Tell whether the text ends inside quotes; only then does strict reading object."""
    if text.count('"') % 2 == 0:
        return False
    try:
        for _ in csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
        ):
            pass
    except csv.Error as error:
        return "end of data" in str(error)
    return False
