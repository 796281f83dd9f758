"""Data flows one way: every import points down, lazy ones and those for type checkers too."""

import ast
from pathlib import Path

import pytest

import unweave

ROOT = Path(unweave.__file__).parent
# From the ground up. Packages of one floor do not know each other.
FLOORS = (
    ("errors",),
    ("arguments", "display", "locks", "memory", "schedules"),
    ("files",),
    ("settings", "statistics"),
    ("independent_components",),
    ("data",),
    ("nets",),
    ("objectives",),
    ("models",),
    ("runs",),
    ("training",),
    ("metrics", "interpretation", "editing"),
    ("studies",),
    ("reporting",),
    ("exporting",),
    ("api",),
    ("app", "sklearn"),
    ("cli",),
    ("__main__",),
)
HEIGHT = {name: height for height, floor in enumerate(FLOORS) for name in floor}
MODULES = sorted(ROOT.rglob("*.py"))
# The package itself names everything public: what would import it would import all.
INSIDE = [path for path in MODULES if path != ROOT / "__init__.py"]


def room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(path):
    """Return the rooms that a module imports anywhere in it, with the line; "" is the package."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they lead"
            names = [node.module or ""]
            if node.module == "unweave":
                names = [f"unweave.{each.name}" for each in node.names]
        else:
            continue
        parts = [name.split(".") for name in names]
        found += [
            (part[1] if part[1:] else "", node.lineno) for part in parts if part[0] == "unweave"
        ]
    return found


def test_every_room_has_its_floor():
    assert {room_of(path) for path in INSIDE} <= set(HEIGHT)


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_down(path):
    own = room_of(path)
    for room, line in imported_rooms(path):
        if own == "cli" and room in ("", "__version__"):
            continue  # The command line asks the package for what any user asks it for.
        assert room in HEIGHT, f"line {line} imports unweave.{room}"
        assert room == own or HEIGHT[room] < HEIGHT[own], f"line {line} imports unweave.{room}"


def test_the_test_sees_lazy_imports_and_those_for_type_checkers(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from unweave.cli import app\n"
        "def lazily():\n"
        "    import unweave\n"
        "    from unweave import api\n"
        "    import unweave.training.loop as loop\n"
    )
    assert [room for room, _ in imported_rooms(path)] == ["cli", "", "api", "training"]
