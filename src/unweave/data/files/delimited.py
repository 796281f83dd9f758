"""Text tables: separator, encoding, and the checks that no row is torn."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from unweave.data.files.bounds import require_room
from unweave.errors import RequestError

SEPARATORS = ("\t", ";", "|", ",")
SPACES = " "
SAMPLE_RECORDS = 50
SAMPLE_CHARACTERS = 1_000_000
FIELD_LIMIT = 10_000_000
_PIECE = 1 << 24

_DECLARED = re.compile(r"\s*\"?sep=(?P<separator>[^\s\"]|\t)\"?[ \t]*\r?\n", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def read_delimited(path: Path) -> pd.DataFrame:
    """Read a text table as text: every cell a string, columns as the header names them.

    Comma, semicolon, tab, bar and space are told apart by which of them cuts the first
    lines evenly; a first line ``sep=;`` says so itself. A header that is one name short, as
    R writes it, has a column of row names before it, which is left out. A file whose name
    ends in ``.gz`` is unpacked. UTF-8 with or without a byte-order mark is tried first,
    UTF-16 where its mark stands, then Windows-1252 and Latin-1. The separator is kept in the
    frame's ``attrs``.

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
    text, separator = _declared_separator(_decode(path))
    separator = separator or _detect_separator(text, path)
    header, one_more = _check(text, separator, path)
    frame = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        header=0,
        names=range(len(header) + one_more),
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_filter=False,
        skipinitialspace=True,
    )
    if one_more:
        # R writes the names of rows without a header: they are no column of the table. Nor is
        # what follows a separator at the end of every line.
        ended = (frame.iloc[:, -1] == "").all()
        frame = frame.iloc[:, :-1] if ended else frame.iloc[:, 1:]
    frame.columns = pd.Index(header)
    # Where commas are decimal, lists are separated by semicolons.
    frame.attrs["separator"] = separator
    return frame


def _decode(path: Path) -> str:
    try:
        raw = _bytes(path)
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


def _bytes(path: Path) -> bytes:
    if path.suffix.casefold() != ".gz":
        return path.read_bytes()
    unpacked = bytearray()
    try:
        with gzip.open(path) as file:
            while piece := file.read(_PIECE):
                unpacked += piece
                # As bytes, as text, and as the cells of a table.
                require_room(path, 3 * len(unpacked), "give fewer rows at a time")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RequestError(f"{path} is not a readable .gz file ({error}); pack it again") from error
    return bytes(unpacked)


def _declared_separator(text: str) -> tuple[str, str]:
    """Take off the first line ``sep=;`` that spreadsheets write; return the rest, and ``;``."""
    match = _DECLARED.match(text)
    return (text, "") if match is None else (text[match.end() :], match["separator"])


def _records(text: str, separator: str) -> csv.Reader:  # type: ignore[name-defined]
    csv.field_size_limit(FIELD_LIMIT)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)


def _detect_separator(text: str, path: Path) -> str:
    """Choose the separator that cuts the first records evenly, into the most fields."""
    cut = len(text) > SAMPLE_CHARACTERS
    text = text[:SAMPLE_CHARACTERS]
    best, best_score = ",", 0.0
    for separator in (*SEPARATORS, SPACES):
        if separator == SPACES and best_score:
            break
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
        # R's header is one short of its rows.
        rows = widths[1:] or widths
        agreeing = max(
            sum(width == first for width in rows) for first in (widths[0], widths[0] + 1)
        )
        even = agreeing / len(rows)
        if even == 1.0 and len(widths) > 1:
            return separator
        if separator != SPACES and (score := even * widths[0]) > best_score:
            best, best_score = separator, score
    return best


def _check(text: str, separator: str, path: Path) -> tuple[list[str], bool]:
    """Check that all records are of one width; return the header, and whether each has one more."""
    if (header := _even_header(text, separator)) is not None:
        return _named(header, path), False
    reader = _records(text, separator)
    start, odd = 1, ""
    widths: set[int] = set()
    try:
        for record in reader:
            if header is None:
                header = record or None
            elif record:
                widths.add(len(record))
                if len(record) != len(header) and not odd:
                    odd = (
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
    one_more = widths == {len(header) + 1}
    if odd and not one_more:
        raise RequestError(odd)
    return _named(header, path), one_more


def _named(header: list[str], path: Path) -> list[str]:
    if _is_data(header):
        raise RequestError(
            f"{path}, line 1 holds only numbers; add a header line that names the columns"
        )
    return [cell.strip() for cell in header]


def _even_header(text: str, separator: str) -> list[str] | None:
    """Return the header of a text without quotes whose lines all hold as many separators.

    Nearly every table is one, and counting is ten times as quick as cutting it into cells.
    """
    if '"' in text or separator == SPACES or not separator.isascii():
        return None
    signs = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    ends = np.flatnonzero(signs == ord("\n"))
    # Lines may end in \r\n as well; a \r by itself ends one too.
    returns = np.flatnonzero(signs == ord("\r"))
    if len(returns) and (returns[-1] + 1 == len(signs) or (signs[returns + 1] != ord("\n")).any()):
        return None
    starts = np.append(0, ends + 1)
    lengths = np.append(ends, len(signs)) - starts
    lengths[:-1] -= signs[ends - 1] == ord("\r")
    separators = np.flatnonzero(signs == ord(separator))
    counts = np.diff(np.searchsorted(separators, np.append(starts, len(signs))))[lengths > 0]
    if not len(counts) or lengths.max() > FIELD_LIMIT or (counts != counts[0]).any():
        return None
    header: list[str] = next(record for record in _records(text, separator) if record)
    return header


def _is_data(header: list[str]) -> bool:
    """Tell whether a first line is a row of data: of numbers that are no columns' names.

    Whole numbers that rise or fall by one step, such as years or places, name columns.
    """
    cells = [cell.strip() for cell in header]
    if not all(_PLAIN_NUMBER.fullmatch(cell) for cell in cells):
        return False
    numbers = [float(cell) for cell in cells]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return not (
        len(cells) > 2
        and all(cell.isdigit() for cell in cells)
        and len(steps) == 1
        and steps != {0.0}
    )


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
