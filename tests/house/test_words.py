"""What only the command line may say, and what only the models may ask."""

import ast
import re
from pathlib import Path

import pytest

import unweave

ROOT = Path(unweave.__file__).parent
# A style sheet, whose variables are written with two dashes.
STYLE = ROOT / "reporting" / "page_look.py"
BELOW = sorted(
    path
    for path in ROOT.rglob("*.py")
    if path.relative_to(ROOT).parts[0] != "cli" and path != STYLE
)
ABOVE_MODELS = [path for path in BELOW if path.relative_to(ROOT).parts[0] != "models"]
FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]*")
FAMILY_CLASS = re.compile(
    r"isinstance\([^()]*\b(Attribute|Variational)(Settings|Model)\b"
    r"|\bsettings_class\(|\btargets is (not )?None\b"
)
RIDDLES = re.compile(
    r"\b(lanes?|knobs?|contest(ed)?|exhibits?|halls?|visits?|judges?|subjects?|players?)\b", re.I
)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def texts(path):
    """Yield every string of a module, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", BELOW, ids=name_of)
def test_no_flag_is_named_below_the_command_line(path):
    for line, text in texts(path):
        found = FLAG.search(text)
        assert found is None, f"line {line}: {found[0]}"


@pytest.mark.parametrize("path", ABOVE_MODELS, ids=name_of)
def test_nobody_asks_which_family_a_model_is_of(path):
    found = FAMILY_CLASS.search(path.read_text(encoding="utf-8"))
    assert found is None, found[0]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=name_of)
def test_names_are_the_fields_own_words(path):
    names = {
        getattr(node, "name", None) or getattr(node, "id", None) or getattr(node, "arg", None)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    }
    for name in sorted(filter(None, names)):
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
        assert not RIDDLES.search(spaced), name


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=name_of)
def test_a_module_is_named_by_what_it_holds(path):
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert told, "a module says what it holds"
    assert not re.match(r"(What|Where|Who|Whether|How|Which|Why)\b", told), told.splitlines()[0]
    assert len(told.splitlines()[0]) > 10
