"""Notebooks run from top to bottom, and what their cells end in shows itself briefly."""

import ast
import dataclasses
import json
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from documentation import ROOT
from unweave import api

NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
MOST_CHARACTERS = 4000
SMALLER = {
    '"faces"': '"faces:count=200"',
    "positions=8,orientations=8,scales=3": "positions=4,orientations=4,scales=2",
}


def cells_of(path):
    """Return the code cells' texts, after a look at the rest of the format."""
    document = json.loads(path.read_text(encoding="utf-8"))
    assert (document["nbformat"], document["metadata"]["kernelspec"]["language"]) == (4, "python")
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in code), "outputs are not kept"
    return ["".join(cell["source"]) for cell in code]


def run_cell(text, names):
    """Run a cell as a notebook does; return the value of its last line."""
    *statements, last = ast.parse(text).body
    if not isinstance(last, ast.Expr):
        statements.append(last)
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def briefly(train, request, *others):
    changes = {**request.changes, "steps": 8, "compile": "no"}
    return train(dataclasses.replace(request, changes=changes, progress=False), *others)


def test_there_are_three():
    assert {path.stem for path in NOTEBOOKS} == {"survey", "sprites", "pictures"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNWEAVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(api, "train_model", partial(briefly, api.train_model))
    plt.switch_backend("agg")
    names = {}
    for text in cells_of(path):
        for full, small in SMALLER.items():
            text = text.replace(full, small)
        value = run_cell(text, names)
        assert len(repr(value)) < MOST_CHARACTERS
        if type(value).__module__.startswith("unweave"):
            assert value._repr_html_().startswith("<table>")
    plt.close("all")
    if path.stem == "sprites":
        assert Path("traversal.png").stat().st_size > 0
