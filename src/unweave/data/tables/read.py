"""Tables, read from cells to samples.

How a table is read, for files and DataFrames alike:

- Every column is of one kind: real, positive, count, binary, category, ordinal, date, time,
  id, text or constant. `unweave.data.tables.kinds` decides, by the cells and the name; a
  `TableRequest` overrules it. The schema keeps what was decided (decimal marks, levels,
  formats of dates, missing markers), so that new rows are read as the training rows were.
- Plain numbers are numbers. ``€95.5M``, ``$1.2K``, ``3bn``, ``1,234,567``, ``(4.41)`` and
  ``45%`` are numbers too (a percentage stays in per cent: 45). Each column has one decimal
  mark, the one that its texts speak for; where they do not tell, the other columns do. In
  columns that are otherwise numeric, ``70+1`` and ``58-10`` are the number before the sign:
  what follows is the change since the last update, not part of the value.
- Blanks are empty cells and ``NA``, ``N/A``, ``nan``, ``null``, ``-``, ``?``, ``.``,
  spreadsheets' errors, and beside numbers ``None``; infinite values count as blanks.
- A column is numeric if at least 90 % of its non-blank cells are numbers; the others
  become blanks, and are counted.
- Ids (row counters, with gaps too, and distinct whole numbers named like an id), free text,
  constants and entirely blank columns are not learned from. A constant's value is put back
  on output.
- The coding "columns" keeps blanks and every kind. The coding "gaussian" standardises
  numbers and two-valued columns as if all were Gaussian, imputes blanks by the median of the
  training rows (the more frequent level), and leaves out all other columns, and those more
  than half blank.
- A nameless column is called by its place (``column 4``); a repeated name gets a number.
- Duplicate rows stay, in order, but always fall into the same split, so that no test
  row was trained on; a table of so few distinct rows that this would leave a split
  empty is split row by row, with a note.
- Numbers are standardised by the mean and deviation of the training rows (of all rows
  where the training rows do not vary).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.files.bounds import require_cells
from unweave.data.files.delimited import read_delimited
from unweave.data.files.fingerprint import fingerprint_of
from unweave.data.former import samples_alone
from unweave.data.splits import groups_can_be_kept, require_rows, split_rows
from unweave.data.tables.cells import Cells, decimal_balance, read_cells
from unweave.data.tables.columns import NAMELESS, Column, Kind, as_gaussian, readable_names
from unweave.data.tables.kinds import decide_column
from unweave.data.tables.number_kinds import looks_like_id
from unweave.data.tables.numerals import groups_beside_small_numbers
from unweave.data.tables.own_numbers import own_numbers
from unweave.data.tables.request import TableRequest
from unweave.data.tables.schema import TableSchema, note_on
from unweave.errors import RequestError, shortened
from unweave.statistics import rank_correlation

logger = logging.getLogger("unweave")

PARQUET = (".parquet", ".pq")
FEATHER = (".feather", ".arrow")
_ARROW = b"ARROW1"
_FEWER = "give fewer rows or columns"
# Standard errors of a rank correlation of unrelated columns, above which it is one.
LEAST_RELATED = 3.0
# Of a category on average: with fewer rows its levels tell rows apart, not groups of rows.
FEWEST_ROWS_A_LEVEL = 5


def read_frame(path: Path) -> pd.DataFrame:
    """Read a table file into a DataFrame, without changing a cell.

    Parameters
    ----------
    path : pathlib.Path
        A Parquet file if its suffix is ``.parquet`` or ``.pq``, a Feather file if it is
        ``.feather`` or ``.arrow``, a folder of Parquet files; otherwise a text table.

    Raises
    ------
    RequestError
        If the file is missing, empty, cut short or not what its name says.
    """
    suffix = path.suffix.casefold()
    if not path.is_dir() and suffix not in (*PARQUET, *FEATHER):
        return read_delimited(path)
    if not path.exists():
        raise RequestError(f"cannot read {path}: no such file; check the path")
    kind = "Feather" if suffix in FEATHER else "Parquet"
    try:
        if suffix in FEATHER:
            frame = _feather(path)
        elif path.is_dir():
            parts = sorted(part for part in path.iterdir() if part.suffix.casefold() in PARQUET)
            frame = pd.concat([_parquet(part) for part in parts])
        else:
            frame = _parquet(path)
    except RequestError:
        raise
    except Exception as error:
        # A damaged file raises almost anything: ArrowException, KeyError, TypeError, ...
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RequestError(
            f"{path} is not a readable {kind} file ({shortened(first)}); write it again"
        ) from error
    return frame.reset_index(drop=frame.index.names == [None])


def _parquet(path: Path) -> pd.DataFrame:
    from pyarrow import parquet  # As in `read_arrow`.

    about = parquet.read_metadata(path)
    require_cells(path, about.num_rows, about.num_columns, _FEWER)
    return _validated(parquet.read_table(path))


def _feather(path: Path) -> pd.DataFrame:
    from pyarrow import dataset, feather

    with path.open("rb") as file:
        says_its_size = file.read(len(_ARROW)) == _ARROW
    if says_its_size:  # The first version of the format does not.
        about = dataset.dataset(path, format="feather")
        require_cells(path, about.count_rows(), len(about.schema), _FEWER)
    return _validated(feather.read_table(path, memory_map=False))


def _validated(table: Any) -> pd.DataFrame:
    """Return a table of Arrow's as a DataFrame, after a check of all that it holds.

    Arrow reads a damaged file as it stands: texts that end beyond their column's bytes end the
    process when they are used.
    """
    table.validate(full=True)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def read_arrow(given: Any, schema: TableSchema | TableRequest | None = None) -> Contents:
    """Read a table in memory that speaks Arrow's protocol; see `read_table`.

    Raises
    ------
    RequestError
        If Arrow cannot read it.
    """
    # Arrow's own types keep whole numbers whole beside blanks.
    frame = _of_arrow(given, pd.ArrowDtype)
    return replace(read_table(frame, schema=schema), index=None)


def frame_of_arrow(given: Any) -> pd.DataFrame:
    """Return a table in memory that speaks Arrow's protocol as a DataFrame, without a change.

    Whole numbers and yes or no beside blanks have the types of pandas that know blanks.

    Raises
    ------
    RequestError
        If Arrow cannot read it.
    """
    return _of_arrow(given, _type_with_blanks)


def _of_arrow(given: Any, types: Callable[[Any], Any]) -> pd.DataFrame:
    import pyarrow as pa  # It takes half a second, and few have such tables.

    try:
        frame: pd.DataFrame = pa.table(given).to_pandas(types_mapper=types)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise RequestError(f"the table cannot be read through Arrow ({error})") from error
    return frame


def _type_with_blanks(kind: Any) -> Any:
    text = str(kind)  # as in int64, uint8, bool
    if text == "bool":
        return pd.BooleanDtype()
    named = text.replace("uint", "UInt") if text.startswith("uint") else text.replace("int", "Int")
    return pd.api.types.pandas_dtype(named) if text.lstrip("u").startswith("int") else None


def read_table(
    frame: pd.DataFrame,
    *,
    where: str = "the table",
    schema: TableSchema | TableRequest | None = None,
    counters: bool = True,
) -> Contents:
    """Read a DataFrame; the head of this module says how.

    Parameters
    ----------
    frame : pandas.DataFrame
        N rows, cells of any kind.
    where : str
        What to call the table in an error.
    schema : TableSchema or TableRequest, optional
        The schema of a trained run: the table is read as that run's table was. Or what is
        asked of the columns; the cells decide the rest.
    counters : bool
        Whether row counters and other ids are looked for and left out.

    Returns
    -------
    Contents
        Samples N x J, float32, as the schema's coding says.

    Raises
    ------
    RequestError
        If there are fewer than 16 rows (unless a schema is given), no column can be
        used, a column asked for is missing or does not fit its kind, or the columns of the
        schema are missing.
    """
    fresh = not isinstance(schema, TableSchema)
    if isinstance(schema, TableSchema):
        if len(frame) == 0:
            raise RequestError(f"{where} has no rows; give at least one")
        numbers, notes = schema.read_noting(frame)
        for note in notes:
            # Codes and edits of these rows do not show what was blank.
            logger.warning("%s: %s", where, note)
    else:
        require_rows(len(frame), where)
        schema, numbers = _decide(frame, where, schema or TableRequest(), counters)
        notes = ()

    groups = pd.util.hash_pandas_object(pd.DataFrame(numbers + 0.0), index=False).to_numpy()
    duplicates = len(groups) - len(np.unique(groups))
    splits = split_rows(len(frame), groups if duplicates else None)
    if fresh:
        schema = _measured(schema, numbers, splits["train"], duplicates)
        notes = _warnings(schema, numbers)
    imputed = schema.impute(numbers)
    return Contents(
        schema.scale(imputed),
        table=schema,
        splits=splits,
        notes=(*notes, *_notes(schema, numbers, groups, duplicates)),
        # In the table's own units: the same rows in other units are other data.
        content=fingerprint_of(list(schema.feature_names), imputed),
        former=samples_alone,
        index=frame.index,
        ids=_ids(schema, frame),
    )


def _ids(schema: TableSchema, frame: pd.DataFrame) -> pd.DataFrame | None:
    """Return the columns that name rows, under their names in the schema; None without any."""
    names = [column.name for column in schema.columns if column.kind == "id" and not column.used]
    places = {name: place for place, name in enumerate(readable_names(frame.columns))}
    found = [name for name in names if name in places]
    if not found:
        return None
    return frame.iloc[:, [places[name] for name in found]].set_axis(found, axis=1)


def _decide(
    frame: pd.DataFrame, where: str, request: TableRequest, counters: bool
) -> tuple[TableSchema, np.ndarray]:
    """Decide what every column is; return the schema without measures, and own numbers."""
    names = readable_names(frame.columns)
    request.check(names)
    missing = frozenset(request.missing)
    decimal = _decimal(frame)
    columns, own = [], []
    for place, (name, label) in enumerate(zip(names, frame.columns, strict=True)):
        cells = read_cells(frame.iloc[:, place], decimal=decimal[place], missing=missing)
        column = replace(_decided(name, cells, request, counters), label=_label(label, name))
        if request.coding == "gaussian":
            column = as_gaussian(column, len(frame))
        columns.append(column)
        if column.used:
            own.append(own_numbers(column, cells))
    if not own:
        raise RequestError(f"{where} has no usable column ({_why_none(columns)})")
    if all(column.role == "given" for column in columns if column.used):
        raise RequestError(f"{where}: every column is given; leave one at least to be learned")
    schema = TableSchema(tuple(columns), coding=request.coding, missing=request.missing)
    return schema, np.stack(own, axis=1)


def _decided(name: str, cells: Cells, request: TableRequest, counters: bool) -> Column:
    if reason := request.leaves_out(name):
        column = decide_column(name, cells, None, counters)
        return replace(column, role="left out", reason=reason, constant=None)
    if name in request.id:
        return decide_column(name, cells, "id", counters)
    column = decide_column(name, cells, request.kinds.get(name), counters)
    if name not in request.given:
        return column
    if not column.used:
        raise RequestError(
            f"given={name}: the column is left out ({column.reason or column.kind}); "
            + _given_otherwise(column, cells)
        )
    return replace(column, role="given")


def _given_otherwise(column: Column, cells: Cells) -> str:
    """Say of a given column that is left out how it could be used: by a kind that it fits."""
    kinds: tuple[Kind, ...] = () if column.kind == "constant" else ("category", "date", "real")
    for kind in kinds:
        with contextlib.suppress(RequestError):
            if decide_column(column.name, cells, kind).used:
                return f"name a kind that it fits: columns={column.name}={kind}"
    return "no kind that is learned fits it; leave it out of given"


def _decimal(frame: pd.DataFrame) -> list[str]:
    """Return the decimal mark of every column: its own, or else that of the whole table."""
    found = [decimal_balance(frame.iloc[:, place]) for place in range(frame.shape[1])]
    table = sum(np.sign(balance) for balance, _ in found)
    # Only a file of semicolons, from a place where commas are decimal, is taken by its groups.
    commas = table > 0 or (
        table == 0
        and frame.attrs.get("separator") == ";"
        and any(groups_beside_small_numbers(texts) for _, texts in found)
    )
    return ["," if balance > 0 or (balance == 0 and commas) else "." for balance, _ in found]


def _label(label: Any, name: str) -> Any:
    """Return a DataFrame's label as plain data, where it is not the name itself."""
    if isinstance(label, tuple):
        return tuple(part if isinstance(part, str) else _plain(part) for part in label)
    if isinstance(label, int | np.integer) and not isinstance(label, bool):
        return int(label)
    # Blanks around a name, or what stands for none, come back as they were.
    if not isinstance(label, str) or label in ("", name):
        return None
    return label if label.strip() == name or NAMELESS.fullmatch(label) else None


def _plain(part: Any) -> Any:
    return int(part) if isinstance(part, int | np.integer) else str(part)


def _measured(
    schema: TableSchema, numbers: np.ndarray, train: np.ndarray, duplicates: int
) -> TableSchema:
    own = iter(numbers.T)
    columns = tuple(
        column.measured(next(own), train, schema.coding) if column.used else column
        for column in schema.columns
    )
    return replace(schema, columns=columns, rows=len(numbers), duplicates=duplicates)


def read_table_file(path: Path, schema: TableSchema | TableRequest | None = None) -> Contents:
    """Read a table file; see `read_frame` and `read_table`."""
    contents = read_table(read_frame(path), where=str(path.resolve()), schema=schema)
    return replace(contents, index=None)


def _why_none(columns: list[Column]) -> str:
    said = [f"{column.name!r}: {column.reason or column.kind}" for column in columns[:3]]
    more = f", and {len(columns) - 3} more" if len(columns) > 3 else ""
    return ("; ".join(said) or "it has no columns") + more


def _warnings(schema: TableSchema, numbers: np.ndarray) -> tuple[str, ...]:
    """Warn of columns that may not be what they look like."""
    warned = []
    for column, own in zip(schema.features, numbers.T, strict=True):
        if column.levels is None and (marker := missing_marker(own)) is not None:
            warned.append(
                f"column {column.name!r}: {marker:g} is far from all other values and looks like "
                f"a missing marker; missing={marker:g}"
            )
        if looks_like_id(column, own) and _unrelated(own, numbers):
            warned.append(
                f"column {column.name!r} holds distinct whole numbers unrelated to any other "
                f"column; if it is an id: drop={column.name}"
            )
    return (*warned, *_warning_of_levels(schema, numbers))


def _warning_of_levels(schema: TableSchema, numbers: np.ndarray) -> tuple[str, ...]:
    """Warn of categories that tell rows from each other rather than groups of rows."""
    fine = [
        column.name
        for column, own in zip(schema.features, numbers.T, strict=True)
        if column.kind == "category"
        and column.role != "given"
        and (~np.isnan(own)).sum() < FEWEST_ROWS_A_LEVEL * len(column.levels or ())
    ]
    taken = f"models can learn rows by heart; to see what the others say: drop={','.join(fine)}"
    return tuple(note_on(fine, f"of fewer than {FEWEST_ROWS_A_LEVEL} rows a level", taken))


def missing_marker(own: np.ndarray) -> float | None:
    """Return a value that looks like a missing marker: -99, 999 and the like, far off.

    The value is of nines or eights (or their negatives), or -1, stands beyond all others,
    and is as far from them as these are from each other.
    """
    values = np.unique(own[~np.isnan(own)])
    if len(values) < 4:
        return None
    for marker, others in ((values[0], values[1:]), (values[-1], values[:-1])):
        digits = f"{abs(marker):.10g}"
        if len(digits) < 2 or len(set(digits)) > 1 or digits[0] not in "98":
            continue
        low, high = others[0], others[-1]
        gap = low - marker if marker < low else marker - high
        if gap > (high - low) and (marker < 0 <= low or gap > 2 * (high - low)):
            return float(marker)
    return None


def _unrelated(own: np.ndarray, numbers: np.ndarray) -> bool:
    """Tell whether the ranks of a column correlate with those of no other column."""
    for other in numbers.T:
        known = ~np.isnan(other)
        if np.array_equal(other, own):
            continue
        related = abs(rank_correlation(own[known], other[known], fewest=8))
        if related > LEAST_RELATED / np.sqrt(known.sum()):
            return False
    return True


def _notes(
    schema: TableSchema, numbers: np.ndarray, groups: np.ndarray, duplicates: int
) -> tuple[str, ...]:
    notes = []
    blanks = int(np.isnan(numbers).sum())
    if blanks:
        columns = int(np.isnan(numbers).any(axis=0).sum())
        what = "imputed" if schema.coding == "gaussian" else "kept blank"
        notes.append(f"{blanks} blank cells {what} in {columns} columns")
        if rows := int(np.isnan(numbers).all(axis=1).sum()):
            notes.append(f"{rows} rows are blank in every column used")
    left_out = [c.name for c in schema.columns if not c.used and c.constant is None]
    if left_out:
        notes.append(f"columns left out: {', '.join(left_out)}")
    constant = [c.name for c in schema.columns if not c.used and c.constant is not None]
    if constant:
        notes.append(f"constant columns, put back on output: {', '.join(constant)}")
    if duplicates:
        kept = groups_can_be_kept(groups)
        how = "kept in the split of the first" if kept else "too many to be kept in one split"
        notes.append(f"{duplicates} rows repeat an earlier row in all features; {how}")
    return tuple(notes)
