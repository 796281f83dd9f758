import datetime
import decimal
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.data.tables.cells import BLANKS, Cells, read_cells

NUMBERS = {
    "7": 7,
    " -2.5 ": -2.5,
    "+3": 3,
    "1e3": 1000,
    ".5": 0.5,
    "€95.5M": 95_500_000,
    "$1.2K": 1200,
    "£3": 3,
    "-€4k": -4000,
    "€-4k": -4000,
    "12.5 €": 12.5,
    "3bn": 3_000_000_000,
    "2mn": 2_000_000,
    "1.5M": 1_500_000,
    "1,234,567": 1_234_567,
    "1,234.5": 1234.5,
    "45%": 45,
    "45.5 %": 45.5,
    "−4.41": -4.41,
    "–2": -2,
    "(4.41)": -4.41,
    "(1,200)": -1200,
    "$(4.41)": -4.41,
    "(4.41 €)": -4.41,
    "(4.41) €": -4.41,
    "1,23": 1.23,
    "0,123": 0.123,
    "1.234,5": 1234.5,
    "12 345.5": 12345.5,
    "1'234'567": 1_234_567,
}
NOT_NUMBERS = ["12m", "12,34,567", "7 apples", "€", "%", "--5", "€5€", "$(5)€", "2018-06-14", "5kg"]


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_decorated_numbers(text: str, number: float) -> None:
    assert read_cells(pd.Series([text])).numbers.tolist() == [number]


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_no_number_is_text(text: str) -> None:
    cells = read_cells(pd.Series([text]))
    assert np.isnan(cells.numbers).all()
    assert not cells.blank.any()
    assert cells.levels == (text,)


@pytest.mark.parametrize(
    "blank",
    [*sorted(BLANKS), "NA", "N/A", "NaN", "NULL", "None", "#N/A", " ", "inf", "-Infinity"],
)
def test_blanks(blank: str) -> None:
    cells = read_cells(pd.Series([blank, "1"]))
    assert cells.blank.tolist() == [True, False]


def test_missing_objects_are_blank() -> None:
    column = pd.Series([None, np.nan, pd.NA, pd.NaT, 3], dtype=object)
    assert read_cells(column).blank.tolist() == [True] * 4 + [False]


def test_change_since_the_last_update_is_dropped_beside_plain_numbers() -> None:
    cells = read_cells(pd.Series(["70+1", "58-10", "61", "62"]))
    assert cells.numbers.tolist() == [70, 58, 61, 62]
    assert cells.how == "70+1 is 70"


def test_a_column_of_months_is_not_numeric() -> None:
    assert np.isnan(read_cells(pd.Series(["2018-06", "2018-07", "2019-01"])).numbers).all()


def test_changes_are_read_alone_only_where_the_first_rows_had_them() -> None:
    assert read_cells(pd.Series(["70+1"]), changes=True).numbers.tolist() == [70]
    assert np.isnan(read_cells(pd.Series(["70+1"]), changes=False).numbers).all()
    assert np.isnan(read_cells(pd.Series(["2014-06"]), changes=True).numbers).all()


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1,5", "1.234", "7"], [1.5, 1234, 7]),
        (["1.5", "1,234", "7"], [1.5, 1234, 7]),
        (["0,123", "1,234"], [0.123, 1.234]),
        (["1.234.567", "2.500"], [1_234_567, 2500]),
        (["7.685", "560"], [7.685, 560]),
    ],
)
def test_a_column_has_one_decimal_mark(texts: list[str], values: list[float]) -> None:
    assert read_cells(pd.Series(texts)).numbers.tolist() == values


def test_a_stored_mark_holds_and_the_other_is_read_where_it_must_be() -> None:
    cells = read_cells(pd.Series(["7.685", "7.5", "560"]), decimal=",")
    assert cells.numbers.tolist() == [7685, 7.5, 560]


def test_none_is_a_blank_beside_numbers_and_a_level_beside_words() -> None:
    assert read_cells(pd.Series(["1", "None", "2"])).blank.tolist() == [False, True, False]
    assert read_cells(pd.Series(["yes", "None", "no"])).blank.tolist() == [False, True, False]
    assert not read_cells(pd.Series(["mild", "none", "severe"])).blank.any()


def test_missing_markers() -> None:
    missing = frozenset({"-99", "refused"})
    for column in (
        pd.Series([1, -99, 2]),
        pd.Series(["1", "-99.0", "2"]),
        pd.Series([1.0, -99, 2]),
    ):
        assert read_cells(column, missing=missing).blank.tolist() == [False, True, False]
    texts = read_cells(pd.Series(["a", "refused", "-99"]), missing=missing)
    assert texts.blank.tolist() == [False, True, True]


ARROW = {
    "date32[pyarrow]": [datetime.date(1970, 1, 2), None],
    "timestamp[us][pyarrow]": [datetime.datetime(1970, 1, 2), None],
    "time64[us][pyarrow]": [datetime.time(0, 0, 1), None],
    "duration[s][pyarrow]": [datetime.timedelta(seconds=1), None],
}


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        (pd.Series(pd.to_datetime(["1970-01-02", None])), "datetime"),
        (pd.Series(pd.to_datetime(["1970-01-02", None]).tz_localize("UTC")), "datetime"),
        (pd.Series([datetime.date(1970, 1, 2), None]), "date"),
        (pd.Series(pd.to_timedelta([1, None], unit="s")), "duration"),
        (pd.Series(pd.PeriodIndex(["1970-01-02", None], freq="D")), "datetime"),
        (pd.Series([datetime.time(0, 0, 1), None]), "time"),
        *((pd.Series(cells, dtype=name), None) for name, cells in ARROW.items()),
    ],
)
def test_dates_are_days_and_times_are_seconds(column: pd.Series, dtype: str | None) -> None:
    cells = read_cells(column)
    np.testing.assert_array_equal(cells.numbers, [1, np.nan])
    assert cells.blank.tolist() == [False, True]
    assert dtype is None or cells.dtype == dtype


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pd.Series([1j, 2j, 3j]), "complex"),
        (pd.Series([[1], [2], None]), "lists"),
        (pd.Series([[1], [2], None], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "lists"),
        (pd.Series([[1], datetime.date(2018, 6, 14), {"a": 1}], dtype=object), "lists"),
    ],
)
def test_refused_cells(column: pd.Series, reason: str) -> None:
    assert reason in read_cells(column).refused


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series([1, 2, np.nan], dtype="float32"),
        pd.Series([1, 2, None], dtype="Float64"),
        pd.Series(["1", "2", None], dtype="string"),
        pd.Series(["1", "2", None], dtype="category"),
        pd.Series([1, 2, None], dtype="category"),
        pd.Series([decimal.Decimal(1), 2.0, None], dtype=object),
        pd.Series([1, 2, None], dtype="double[pyarrow]"),
        pd.Series(["1", "2", None], dtype="string[pyarrow]"),
        pd.Series([1, 2, np.inf]),
    ],
)
def test_every_dtype_of_numbers(column: pd.Series) -> None:
    cells = read_cells(column)
    np.testing.assert_array_equal(cells.numbers, [1, 2, np.nan])
    assert cells.blank.tolist() == [False, False, True]


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object", "category", "bool[pyarrow]"])
def test_booleans_are_two_texts(dtype: str) -> None:
    cells = read_cells(pd.Series([True, False, True]).astype(dtype))
    assert cells.levels == ("True", "False")
    assert cells.codes.tolist() == [0, 1, 0]


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_floats_as_text_read_back_exactly(numbers: list[float]) -> None:
    assert read_cells(pd.Series([repr(number) for number in numbers])).numbers.tolist() == numbers


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_any_text_is_read_as_exactly_one_of_number_blank_or_level(texts: list[str]) -> None:
    cells = read_cells(pd.Series(texts, dtype=object))
    assert not (cells.readable & cells.blank).any()
    assert (cells.codes[cells.blank] == -1).all()
    for code, text in zip(cells.codes, texts, strict=True):
        assert code == -1 or cells.levels[code] == text.strip()


TEXTS = st.one_of(
    st.sampled_from([*NUMBERS, *NOT_NUMBERS, *sorted(BLANKS), "None", "yes", "70+1", "2014-06"]),
    st.floats(allow_nan=False).map(repr),
    st.integers().map(str),
    st.text(max_size=6),
)
PADDED = st.tuples(st.sampled_from(["", " ", "\t "]), TEXTS, st.sampled_from(["", "  "])).map(
    "".join
)
# Few texts in many cells, or many texts.
COLUMNS = st.one_of(
    st.lists(PADDED, min_size=1, max_size=4).flatmap(
        lambda texts: st.lists(st.sampled_from(texts), min_size=1, max_size=40)
    ),
    st.lists(PADDED, min_size=1, max_size=20),
)


def alike(one: Cells, other: Cells) -> bool:
    same = replace(one, numbers=other.numbers, blank=other.blank, codes=other.codes) == other
    return same and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("numbers", "blank", "codes")
    )


@settings(deadline=None)
@given(COLUMNS, st.booleans())
def test_texts_are_read_alike_whatever_holds_them(texts: list[str], blank: bool) -> None:
    cells: list[str | None] = [*texts, None] if blank else [*texts]
    plain = read_cells(pd.Series(cells, dtype=object))
    for dtype in (pd.StringDtype("python"), pd.StringDtype("pyarrow"), pd.ArrowDtype(pa.string())):
        assert alike(read_cells(pd.Series(cells, dtype=dtype)), plain), dtype


@settings(deadline=None)
@given(st.lists(st.sampled_from([*NUMBERS, *sorted(BLANKS), "1.5e-3", " 12 "]), min_size=1))
def test_a_column_of_numbers_is_read_as_its_cells_are_one_by_one(texts: list[str]) -> None:
    column = read_cells(pd.Series(texts), decimal=".")
    single = [read_cells(pd.Series([text]), decimal=".") for text in texts]
    np.testing.assert_array_equal(column.numbers, [cell.numbers[0] for cell in single])
    np.testing.assert_array_equal(column.blank, [cell.blank[0] for cell in single])


@settings(deadline=None)
@given(COLUMNS)
def test_rows_repeated_are_read_as_the_rows(texts: list[str]) -> None:
    once, twice = read_cells(pd.Series(texts)), read_cells(pd.Series(texts + texts))
    for name in ("numbers", "blank", "codes"):
        np.testing.assert_array_equal(getattr(twice, name), np.tile(getattr(once, name), 2))
    assert (twice.levels, twice.how, twice.decimal) == (once.levels, once.how, once.decimal)
