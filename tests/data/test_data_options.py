"""Options: read in one way, and written as `load_data` reads them."""

from collections.abc import Callable

import pytest

from unweave.data import Option
from unweave.data.options import read_options, source_text

NUMBER = Option("rows", 100, int, "number of rows", least=16, most=200)
WORD = Option("law", "uniform", str, "law of the factors", choices=("uniform", "gaussian"))
ALL = Option("count", None, int, "how many; all by default", least=1)
KNOWN = (NUMBER, WORD, ALL)


@pytest.mark.parametrize("value", [20, "20", 20.0])
def test_numbers(value: object) -> None:
    assert read_options(KNOWN, {"rows": value}, "data") == {"rows": 20}


def test_what_is_not_given_keeps_its_default() -> None:
    assert read_options(KNOWN, {}, "data") == {}
    assert read_options(KNOWN, {"count": None}, "data") == {"count": None}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rows": 15}, ["rows=15", "from 16 to 200"]),
        ({"rows": "201"}, ["rows=201", "from 16 to 200"]),
        ({"count": 0}, ["count=0", "from 1 on"]),
        ({"rows": "many"}, ["rows='many'", "a whole number"]),
        ({"rows": 2.5}, ["rows=2.5", "a whole number"]),
        ({"rows": True}, ["rows=True", "a whole number"]),
        ({"rows": None}, ["rows=None", "a whole number"]),
        ({"rows": float("inf")}, ["rows=inf", "a whole number"]),
        ({"law": "gausian"}, ["law of plants", "'gausian'", "did you mean 'gaussian'"]),
        ({"law": 3}, ["law=3", "a word"]),
        ({"row": 3}, ["unknown option 'row'", "did you mean 'rows'", "rows, law, count"]),
    ],
)
def test_refused(given: dict[str, object], words: list[str], refuses: Callable[..., str]) -> None:
    refuses(lambda: read_options(KNOWN, given, "plants"), "plants", *words)


def test_no_options_at_all(refuses: Callable[..., str]) -> None:
    refuses(lambda: read_options((), {"rows": 3}, "plants"), "'rows'", "it has no options")


def test_the_source_text_holds_what_is_not_at_default() -> None:
    assert source_text("plants", KNOWN, {}) == "plants"
    assert source_text("plants", KNOWN, {"rows": 100, "count": None}) == "plants"
    text = source_text("plants", KNOWN, {"count": 3, "law": "gaussian", "rows": 100})
    assert text == "plants:law=gaussian,count=3"
