"""A wrong kind of argument is one line that names it, for every function that users call."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import unweave as uw
from unweave.arguments import checked, fits
from unweave.errors import RequestError
from unweave.runs.model import Model

FUNCTIONS = [name for name in uw.__all__ if not inspect.isclass(getattr(uw, name))]
# Functions whose arguments are read, each by its own reader.
READ_ONE_BY_ONE = {
    "load_data": (
        "source",
        "columns",
        "drop",
        "only",
        "id",
        "ordinal",
        "given",
        "missing",
        "coding",
    )
}
WRONG = (
    *(3, -0.5, None, True, b"bytes", "no such thing", [], [None], [3], {}, {"a": 1}, {1, 2}),
    *(Path("no/such/path"), object(), print, np.nan, np.zeros((2, 2)), pd.DataFrame()),
)


@pytest.fixture(scope="module")
def proper(tmp_path_factory):
    """Return an argument of the right kind for each name."""
    folder = tmp_path_factory.mktemp("proper")
    model = uw.train("vae", "fa15:rows=300", steps=2, hidden=(4,), latent_dim=3, progress=False)
    rows = np.random.default_rng(0).normal(size=(60, 3))
    return {
        **{"data": "fa15:rows=300", "attributes": ["Corner"], "images": rows, "edits": []},
        **{"out": folder / "out", "path": folder / "made.csv", "count": 2, "folder": folder},
        **{"codes": rows, "factors": rows > 0, "features": rows, "seeds": 2, "source": rows},
        **{"plan": folder / "plan.toml", "study": folder, "models": [model, model]},
        "model": model,
    }


def cases():
    """Return every parameter of every function, without those that may be anything."""
    return [
        (name, each)
        for name in FUNCTIONS
        for each, row in inspect.signature(getattr(uw, name)).parameters.items()
        if row.kind not in (row.VAR_KEYWORD, row.VAR_POSITIONAL)
        and row.annotation != "Any"
        and each not in READ_ONE_BY_ONE.get(name, ())
    ]


def annotation(function, parameter):
    """Return what a parameter is annotated with; anything where only type checkers know it."""
    plain = inspect.unwrap(function)
    try:
        return eval(plain.__annotations__[parameter], plain.__globals__)
    except NameError:
        return Any


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "parameter"), cases())
def test_a_wrong_kind_is_refused_in_one_line(name, parameter, proper, monkeypatch, tmp_path):
    """By the check of its kind, before anything else is done."""
    monkeypatch.chdir(tmp_path)
    function = getattr(uw, name)
    needed = {
        each: "vae" if (each, row.annotation) == ("model", "str") else proper[each]
        for each, row in inspect.signature(function).parameters.items()
        if row.default is row.empty and row.kind is not row.VAR_KEYWORD
    }
    refused = 0
    for wrong in WRONG:
        if fits(wrong, annotation(function, parameter)):
            continue
        with pytest.raises(RequestError) as caught:
            function(**{**needed, parameter: wrong})
        assert str(caught.value).startswith(f"{parameter}=")
        assert " is wanted" in str(caught.value)
        assert "\n" not in str(caught.value)
        refused += 1
    assert refused


def test_scores_are_named_by_text():
    codes = np.random.default_rng(0).normal(size=(40, 2))
    with pytest.raises(RequestError) as caught:
        uw.score(codes, codes > 0, metrics=3)
    assert str(caught.value) == "metrics=3: a text or several, each a text, is wanted"


@pytest.mark.parametrize(
    ("hint", "right", "wrong"),
    [
        (int, [3, 3.0, np.int64(3), torch.tensor(3)], [True, "3", 1.5, np.nan, None]),
        (float, [3, 0.5, np.float32(0.5), np.inf], [True, "3", None, [1.0]]),
        (bool, [True, np.True_, 0, 1], ["no", 2, None, []]),
        (str, ["", "a"], [b"a", Path("a"), None]),
        (Path | str, ["a", Path("a")], [b"a", 3, None]),
        (Sequence[str], [["a"], ("a",), [], np.array(["a"])], ["a", b"a", [3], {"a": 1}, 3]),
        (Iterable[str] | None, [None, iter("ab"), {"a"}], ["ab", 3]),
        (Mapping[str, float], [{}, {"a": 1}], [[("a", 1)], "a"]),
        (Callable[[int], None], [print, nn.ReLU()], [3, "print"]),
        (np.ndarray, [[[1.0]], np.zeros(3), torch.zeros(3), pd.DataFrame()], [3, "a", Path("a")]),
        (nn.Module, [nn.ReLU()], [nn.ReLU, 3]),
        (Model | Sequence[Model], [[]], [3, [3], "run"]),
    ],
)
def test_what_fits_an_annotation(hint, right, wrong):
    assert all(fits(each, hint) for each in right)
    assert not any(fits(each, hint) for each in wrong)


def test_what_only_type_checkers_import_is_not_checked():
    def function(value: "Unknown", count: int = 1) -> str:  # noqa: F821
        """Say what it was given."""
        return f"{value} {count}"

    known = checked(function)
    assert known(3) == "3 1"
    assert known.__doc__ == function.__doc__
    assert inspect.signature(known) == inspect.signature(function)
    with pytest.raises(RequestError, match=r"count='1': a whole number is wanted"):
        known(3, "1")
    with pytest.raises(TypeError, match=r"function\(\) missing 1 required positional"):
        known()
