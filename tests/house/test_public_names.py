"""Public names stand in one table, are there, and have a type that a checker sees."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import unweave as uw

SOURCE = Path(uw.__file__)
VERBS = {
    "certify", "edit", "evaluate", "export", "factor_analysis", "find_turn", "interpret", "load",
    "load_data", "power", "report", "rotate", "save_anomalies", "save_codes", "save_edits",
    "save_imputation", "save_interpretation", "save_samples", "save_strength", "score", "strength",
    "study", "train", "train_seeds", "traverse",
}  # fmt: skip
METHODS = {
    "decode", "edit", "encode", "export", "impute", "posterior", "reconstruct", "sample",
    "surprise", "traverse",
}  # fmt: skip


def for_type_checkers():
    """Return name and module of every import that a type checker sees."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.asname: node.module.removeprefix("unweave.")
        for node in block.body
        for alias in node.names
    }


def test_both_tables_say_the_same():
    seen = for_type_checkers()
    assert set(seen) == set(uw._HOMES) == set(uw.__all__)
    # `Model` is loaded by way of `api`, which gives it its verbs.
    assert {**seen, "Model": "api"} == uw._HOMES
    assert uw.Model.__module__ == f"unweave.{seen['Model']}"


@pytest.mark.parametrize("name", sorted(uw.__all__))
def test_every_name_is_there(name):
    assert getattr(uw, name).__doc__


def test_the_users_verbs_are_public():
    assert set(uw.__all__) >= VERBS
    assert dir(uw) == sorted(uw.__all__)


def test_no_public_name_is_any(tmp_path):
    script = tmp_path / "names.py"
    lines = [f"reveal_type(uw.{name})" for name in sorted(uw.__all__)]
    lines += [f"reveal_type(uw.Model.{name})" for name in sorted(METHODS)]
    script.write_text("import unweave as uw\n" + "\n".join(lines) + "\n")
    # With the options of `make types` alone, whose cache another option would not fit.
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(SOURCE.parents[2] / ".mypy_cache")]
    ended = subprocess.run(
        [*mypy, str(script)], capture_output=True, text=True, cwd=SOURCE.parents[2]
    )
    revealed = [line for line in ended.stdout.splitlines() if "Revealed type" in line]
    assert len(revealed) == len(lines), ended.stdout + ended.stderr
    for line, asked in zip(revealed, lines, strict=True):
        assert 'is "Any"' not in line, f"{asked}: {line}"


def test_a_model_has_its_verbs_however_it_is_come_by():
    code = (
        "from unweave import Model\n"
        "from unweave.runs.verbs import provided\n"
        "assert provided('edit') and provided('traverse')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_method_without_its_room_says_so():
    from unweave.runs.verbs import provided

    with pytest.raises(NotImplementedError, match=r"unweave\.api"):
        provided("fly")
