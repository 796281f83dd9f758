"""Kinds of columns in the coding "columns": what decides, what is kept, and the way back."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from unweave.data import Column, Dataset, TableSchema, load_data
from unweave.data.tables.cells import read_cells
from unweave.data.tables.own_numbers import own_numbers

ROWS = 60
RNG = np.random.default_rng(0)


def columns_of(dataset: Dataset) -> dict[str, Column]:
    assert dataset.table is not None
    return {column.name: column for column in dataset.table.columns}


def read(cells: object, name: str = "judged", **asked: Any) -> Dataset:
    frame = pd.DataFrame({"ordinary": np.random.default_rng(1).normal(size=ROWS), name: cells})
    return load_data(frame, **{"coding": "columns", **asked})


def judged(cells: object, name: str = "judged", **asked: Any) -> Column:
    return columns_of(read(cells, name, **asked))[name]


def cycle(*cells: object) -> list[object]:
    return [cells[k % len(cells)] for k in range(ROWS)]


KINDS = {
    "real": RNG.normal(size=ROWS),
    "positive": RNG.uniform(150, 200, ROWS).round(1),
    "count": RNG.poisson(7, ROWS),
    "binary": cycle("f", "m"),
    "category": cycle("red", "green", "blue"),
    "ordinal": cycle(1, 2, 3, 4, 5),
    "date": pd.date_range("2020-02-01", periods=ROWS),
    "time": cycle("08:15", "12:30", "23:59"),
    "id": [f"A{k:03d}" for k in range(ROWS)],
    "text": [f"a remark of some words number {k}" for k in range(ROWS)],
    "constant": cycle("cm"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_recognised_and_comes_back(kind: str) -> None:
    dataset = read(KINDS[kind])
    column = columns_of(dataset)["judged"]
    assert column.kind == kind
    assert column.used == (kind not in ("id", "text", "constant"))
    assert dataset.table is not None
    restored = dataset.table.restore(np.asarray(dataset.samples))
    if kind in ("id", "text"):
        assert "judged" not in restored
    elif kind in ("real", "positive"):
        np.testing.assert_allclose(restored["judged"], KINDS[kind], rtol=1e-5, atol=1e-6)
    else:
        assert restored["judged"].tolist() == list(KINDS[kind])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (cycle("never", "sometimes", "always"), "ordinal"),
        (cycle("Strongly disagree", "Disagree", "Agree", "Strongly agree"), "ordinal"),
        (cycle("0-9", "10-19", "20-29", "80+"), "ordinal"),
        (cycle("stage II", "stage I", "stage IV"), "ordinal"),
        (cycle("2014-06", "2014-07", "2015-01"), "date"),
        (cycle("14.06.2018", "01.02.2019", "31.12.2020"), "date"),
        (cycle("06/14/2018", "02/01/2019", "12/31/2020"), "date"),
        (cycle("Jan 2014", "Feb 2014", "Mar 2015"), "date"),
        (cycle("2014Q1", "2014Q3", "2015Q4"), "date"),
        (cycle(20180614, 20190201, 20201231), "date"),
        (cycle(True, False), "binary"),
        (cycle("TRUE", "True", "FALSE", "false"), "binary"),
        (cycle(1, 2), "binary"),
        (cycle("X", "", ""), "binary"),
        (cycle(1, None), "binary"),
        (cycle("yes", None), "binary"),
        (cycle(0, 1, 2, 3), "ordinal"),
        (cycle(-2, -1, 0, 1, 2), "ordinal"),
        (cycle(1990, 2001, 2014), "positive"),
        ([datetime.date(2020, 1, 1 + k % 28) for k in range(ROWS)], "date"),
        ([datetime.time(k % 24, 5) for k in range(ROWS)], "time"),
        (pd.to_timedelta(np.arange(ROWS) ** 2, unit="s"), "time"),
        (pd.period_range("2014-01", periods=ROWS, freq="M"), "date"),
        (pd.Categorical(cycle("b", "c", "a"), ["c", "a", "b"], ordered=True), "ordinal"),
        ([f"id-{k % 7}" for k in range(ROWS)], "category"),
    ],
)
def test_kinds(cells: object, kind: str) -> None:
    assert judged(cells).kind == kind


def test_dates_of_any_century_come_back() -> None:
    days = [f"{1182 + 13 * k}-03-{1 + k % 28:02d}" for k in range(ROWS)]
    dataset = read(days)
    assert dataset.table is not None
    restored = dataset.table.restore(np.asarray(dataset.samples))["judged"]
    assert columns_of(dataset)["judged"].kind == "date"
    assert all(given[:7] == back[:7] for given, back in zip(days, restored, strict=True))


def test_orders() -> None:
    assert judged(cycle("sometimes", "always", "never")).levels == ("never", "sometimes", "always")
    assert judged(cycle("80+", "10-19", "0-9", "<0")).levels == ("<0", "0-9", "10-19", "80+")
    ordered = pd.Categorical(cycle("b", "c", "a"), ["c", "a", "b"], ordered=True)
    assert judged(ordered).levels == ("c", "a", "b")


def test_levels_are_by_frequency_and_rare_ones_are_pooled() -> None:
    cells = ["b"] * 30 + ["a"] * 20 + ["c"] * 7 + ["d", "e", "f"]
    column = judged(cells)
    assert column.levels == ("b", "a", "c", "other (3 levels)")
    assert column.pooled == ("d", "e", "f")
    assert "3 rare ones pooled" in column.reason
    np.testing.assert_array_equal(
        np.asarray(read(cells).samples)[:, 1], [0] * 30 + [1] * 20 + [2] * 7 + [3] * 3
    )


def test_skewed_numbers_are_on_a_log_scale() -> None:
    wages = np.exp(3 * RNG.normal(size=ROWS))
    dataset = read(wages)
    column = columns_of(dataset)["judged"]
    assert (column.kind, column.log) == ("positive", "log")
    assert "log scale" in column.reason
    train = np.log(wages[dataset.rows("train")])
    expected = (np.log(wages) - train.mean()) / train.std()
    np.testing.assert_allclose(np.asarray(dataset.samples)[:, 1], expected, rtol=1e-5, atol=1e-6)
    wages[:5] = 0
    dataset = read(wages)
    column = columns_of(dataset)["judged"]
    assert column.log == "log1p"
    assert f"log(1 + x / {column.unit:g})" in column.reason
    assert dataset.table is not None
    restored = dataset.table.restore(np.asarray(dataset.samples))["judged"]
    assert restored[:5].tolist() == [0] * 5


@pytest.mark.parametrize("coding", ["columns", "gaussian"])
@pytest.mark.parametrize("kind", ["positive", "count"])
def test_numbers_of_kinds_without_negatives_end_at_0(kind: str, coding: str) -> None:
    """What a decoder expects may be below; the Gaussian coding has plain numbers."""
    schema = read(KINDS[kind], columns={"judged": kind}, coding=coding).table
    assert schema is not None
    column = {each.name: each for each in schema.columns}["judged"]
    far_below = np.array([[0.0, -50.0]])
    expected = {"columns": 0.0, "gaussian": column.mean - 50 * column.sd}[coding]
    assert schema.restore(far_below)["judged"].tolist() == [pytest.approx(expected)]


def test_blanks_stay_blank_and_numbers_are_measured_without_them() -> None:
    cells = RNG.normal(5, 2, ROWS)
    cells[::3] = np.nan
    dataset = read(cells)
    samples = np.asarray(dataset.samples)[:, 1]
    np.testing.assert_array_equal(np.isnan(samples), np.isnan(cells))
    train = cells[dataset.rows("train")]
    np.testing.assert_allclose(samples, (cells - np.nanmean(train)) / np.nanstd(train), rtol=1e-5)
    assert dataset.table is not None
    restored = dataset.table.restore(np.asarray(dataset.samples))["judged"]
    np.testing.assert_array_equal(restored.isna(), np.isnan(cells))


def test_a_table_of_reals_is_the_same_in_both_codings() -> None:
    table = np.random.default_rng(2).normal(size=(ROWS, 4))
    gaussian, columns = load_data(table), load_data(table, coding="columns")
    np.testing.assert_array_equal(np.asarray(gaussian.samples), np.asarray(columns.samples))
    assert gaussian.fingerprint == columns.fingerprint


def test_the_schema_survives_json() -> None:
    frame = pd.DataFrame(KINDS)
    dataset = load_data(frame, coding="columns", missing=-99)
    assert dataset.table is not None
    document = json.loads(json.dumps(dataset.table.to_json(), allow_nan=False))
    schema = TableSchema.from_json(document)
    assert schema == dataset.table
    again = load_data(frame, schema=schema)
    np.testing.assert_array_equal(np.asarray(again.samples), np.asarray(dataset.samples))


class TestAsked:
    """Kinds and roles that a user gives."""

    def test_kinds(self) -> None:
        assert judged(cycle(1, 2, 3), columns={"judged": "category"}).kind == "category"
        assert judged(cycle(3, 5, 50), ordinal="judged").levels == ("3", "5", "50")
        assert judged(cycle("1", "2"), columns={"judged": "real"}).kind == "real"
        assert judged(KINDS["positive"], id="judged").kind == "id"

    def test_roles(self) -> None:
        assert not judged(KINDS["count"], drop="judged").used
        assert not judged(KINDS["count"], only=["ordinary"]).used
        column = judged(KINDS["count"], given="judged")
        assert (column.role, column.used) == ("given", True)

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"columns": {"judged": "real"}}, ["'judged', row 1", "'red' does not fit the kind"]),
            ({"columns": {"judged": "binary"}}, ["row 3", "'blue'", "3 values"]),
            ({"columns": {"judged": "date"}}, ["'judged', row 1", "'red'"]),
            ({"columns": {"ordinary": "count"}}, ["'ordinary', row 1", "kind count"]),
            (
                {"columns": {"ordinary": "category"}},
                ["'ordinary', row 1", "kind category", "60 levels in 60 rows"],
            ),
            ({"ordinal": "ordinary"}, ["'ordinary', row 1", "fit the kind ordinal"]),
            ({"columns": {"judged": "colour"}}, ["unknown kind of column 'colour'"]),
            ({"columns": {"jugded": "real"}}, ["columns=jugded", "did you mean 'judged'"]),
            ({"drop": "jugded"}, ["drop=jugded", "did you mean 'judged'"]),
            ({"drop": "judged,ordinary"}, ["no usable column"]),
            ({"coding": "gauss"}, ["unknown coding 'gauss'", "gaussian"]),
        ],
    )
    def test_bad_requests(
        self, asked: dict[str, Any], words: list[str], refuses: Callable[..., str]
    ) -> None:
        refuses(lambda: read(KINDS["category"], **asked), *words)

    def test_given_needs_the_coding(self, refuses: Callable[..., str]) -> None:
        frame = pd.DataFrame(KINDS)
        refuses(lambda: load_data(frame, coding="gaussian", given="real"), "given=real", "coding")

    def test_images_have_no_columns(self, refuses: Callable[..., str]) -> None:
        refuses(lambda: load_data("digits", drop="a"), "images have no columns")

    def test_the_run_decides_for_new_rows(self, refuses: Callable[..., str]) -> None:
        dataset = read(KINDS["count"])
        frame = pd.DataFrame(KINDS)
        refuses(lambda: load_data(frame, schema=dataset.table, drop="a"), "drop", "run's table")


class TestNewRows:
    """They are read as the training rows were."""

    def test_an_unseen_level_is_blank_and_counted(self, caplog: pytest.LogCaptureFixture) -> None:
        frame = pd.DataFrame({"a": KINDS["real"], "b": KINDS["category"]})
        schema = load_data(frame, coding="columns").table
        assert schema is not None
        new = load_data(frame.assign(b=["violet", "RED", *cycle("red")[2:]]), schema=schema)
        samples = np.asarray(new.samples)[:, 1]
        assert np.isnan(samples[0])
        assert not np.isnan(samples[1:]).any()
        assert any("1 cell holds no level" in note and "'violet'" in note for note in new.notes)
        assert "'violet'" in caplog.text

    @pytest.mark.parametrize(
        ("kind", "cell", "wanted"),
        [("count", -4, "from 0 up"), ("log1p", -0.5, "from 0 up"), ("log", 0.0, "above 0")],
    )
    def test_a_number_that_the_kind_does_not_have_is_blank_and_told(
        self, kind: str, cell: float, wanted: str
    ) -> None:
        skewed = np.exp(3 * np.random.default_rng(3).normal(size=ROWS))
        own = {"count": KINDS["count"], "log": skewed, "log1p": np.append(skewed[:-1], 0)}[kind]
        frame = pd.DataFrame({"a": KINDS["real"], "b": own})
        schema = load_data(frame, coding="columns").table
        assert schema is not None
        assert (schema.features[1].log or schema.features[1].kind) == kind
        new = load_data(frame.assign(b=[cell, *own[1:]]), schema=schema)
        assert np.isnan(np.asarray(new.samples)[0, 1])
        said = f"column 'b': 1 cell holds what is not a number {wanted}, first '{cell:g}' in row 1"
        assert any(said in note for note in new.notes)

    def test_a_missing_column_is_blank_and_told(self, refuses: Callable[..., str]) -> None:
        frame = pd.DataFrame({"a": KINDS["real"], "b": KINDS["category"]})
        schema = load_data(frame, coding="columns").table
        new = load_data(frame[["a"]], schema=schema)
        assert np.isnan(np.asarray(new.samples)[:, 1]).all()
        assert "column 'b' is missing: taken as blank" in new.notes
        refuses(lambda: load_data(pd.DataFrame({"c": [1]}), schema=schema), "no column 'a'")

    @pytest.mark.parametrize("coding", ["gaussian", "columns"])
    def test_an_entirely_blank_column_is_told(self, coding: str) -> None:
        frame = pd.DataFrame({"a": KINDS["real"], "b": KINDS["positive"]})
        schema = load_data(frame, coding=coding).table
        new = load_data(frame.assign(b=np.nan), schema=schema)
        assert any("'b' is entirely blank" in note for note in new.notes)

    @pytest.mark.parametrize("coding", ["gaussian", "columns"])
    def test_the_decimal_mark_is_not_voted_on_again(self, tmp_path: Path, coding: str) -> None:
        lines = [f"{k},5;{1 + k % 9}.{100 + k}" for k in range(ROWS)]
        (tmp_path / "t.csv").write_text("\n".join(["a;b", *lines]))
        schema = load_data(tmp_path / "t.csv", coding=coding).table
        assert schema is not None
        (tmp_path / "new.csv").write_text("a;b\n7.685;1.500\n2;560\n")
        rows = load_data(tmp_path / "new.csv", schema=schema)
        restored = schema.restore(np.asarray(rows.samples))
        np.testing.assert_allclose(restored["a"], [7685, 2], rtol=1e-4)
        np.testing.assert_allclose(restored["b"], [1500, 560], rtol=1e-4)

    def test_a_month_is_no_year(self) -> None:
        frame = pd.DataFrame({"a": KINDS["real"], "year": cycle("1990", "2001", "2014", "2015")})
        schema = load_data(frame, coding="columns").table
        cells = ["2014-06", *frame["year"][1:]]
        new = load_data(frame.assign(year=cells), schema=schema)
        assert np.isnan(np.asarray(new.samples)[0, 1])


def test_index_and_labels_of_a_frame_come_back() -> None:
    index = pd.Index([f"p{k}" for k in range(ROWS)], name="pid")
    frame = pd.DataFrame({3: KINDS["real"], 7: KINDS["positive"]}, index=index)
    dataset = load_data(frame, coding="columns")
    assert dataset.table is not None
    restored = dataset.table.restore(np.asarray(dataset.samples), dataset.index)
    assert restored.columns.tolist() == [3, 7]
    difference = frame - restored
    assert difference.shape == frame.shape
    assert np.abs(difference).max().max() < 1e-4
    frame.columns = pd.MultiIndex.from_tuples([("x", 1), ("x", 2)])
    dataset = load_data(frame)
    assert dataset.table is not None
    schema = TableSchema.from_json(json.loads(json.dumps(dataset.table.to_json())))
    assert schema.restore(np.asarray(dataset.samples), index).columns.equals(frame.columns)


def test_warnings() -> None:
    age = RNG.integers(18, 80, ROWS)
    age[4] = -99
    assert any("missing=-99" in note for note in read(age).notes)
    assert not any("missing" in note for note in read(age, missing=-99).notes)
    code = np.random.default_rng(5).permutation(np.arange(ROWS) ** 2 + 1000)
    assert any("distinct whole numbers" in note for note in read(code).notes)


class TestRowsBlankInEveryColumn:
    """Rows, or a table, of blanks alone."""

    def test_rows(self) -> None:
        cells = pd.Series(KINDS["real"])
        cells[:2] = np.nan
        dataset = load_data(pd.DataFrame({"a": cells, "b": cells}), coding="columns")
        assert "2 rows are blank in every column used" in dataset.notes

    def test_all(self, refuses: Callable[..., str]) -> None:
        frame = pd.DataFrame({"a": [None] * ROWS, "b": [""] * ROWS})
        refuses(lambda: load_data(frame, coding="columns"), "no usable column", "entirely blank")


class TestUnlikeTraining:
    """Numbers in new rows that no training row of the kind held."""

    def read_new(self, cells: list[float], new: list[float]) -> tuple[np.ndarray, tuple[str, ...]]:
        table = read(cells).table
        assert table is not None
        rows = pd.DataFrame({"judged": new, "ordinary": np.ones(len(new))})
        own, notes = table.read_noting(rows)
        return own[:, table.feature_names.index("judged")], notes

    def test_a_count_that_is_not_whole_is_rounded_and_told(self) -> None:
        own, notes = self.read_new([k % 13 for k in range(ROWS)], [2.0, 3.5, 4.25])
        assert own.tolist() == [2, 4, 4]
        assert notes == (
            "column 'judged': 2 cells hold no whole number, first 3.5 in row 2: rounded",
        )

    def test_a_number_below_zero_is_told_where_it_can_be_read(self) -> None:
        own, notes = self.read_new([0.5 + k / ROWS for k in range(ROWS)], [0.7, 0.6, -2.0])
        assert own.tolist() == [0.7, 0.6, -2.0]
        words = "1 cell holds a number below 0, first -2 in row 3: taken as it is"
        assert notes == (f"column 'judged': {words}",)

    def test_a_number_below_zero_has_no_logarithm(self) -> None:
        own, notes = self.read_new([1.2**k + 0.5 for k in range(ROWS)], [0.7] * 19 + [-2.0])
        np.testing.assert_array_equal(own, [0.7] * 19 + [np.nan])
        assert "1 cell holds what is not a number above 0, first '-2' in row 20" in notes[0]


class TestFractionsOfSeconds:
    """Dates and times come back as finely as they were."""

    @pytest.mark.parametrize(
        "cells",
        [
            pd.Timestamp("2024-03-01 10:00") + pd.to_timedelta(np.arange(ROWS) * 37, unit="ms"),
            [f"2024-03-01 10:00:{k % 60:02d}.{k * 7 % 1000:03d}" for k in range(ROWS)],
            [f"2024-03-01T10:00:{k % 60:02d}.{k * 7 % 10}Z" for k in range(ROWS)],
            [f"10:00:{k % 60:02d}.{k * 7 % 100:02d}" for k in range(ROWS)],
            [datetime.time(10, 0, k % 60, k * 1001) for k in range(ROWS)],
            pd.to_timedelta(np.arange(ROWS) ** 2 + 1, unit="us"),
        ],
        ids=["datetime", "text", "iso", "clock", "time", "duration"],
    )
    def test_they_come_back(self, cells: Any) -> None:
        dataset = read(cells)
        assert dataset.table is not None
        restored = dataset.table.restore(np.asarray(dataset.samples, dtype=np.float64))["judged"]
        given = pd.Series(list(cells))
        if isinstance(given[0], str):  # Written with as many digits; samples are float32.
            assert restored.str.len().tolist() == given.str.len().tolist()
            assert (restored == given).mean() > 0.9
        elif isinstance(given[0], datetime.time):
            assert {cell.microsecond % 10 for cell in restored} == set(range(10))
            assert [cell.second for cell in restored] == [cell.second for cell in given]
        else:
            assert (restored - given).abs().max() <= pd.Timedelta("1us")

    def test_whole_seconds_stay_whole(self) -> None:
        days = pd.Timestamp("2024-03-01 10:00") + pd.to_timedelta(np.arange(ROWS), unit="s")
        table = read(days).table
        assert table is not None
        made = table.restore(np.linspace(-1, 1, 7)[:, None].repeat(len(table.features), 1))
        assert (made["judged"] == made["judged"].dt.floor("s")).all()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([f"p{k}" for k in range(ROWS)], ""),
        (range(1, ROWS + 1), "real"),
        ([k // 2 for k in range(ROWS)], "category"),
        (["one"] * ROWS, ""),
    ],
)
def test_a_given_column_that_is_left_out_is_told_what_works(
    cells: Any, kind: str, refuses: Callable[..., str]
) -> None:
    mend = f"columns=site id={kind}" if kind else "leave it out of given"
    refuses(lambda: read(cells, "site id", given="site id"), "given=site id", mend)
    if kind:
        column = judged(cells, "site id", given="site id", columns={"site id": kind})
        assert (column.role, column.kind) == ("given", kind)


def test_days_that_are_numbers_come_back_as_numbers() -> None:
    days = [20200101 + 100 * (k % 12) + k % 28 for k in range(ROWS)]
    dataset = read(days)
    assert dataset.table is not None
    restored = dataset.table.restore(np.asarray(dataset.samples))["judged"]
    assert columns_of(dataset)["judged"].kind == "date"
    assert restored.dtype == np.int64
    assert restored.tolist() == days


def test_the_label_of_a_nameless_column_comes_back() -> None:
    dataset = read(KINDS["real"], "Unnamed: 1")
    assert dataset.table is not None
    assert dataset.table.feature_names == ("ordinary", "column 2")
    restored = dataset.table.restore(np.asarray(dataset.samples))
    assert restored.columns.tolist() == ["ordinary", "Unnamed: 1"]


def dates_of(*texts: str) -> tuple[Column, np.ndarray]:
    """Return how texts are read as a column, and its own numbers in the first rows."""
    column = judged(cycle(*texts))
    return column, own_numbers(column, read_cells(pd.Series(texts)))


class TestDatesOfSeveralSeparators:
    """Spreadsheets rewrite the dates that they recognise, and leave the others as they were."""

    def test_all_are_read_in_the_order_of_the_others(self) -> None:
        days = ["14-06-2018", "30-06-2018", "1/7/2018", "2.7.2018", "15-07-2018"]
        column, own = dates_of(*days)
        assert (column.kind, column.format, column.blanks) == ("date", "%d-%m-%Y", 0)
        meant = ["2018-06-14", "2018-06-30", "2018-07-01", "2018-07-02", "2018-07-15"]
        wanted = np.array(meant, dtype="datetime64[D]").astype(int).tolist()
        assert own[:5].tolist() == wanted

    def test_months_before_days(self) -> None:
        column, own = dates_of("6/14/2018", "6/30/2018", "7-1-2018")
        assert column.kind == "date"
        assert own[2] == np.datetime64("2018-07-01").astype(int)

    def test_a_time_after_the_day_keeps_its_own_signs(self) -> None:
        days = (f"2018-06-{day}T10:00:00-05:00" for day in (14, 15, 16))
        column, own = dates_of(*days)
        assert column.kind == "date"
        assert own[0] % 1 == pytest.approx(15 / 24)


def test_categories_that_tell_rows_apart_are_warned_of() -> None:
    teams = [f"team {row % (ROWS // 4)}" for row in range(ROWS)]
    other = {"x": KINDS["real"]}
    notes = load_data(pd.DataFrame({"team": teams} | other), coding="columns").notes
    assert any("fewer than 5 rows a level" in note and "drop=team" in note for note in notes)
    groups = [f"group {row % 4}" for row in range(ROWS)]
    notes = load_data(pd.DataFrame({"group": groups} | other), coding="columns").notes
    assert not any("rows a level" in note for note in notes)
