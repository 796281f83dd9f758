from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unweave.data.files.delimited import read_delimited
from unweave.errors import RequestError


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(tmp_path: Path, separator: str) -> None:
    lines = [["a", "b b", "c"], ["1", "x", "2.5"], ["3", "y", "4.5"]]
    text = "\n".join(separator.join(line) for line in lines)
    frame = read_delimited(write(tmp_path / "t.csv", text))
    assert frame.columns.tolist() == ["a", "b b", "c"]
    assert frame.to_numpy().tolist() == lines[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    frame = read_delimited(write(tmp_path / "t.csv", "größe,b\n1,é\n", encoding))
    assert frame.columns.tolist() == ["größe", "b"]
    assert frame.iloc[0, 1] == "é"


def test_separator_inside_quotes_and_line_ends(tmp_path: Path) -> None:
    frame = read_delimited(write(tmp_path / "t.csv", 'a,b\r\n"1;2","x\r\ny, z"\r\n3,4\r\n'))
    assert frame.to_numpy().tolist() == [["1;2", "x\r\ny, z"], ["3", "4"]]


def test_the_separator_is_told(tmp_path: Path) -> None:
    frame = read_delimited(write(tmp_path / "t.csv", "a;b\n1,5;2\n2,5;3\n"))
    assert frame.attrs["separator"] == ";"
    assert frame["a"].tolist() == ["1,5", "2,5"]


def test_single_column_and_blank_lines(tmp_path: Path) -> None:
    frame = read_delimited(write(tmp_path / "t.csv", "\na\n\n1\n2\n\n"))
    assert frame["a"].tolist() == ["1", "2"]


@pytest.mark.parametrize("bad", ["1,2", "1,2,3,4"])
def test_ragged_rows_name_the_line(tmp_path: Path, bad: str, refuses: Callable[..., str]) -> None:
    path = write(tmp_path / "t.csv", f'a,b,c\n1,"two\nlines",3\n{bad}\n1,2,3\n')
    fields = f"{bad.count(',') + 1} fields"
    refuses(lambda: read_delimited(path), "t.csv", "line 4:", fields, "header has 3")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b" \n\n", ["is empty"]),
        (b"\xef\xbb\xbf", ["is empty"]),
        (b"PK\x03\x04\0\0\0", ["not a text table"]),
        (b'a,b\n1,2\n3,"4\n5,6\n', ["cut short"]),
        (b"1,2.5\n3,4.5\n", ["only numbers", "header"]),
    ],
)
def test_bad_files(
    tmp_path: Path, content: bytes, words: list[str], refuses: Callable[..., str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    refuses(lambda: read_delimited(path), "t.csv", *words)


def test_missing_file(tmp_path: Path, refuses: Callable[..., str]) -> None:
    refuses(lambda: read_delimited(tmp_path / "gone.csv"), "gone.csv", "No such file")


def read_or_refused(path: Path, text: str) -> object:
    """Return the header and cells of a text, or the error without its hint."""
    try:
        frame = read_delimited(write(path, text))
    except RequestError as error:
        return str(error)
    return frame.columns.tolist(), frame.to_numpy().tolist()


WORDS = st.sampled_from(["1", "2.5", "é", "x y", "", " z"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(WORDS, min_size=2, max_size=3), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_lines_are_checked_alike_by_their_separators_and_by_their_cells(
    tmp_path: Path, rows: list[list[str]], end: str, closed: bool
) -> None:
    lines = [["a", "b", "c"], *rows]
    plain = end.join(",".join(line) for line in lines) + end * closed
    # Quotes around the first cell of the header have every line cut into cells.
    assert read_or_refused(tmp_path / "t.csv", f'"a"{plain[1:]}') == read_or_refused(
        tmp_path / "t.csv", plain
    )
