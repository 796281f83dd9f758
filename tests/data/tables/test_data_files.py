"""Table files as people have them: the right value of every cell."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from unweave.data import load_data
from unweave.data.tables.read import read_frame

ROWS = 20
A = [f"{k}.{k % 7}5" for k in range(ROWS)]
B = [f"{(7 * k) % 11}" for k in range(ROWS)]


def values(path: Path) -> pd.DataFrame:
    """Read a file and give it back through its schema."""
    dataset = load_data(path)
    assert dataset.table is not None
    return dataset.table.restore(np.asarray(dataset.samples))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def as_expected(frame: pd.DataFrame) -> None:
    assert frame.columns.tolist() == ["a", "b"]
    np.testing.assert_allclose(frame["a"].astype(float), [float(cell) for cell in A], rtol=1e-5)
    np.testing.assert_allclose(frame["b"].astype(float), [float(cell) for cell in B], atol=1e-5)


DIALECTS = {
    "comma": "a,b\n" + "\n".join(f"{a},{b}" for a, b in zip(A, B, strict=True)),
    "bars": "a|b\n" + "\n".join(f"{a}|{b}" for a, b in zip(A, B, strict=True)),
    "declared": "sep=;\r\na;b\r\n" + "\r\n".join(f"{a};{b}" for a, b in zip(A, B, strict=True)),
    "spaces": "a b\n" + "\n".join(f"{a} {b}" for a, b in zip(A, B, strict=True)),
    "write.table": '"a" "b"\n'
    + "\n".join(f'"r{k}" {a} {b}' for k, (a, b) in enumerate(zip(A, B, strict=True))),
    "write.csv without a corner": "a,b\n"
    + "\n".join(f"r{k},{a},{b}" for k, (a, b) in enumerate(zip(A, B, strict=True))),
    "a separator at the end": "a,b\n" + "\n".join(f"{a},{b}," for a, b in zip(A, B, strict=True)),
    "decimal commas": "a;b\n"
    + "\n".join(f"{a.replace('.', ',')};{b}" for a, b in zip(A, B, strict=True)),
    "quoted decimal commas": "a,b\n"
    + "\n".join(f'"{a.replace(".", ",")}",{b}' for a, b in zip(A, B, strict=True)),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects(tmp_path: Path, dialect: str) -> None:
    as_expected(values(write(tmp_path / "t.csv", DIALECTS[dialect])))


def test_packed_text(tmp_path: Path, refuses: Callable[..., str]) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(DIALECTS["comma"].encode()))
    as_expected(values(path))
    assert load_data(path).name == "t"
    path.write_bytes(path.read_bytes()[:40])
    refuses(lambda: load_data(path), "t.csv.gz", "not a readable .gz")


def test_feather(tmp_path: Path, refuses: Callable[..., str]) -> None:
    path = tmp_path / "t.feather"
    pd.DataFrame({"a": A, "b": B}).to_feather(path)
    as_expected(values(path))
    path.write_bytes(b"FEA1")
    refuses(lambda: load_data(path), "t.feather", "not a readable Feather")


def test_headers_of_numbers(tmp_path: Path, refuses: Callable[..., str]) -> None:
    rows = "\n".join(f"{a},{b},{a}" for a, b in zip(A, B, strict=True))
    frame = values(write(tmp_path / "t.csv", f"2019,2020,2021\n{rows}"))
    assert frame.columns.tolist() == ["2019", "2020", "2021"]
    refuses(lambda: load_data(write(tmp_path / "u.csv", f"5.1,3.5,1.4\n{rows}")), "only numbers")


def test_german_thousands_beside_small_numbers(tmp_path: Path) -> None:
    """The file's other column tells that its points are between thousands."""
    many = [7685, 560, *range(2001, 2001 + ROWS - 2)]
    lines = [f"{k},5;{f'{n:,}'.replace(',', '.')}" for k, n in enumerate(many)]
    frame = values(write(tmp_path / "t.csv", "\n".join(["a;b", *lines])))
    np.testing.assert_allclose(frame["b"], many, rtol=1e-5)
    np.testing.assert_allclose(frame["a"], np.arange(ROWS) + 0.5, atol=1e-5)
    alone = [f"x{k % 3};{f'{n:,}'.replace(',', '.')}" for k, n in enumerate(many)]
    frame = values(write(tmp_path / "t.csv", "\n".join(["a;b", *alone])))
    np.testing.assert_allclose(frame["b"], many, rtol=1e-5)


def test_each_column_has_its_own_decimal_mark(tmp_path: Path) -> None:
    lines = [f"{k},25;{k}.75" for k in range(ROWS)]
    frame = values(write(tmp_path / "t.csv", "\n".join(["a;b", *lines])))
    np.testing.assert_allclose(frame["a"], np.arange(ROWS) + 0.25, atol=1e-5)
    np.testing.assert_allclose(frame["b"], np.arange(ROWS) + 0.75, atol=1e-5)


def test_a_group_never_begins_with_zero(tmp_path: Path) -> None:
    lines = [f'"{k % 3},{100 + k}",{k}' for k in range(ROWS)]
    frame = values(write(tmp_path / "t.csv", "\n".join(["a,b", *lines])))
    np.testing.assert_allclose(
        frame["a"], [k % 3 + (100 + k) / 1000 for k in range(ROWS)], rtol=1e-4
    )


@pytest.mark.parametrize("blank", ["None", "#N/A", "-nan", ".", "NULL", "#DIV/0!", "n.a."])
def test_blanks(tmp_path: Path, blank: str) -> None:
    path = write(
        tmp_path / "t.csv", "a,b\n" + "\n".join([f"{blank},3", *DIALECTS["comma"].split("\n")[1:]])
    )
    dataset = load_data(path, coding="columns")
    assert np.isnan(np.asarray(dataset.samples)[0, 0])
    assert np.isnan(np.asarray(dataset.samples)).sum() == 1


@pytest.mark.parametrize("mark", [".", ","])
def test_negatives(tmp_path: Path, mark: str) -> None:
    """A minus sign, brackets, and brackets with a currency, beside numbers above 0."""
    numbers = np.arange(1, ROWS + 1) + 0.41
    above = np.arange(ROWS) % 3 == 0
    lines = []
    for number, is_above in zip(numbers, above, strict=True):
        text = f"{number:.2f}".replace(".", mark)
        plain = [text, text, f"${text}"]
        lines.append(";".join(plain if is_above else [f"−{text}", f"({text})", f"$({text})"]))
    dataset = load_data(write(tmp_path / "t.csv", "\n".join(["a;b;c", *lines])))
    assert dataset.table is not None
    frame = dataset.table.restore(np.asarray(dataset.samples))
    for name in "abc":
        np.testing.assert_allclose(frame[name], np.where(above, numbers, -numbers), rtol=1e-5)
    assert [column.kind for column in dataset.table.columns] == ["real"] * 3


MOMENTS = pd.date_range("2019-12-24 06:05:07", periods=ROWS, freq="26h17min")
MONTHS = pd.date_range("2019-12-01", periods=ROWS, freq="MS")
WRITTEN = {
    "2019-12-24": MOMENTS.strftime("%Y-%m-%d"),
    "24.12.2019": MOMENTS.strftime("%d.%m.%Y"),
    "12/24/19": MOMENTS.strftime("%m/%d/%y"),
    "1/2/2020": [f"{day.month}/{day.day}/{day.year}" for day in MOMENTS],
    "1.2.2020 06:05": [
        f"{day.day}.{day.month}.{day.year} {day.hour:02}:{day.minute:02}" for day in MOMENTS
    ],
    "1/2/2020 6:05": [
        f"{day.month}/{day.day}/{day.year} {day.hour}:{day.minute:02}" for day in MOMENTS
    ],
    "December 24, 2019": MOMENTS.strftime("%B %d, %Y"),
    "2019-12-24T06:05:07Z": MOMENTS.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "2019-12-24 06:05:07+00:00": MOMENTS.strftime("%Y-%m-%d %H:%M:%S+00:00"),
    "Dec 2019": MONTHS.strftime("%b %Y"),
    "2019Q4": [f"{day.year}Q{day.quarter}" for day in MONTHS],
    "06:05": MOMENTS.strftime("%H:%M"),
    "6:05": [f"{day.hour}:{day.minute:02}" for day in MOMENTS],
    "6:05 AM": [f"{(day.hour - 1) % 12 + 1}:{day.minute:02} {day:%p}" for day in MOMENTS],
}


@pytest.mark.parametrize("way", WRITTEN)
def test_dates_come_out_as_they_were_written(tmp_path: Path, way: str) -> None:
    cells = [*WRITTEN[way][:7], "", *WRITTEN[way][8:]]
    pd.DataFrame({"a": A, "day": cells}).to_csv(tmp_path / "t.csv", index=False)
    dataset = load_data(tmp_path / "t.csv")
    assert dataset.table is not None
    column = dataset.table.features[1]
    assert column.kind == ("time" if ":" in way[:3] else "date")
    dataset.table.restore(np.asarray(dataset.samples)).to_csv(tmp_path / "out.csv", index=False)
    out = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    assert out["day"].tolist() == cells


def test_dates_with_an_offset_are_the_same_moments_in_utc(tmp_path: Path) -> None:
    """Summer and winter time in one column."""
    berlin = MOMENTS.shift(90, freq="24h").tz_localize("UTC").tz_convert("Europe/Berlin")
    pd.DataFrame({"a": A, "at": berlin.astype(str)}).to_csv(tmp_path / "t.csv", index=False)
    assert {text[-6:] for text in pd.read_csv(tmp_path / "t.csv")["at"]} == {"+01:00", "+02:00"}
    written = values(tmp_path / "t.csv")["at"]
    assert written.str.endswith("+00:00").all()
    assert pd.to_datetime(written).tolist() == berlin.tz_convert("UTC").tolist()


def test_marks_are_not_put_into_every_row(tmp_path: Path) -> None:
    for mark in ("X", "1", "yes"):
        cells = [mark if k % 3 == 0 else "" for k in range(ROWS)]
        text = "\n".join(["a,m", *(f"{a},{m}" for a, m in zip(A, cells, strict=True))])
        assert values(write(tmp_path / "t.csv", text))["m"].tolist() == cells


class TestArrow:
    """Tables in memory that speak Arrow's protocol."""

    def test_every_type(self) -> None:
        days = pd.date_range("2020-02-01", periods=ROWS)
        table = pa.table(
            {
                "a": pa.array(map(float, A)),
                "whole": pa.array([None, *range(50, 49 + ROWS)]),
                "day": pa.array(days.date),
                "stamp": pa.array(days),
                "clock": pa.array([k * 10**6 for k in range(ROWS)], pa.time64("us")),
                "span": pa.array([k**2 for k in range(ROWS)], pa.duration("s")),
                "list": pa.array([[k] for k in range(ROWS)]),
                "level": pa.array([f"l{k % 3}" for k in range(ROWS)]).dictionary_encode(),
                "flag": pa.array([k % 2 == 0 for k in range(ROWS)]),
            }
        )
        dataset = load_data(table, coding="columns")
        assert dataset.table is not None
        kinds = {column.name: column.kind for column in dataset.table.columns}
        assert kinds == {
            "a": "positive",
            "whole": "positive",
            "day": "date",
            "stamp": "date",
            "clock": "time",
            "span": "time",
            "list": "text",
            "level": "category",
            "flag": "binary",
        }
        restored = dataset.table.restore(np.asarray(dataset.samples))
        assert restored["stamp"].tolist() == list(days)
        assert pd.to_datetime(restored["day"]).tolist() == list(days)
        assert restored["level"].tolist() == [f"l{k % 3}" for k in range(ROWS)]

    def test_polars(self) -> None:
        polars = pytest.importorskip("polars")
        frame = pd.DataFrame({"a": list(map(float, A)), "b": list(map(int, B))})
        assert load_data(polars.from_pandas(frame)).fingerprint == load_data(frame).fingerprint


def test_read_frame_keeps_every_cell(tmp_path: Path) -> None:
    frame = read_frame(write(tmp_path / "t.csv", DIALECTS["decimal commas"]))
    assert frame["a"].tolist() == [cell.replace(".", ",") for cell in A]
