import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unweave.data import Dataset, TableSchema, load_data


def mixed() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "name": [f"player {k}" for k in range(40)],
            "height": rng.normal(180, 10, 40).round(1),
            "unit": ["cm"] * 40,
            "left-handed": rng.choice(["no", "yes"], 40),
            "year": [2018.0] * 40,
            "fans": [f"€{k}K" for k in rng.integers(1, 900, 40)],
        }
    )


def table_of(dataset: Dataset) -> TableSchema:
    assert dataset.table is not None
    return dataset.table


def test_restore_gives_back_the_table() -> None:
    frame = mixed()
    dataset = load_data(frame)
    schema = table_of(dataset)
    restored = schema.restore(np.asarray(dataset.samples))
    assert restored.columns.tolist() == ["height", "unit", "left-handed", "year", "fans"]
    np.testing.assert_allclose(restored["height"], frame["height"], rtol=1e-6)
    assert restored["left-handed"].tolist() == frame["left-handed"].tolist()
    assert restored["unit"].tolist() == frame["unit"].tolist()
    assert restored["year"].tolist() == frame["year"].tolist()
    fans = frame["fans"].str[1:-1].astype(float) * 1000
    np.testing.assert_allclose(restored["fans"], fans, rtol=1e-5)


@settings(deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(16, 30), st.integers(1, 4)),
        elements=st.floats(-1e12, 1e12, allow_subnormal=False),
    )
)
def test_restore_inverts_standardise(table: np.ndarray) -> None:
    table[0] += 1  # no column may be constant
    table[:, (table == table[0]).all(axis=0)] += np.arange(len(table))[:, np.newaxis]
    names = [f"c{j}" for j in range(table.shape[1])]
    frame = pd.DataFrame(table, columns=names)
    if any((frame[name] == frame[name][0]).all() for name in names):
        return
    dataset = load_data(table)
    schema = table_of(dataset)
    restored = schema.restore(np.asarray(dataset.samples)).to_numpy()
    scale = np.abs(table - table.mean(axis=0)).max(axis=0)
    # On a log scale single precision keeps the logarithm, up to 700 here, to 7 digits.
    digits = np.array([1e-4 if column.log else 1e-12 for column in schema.features])
    assert (np.abs(restored - table) <= 1e-6 * scale + digits * np.abs(table)).all()


def test_standardised_by_the_training_rows() -> None:
    dataset = load_data(np.random.default_rng(1).normal(5, 3, (200, 3)))
    train = np.asarray(dataset.samples)[dataset.rows("train")].astype(np.float64)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-6)
    assert dataset.samples.dtype == np.float32


def test_a_two_valued_column_restores_to_the_nearer_level() -> None:
    schema = table_of(load_data(mixed()))
    j = schema.feature_names.index("left-handed")
    column = schema.features[j]
    samples = np.zeros((2, 3))
    samples[:, j] = (np.array([0.49, 0.51]) - column.mean) / column.sd
    assert schema.restore(samples)["left-handed"].tolist() == ["no", "yes"]


def test_json_round_trip() -> None:
    schema = table_of(load_data(mixed()))
    text = json.dumps(schema.to_json(), allow_nan=False)
    assert TableSchema.from_json(json.loads(text)) == schema


@pytest.mark.parametrize("document", [{}, {"columns": [1], "rows": 1, "duplicates": 0}])
def test_damaged_json(document: dict[str, object], refuses: Callable[..., str]) -> None:
    refuses(lambda: TableSchema.from_json(document), "schema is damaged")


def test_report_and_summary() -> None:
    frame = mixed()
    frame.loc[3, "height"] = np.nan
    schema = table_of(load_data(frame))
    report = {row["name"]: row for row in schema.report()}
    assert [row["kind"] for row in report.values()] == [
        "id",
        "positive",
        "constant",
        "binary",
        "constant",
        "positive",
    ]
    assert [row["used"] for row in report.values()] == [False, True, False, True, False, True]
    assert report["height"]["blank"] == 1
    assert "40 distinct" in str(report["name"]["reason"])
    assert schema.summary() == {
        "rows": 40,
        "duplicate rows": 0,
        "columns used": 3,
        "columns constant": 2,
        "columns left out": 1,
        "blank cells": 1,
    }


class TestANewTable:
    """Read with the schema of a trained run."""

    def test_same_rows_same_samples_whatever_the_column_order(self) -> None:
        frame = mixed()
        dataset = load_data(frame)
        schema = table_of(dataset)
        shuffled = frame[["fans", "left-handed", "height"]].assign(extra="?")
        np.testing.assert_array_equal(schema.standardise(shuffled), np.asarray(dataset.samples))
        again = load_data(shuffled.iloc[:5], schema=schema)
        np.testing.assert_array_equal(np.asarray(again.samples), np.asarray(dataset.samples)[:5])
        assert again.table == schema

    def test_blanks_get_the_stored_value(self) -> None:
        frame = mixed()
        schema = table_of(load_data(frame, coding="gaussian"))
        new = frame.iloc[:2].copy()
        new["height"] = [np.nan, 180.0]
        height = schema.features[0]
        expected = (height.fill - height.mean) / height.sd
        assert schema.standardise(new)[0, 0] == np.float32(expected)

    def test_missing_column_names_the_nearest(self, refuses: Callable[..., str]) -> None:
        frame = mixed()
        schema = table_of(load_data(frame, coding="gaussian"))
        refuses(
            lambda: schema.standardise(frame.rename(columns={"height": "heigth"})),
            "'height'",
            "did you mean 'heigth'",
        )

    def test_unreadable_column(self, refuses: Callable[..., str]) -> None:
        frame = mixed()
        schema = table_of(load_data(frame, coding="gaussian"))
        refuses(
            lambda: schema.standardise(frame.assign(height=["tall", *["small"] * 39])),
            "'height'",
            "row 1",
            "'tall'",
        )
        bad = frame.assign(**{"left-handed": "maybe"})
        refuses(lambda: schema.standardise(bad), "'left-handed'", "'maybe'", "'no' or 'yes'")

    def test_letter_case_of_levels(self) -> None:
        frame = mixed()
        schema = table_of(load_data(frame))
        upper = frame.assign(**{"left-handed": frame["left-handed"].str.upper()})
        np.testing.assert_array_equal(schema.standardise(upper), schema.standardise(frame))

    def test_no_rows(self, refuses: Callable[..., str]) -> None:
        frame = mixed()
        schema = table_of(load_data(frame))
        refuses(lambda: load_data(frame.iloc[:0], schema=schema), "no rows")

    def test_an_array_holds_the_features_in_order(self, refuses: Callable[..., str]) -> None:
        dataset = load_data(np.random.default_rng(0).normal(size=(30, 4)))
        schema = table_of(dataset)
        again = load_data(np.zeros((3, 4)), schema=schema)
        assert len(again) == 3
        refuses(lambda: load_data(np.zeros((3, 5)), schema=schema), "5 columns", "4")


def test_restore_checks_the_width(refuses: Callable[..., str]) -> None:
    schema = table_of(load_data(mixed()))
    refuses(lambda: schema.restore(np.zeros((2, 7))), "(2, 7)", "3 features")
