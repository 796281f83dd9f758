"""Options about columns: those of a table, their kinds and roles, and attributes of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from unweave.errors import RequestError

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME=KIND",
        help="The kind of a column: real, positive, count, binary, category, ordinal, date, "
        "time, id, text or constant; repeatable.",
    ),
]
Drop = Annotated[str | None, typer.Option("--drop", metavar="A,B", help="Columns to leave out.")]
Only = Annotated[str | None, typer.Option("--only", metavar="A,B", help="Columns to use alone.")]
Id = Annotated[str | None, typer.Option("--id", metavar="A", help="Columns that name the rows.")]
Ordinal = Annotated[
    str | None, typer.Option("--ordinal", metavar="A,B", help="Columns of ordered answers.")
]
Given = Annotated[
    str | None,
    typer.Option("--given", metavar="A,B", help="Columns known beforehand, and not learned."),
]
Missing = Annotated[
    str | None, typer.Option("--missing", metavar="-99,…", help="What else is a blank cell.")
]


Attributes = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Attributes of pictures to learn; by default all."),
]


def asked_of_columns(
    columns: list[str] | None, attributes: str | None = None, **roles: str | None
) -> dict[str, Any]:
    """Return the arguments of `load_data` that these options give."""
    asked: dict[str, Any] = {name: value for name, value in roles.items() if value}
    if attributes is not None:
        asked["attributes"] = [name.strip() for name in attributes.split(",") if name.strip()]
    kinds = {}
    for pair in columns or []:
        # A column's name may hold =, a kind does not.
        name, equals, kind = pair.rpartition("=")
        if not equals or not name.strip():
            raise RequestError(f"--column {pair}: write NAME=KIND, such as --column age=count")
        kinds[name.strip()] = kind.strip()
    return asked | ({"columns": kinds} if kinds else {})


def options_for(asked: Mapping[str, Any]) -> list[str]:
    """Return the options that give these arguments of `load_data`: `asked_of_columns` undone."""
    kinds = [f"{name}={kind}" for name, kind in asked.get("columns", {}).items()]
    roles = [(f"--{name}", text) for name, text in asked.items() if isinstance(text, str)]
    pairs = [*(("--column", kind) for kind in kinds), *roles]
    return [word for pair in pairs for word in pair]
