from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unweave.data import Column, Dataset, load_data

ROWS = 40


def columns_of(dataset: Dataset) -> dict[str, Column]:
    assert dataset.table is not None
    return {column.name: column for column in dataset.table.columns}


def judged(cells: object, name: str = "judged") -> Column:
    """Read a table in which the column stands beside an ordinary one, in the Gaussian coding."""
    ordinary = np.random.default_rng(0).normal(size=ROWS)
    frame = pd.DataFrame({"ordinary": ordinary, name: cells})
    return columns_of(load_data(frame, coding="gaussian"))[name]


def numbers(count: int = ROWS) -> list[str]:
    return [f"{value:.3f}" for value in np.random.default_rng(1).normal(size=count)]


def test_ninety_per_cent_of_numbers_make_a_column_numeric() -> None:
    column = judged([*numbers(36), "a", "b", "c", "d"])
    assert (column.kind, column.role) == ("real", "feature")
    assert column.blanks == column.unreadable == 4
    assert "4 unreadable, first 'a' in row 37" in column.reason
    column = judged([*numbers(35), "a", "b", "c", "d", "e"])
    assert column.role == "left out"
    assert "88%" in column.reason


def test_blanks_do_not_count_against_the_numbers() -> None:
    column = judged([*numbers(20), *[""] * 20])
    assert (column.kind, column.blanks, column.unreadable) == ("real", 20, 0)


def test_more_than_half_blank_is_left_out() -> None:
    column = judged([*numbers(19), *["NA"] * 21])
    assert column.role == "left out"
    assert "21 of 40" in column.reason


def test_entirely_blank_is_left_out() -> None:
    assert judged([""] * ROWS).reason == "entirely blank"
    assert judged([np.nan] * ROWS).reason == "entirely blank"


def test_blanks_get_the_median_of_the_training_rows() -> None:
    frame = pd.DataFrame(
        {
            "a": np.random.default_rng(0).normal(size=ROWS),
            "b": np.arange(ROWS) ** 2.0,
        }
    )
    train = load_data(frame).rows("train")
    frame.loc[train[:3], "b"] = np.nan
    dataset = load_data(frame, coding="gaussian")
    fill = columns_of(dataset)["b"].fill
    assert fill == np.median((np.arange(ROWS) ** 2.0)[train[3:]])
    assert dataset.table is not None
    restored = dataset.table.restore(np.asarray(dataset.samples))
    np.testing.assert_allclose(restored["b"].iloc[train[:3]], fill, rtol=1e-5)
    assert "3 blank cells imputed in 1 columns" in dataset.notes


def test_two_valued_text_and_its_mode() -> None:
    column = judged(["Yes"] * 30 + ["No"] * 8 + ["", "?"])
    assert (column.kind, column.levels, column.blanks) == ("binary", ("No", "Yes"), 2)
    assert column.fill == 1.0


@pytest.mark.parametrize("dtype", ["bool", "boolean", "category", "object"])
def test_booleans_are_two_valued(dtype: str) -> None:
    column = judged(pd.Series([True, False] * 20).astype(dtype))
    assert column.levels == ("False", "True")


def test_two_valued_numbers_stay_numbers_in_the_gaussian_coding() -> None:
    column = judged([3, 7] * 20)
    assert (column.kind, column.used, column.levels) == ("binary", True, None)


def test_the_gaussian_coding_leaves_categories_out() -> None:
    column = judged([f"club {k % 3}" for k in range(ROWS)])
    assert (column.kind, column.role) == ("category", "left out")
    assert "no place for a category" in column.reason


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("anything", range(ROWS), "id"),
        ("anything", range(1, ROWS + 1), "id"),
        ("anything", [f"{k}" for k in range(ROWS)], "id"),
        ("anything", [*range(1, 20), *range(22, ROWS + 3)], "id"),
        ("anything", [2**60 + 3 * k for k in range(ROWS)], "id"),
        ("anything", range(52, ROWS + 52), "positive"),
        ("anything", range(ROWS - 1, -1, -1), "count"),
        ("year", range(1950, ROWS + 1950), "positive"),
        ("time", range(1, ROWS + 1), "count"),
        ("id", range(ROWS + 5, 5, -1), "id"),
        ("Player_ID", range(ROWS + 5, 5, -1), "id"),
        ("CustomerId", range(ROWS + 5, 5, -1), "id"),
        ("index", [*range(9, ROWS + 8), 9], "positive"),
        ("acid", range(ROWS + 5, 5, -1), "positive"),
        ("district_id", [k % 7 for k in range(ROWS)], "category"),
    ],
)
def test_ids(name: str, cells: object, kind: str) -> None:
    assert judged(list(cells), name).kind == kind  # type: ignore[call-overload]


def test_constants_stand_aside() -> None:
    assert judged([7] * ROWS).constant == 7.0
    assert judged(["a"] * ROWS).constant == "a"
    assert judged(["a"] * 30 + [""] * 10).constant == "a"


def test_infinite_is_blank() -> None:
    column = judged([*range(5, ROWS + 3), np.inf, -np.inf])
    assert (column.kind, column.blanks) == ("positive", 2)


def test_nameless_and_repeated_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = [f"{k},{rng.normal()},{rng.normal()},{rng.normal()}," for k in range(ROWS)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join([",a,a,,", *lines]), encoding="utf-8")
    columns = columns_of(load_data(path))
    assert list(columns) == ["column 1", "a", "a (2)", "column 4", "column 5"]
    assert columns["column 1"].reason == "a row counter"
    assert columns["column 4"].kind == "real"
    assert columns["column 5"].reason == "entirely blank"
    frame = pd.DataFrame({"Unnamed: 0": rng.normal(size=ROWS), 3: rng.normal(size=ROWS)})
    assert list(columns_of(load_data(frame))) == ["column 1", "3"]


def test_duplicate_rows_share_a_split_and_keep_their_place() -> None:
    table = np.random.default_rng(0).normal(size=(300, 3))
    table[200:] = table[:100]
    frame = pd.DataFrame(table, columns=list("abc")).assign(name=[f"n{k}" for k in range(300)])
    dataset = load_data(frame)
    assert len(dataset) == 300
    split = np.empty(300, dtype=int)
    for code, rows in enumerate(dataset.splits.values()):
        split[rows] = code
    np.testing.assert_array_equal(split[200:], split[:100])
    np.testing.assert_array_equal(
        np.asarray(dataset.samples)[200:], np.asarray(dataset.samples)[:100]
    )
    assert dataset.table is not None
    assert dataset.table.duplicates == 100
    assert any(note.startswith("100 rows repeat an earlier row") for note in dataset.notes)


def test_too_few_distinct_rows_to_keep_together() -> None:
    dataset = load_data(pd.DataFrame({"a": [0, 1] * 50}))
    assert [len(rows) for rows in dataset.splits.values()] == [80, 10, 10]
    assert "too many to be kept in one split" in dataset.notes[-1]


def test_a_column_constant_in_training_is_scaled_by_all_rows() -> None:
    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=ROWS), "b": np.zeros(ROWS)})
    test = load_data(frame).rows("test")
    frame.loc[test[0], "b"] = 1.0
    samples = np.asarray(load_data(frame, coding="gaussian").samples)
    np.testing.assert_allclose(samples[:, 1].std(), 1, rtol=1e-6)


def test_extreme_numbers_stay_finite() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "huge": rng.normal(size=ROWS) * 1e305,
            "tiny": rng.normal(size=ROWS) * 1e-300,
            "far": rng.normal(size=ROWS) + 1e9,
        }
    )
    samples = np.asarray(load_data(frame).samples)
    assert np.isfinite(samples).all()
    np.testing.assert_allclose(samples.std(axis=0), 1, atol=0.3)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_files_and_frames_are_read_alike(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=ROWS),
            "b": rng.integers(0, 9, ROWS),
            "c": rng.choice(["x", "y"], ROWS),
            "d": pd.date_range("2018-06-14", periods=ROWS),
        }
    )
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="," if suffix == "csv" else "\t")
    dataset = load_data(path)
    assert dataset.name == "t"
    assert dataset.source == str(path)
    assert dataset.fingerprint == load_data(frame).fingerprint == load_data(str(path)).fingerprint
    assert dataset.sample_shape == (4,)


def test_the_fingerprint_follows_content() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(ROWS, 2)), columns=["a", "b"])
    first = load_data(frame).fingerprint
    assert load_data(frame.copy()).fingerprint == first
    changed = frame.copy()
    changed.iloc[3, 1] += 1e-9
    assert load_data(changed).fingerprint != first
    assert load_data(frame.rename(columns={"a": "c"})).fingerprint != first


class TestRefused:
    """Bad tables."""

    def test_fifteen_rows(self, refuses: Callable[..., str]) -> None:
        frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=15)})
        refuses(lambda: load_data(frame), "15 rows", "16")

    def test_no_usable_column(self, refuses: Callable[..., str]) -> None:
        frame = pd.DataFrame({"k": range(ROWS), "who": [f"p{k}" for k in range(ROWS)], "c": 1})
        refuses(lambda: load_data(frame), "no usable column", "'k': a row counter", "'who'", "'c'")

    def test_no_columns(self, refuses: Callable[..., str]) -> None:
        refuses(lambda: load_data(pd.DataFrame(index=range(20))), "no usable column")

    def test_header_only(self, tmp_path: Path, refuses: Callable[..., str]) -> None:
        path = tmp_path / "t.csv"
        path.write_text("a,b\n", encoding="utf-8")
        refuses(lambda: load_data(path), "t.csv", "0 rows")

    @pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1\0\0\0\0PAR1"])
    def test_damaged_parquet(
        self, tmp_path: Path, content: bytes, refuses: Callable[..., str]
    ) -> None:
        path = tmp_path / "t.parquet"
        path.write_bytes(content)
        refuses(lambda: load_data(path), "t.parquet", "not a readable Parquet")

    def test_truncated_parquet(self, tmp_path: Path, refuses: Callable[..., str]) -> None:
        path = tmp_path / "t.parquet"
        pd.DataFrame({"a": np.random.default_rng(0).normal(size=100)}).to_parquet(path)
        path.write_bytes(path.read_bytes()[:-50])
        refuses(lambda: load_data(path), "t.parquet", "not a readable Parquet")
