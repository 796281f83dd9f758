"""Options about columns: those of a table, their kinds and roles, and attributes of pictures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from unweave.errors import RequestError

Command = Callable[..., None]

# Options of commands by the arguments of `load_data`; all but the kinds and the attributes are
# handed on as they are written.
OPTIONS: Mapping[str, Any] = {
    "columns": Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME=KIND",
            help="The kind of a column: real, positive, count, binary, category, ordinal, date, "
            "time, id, text or constant; repeatable.",
        ),
    ],
    "drop": Annotated[list[str] | None, typer.Option(metavar="A,B", help="Columns to leave out.")],
    "only": Annotated[list[str] | None, typer.Option(metavar="A,B", help="Columns to use alone.")],
    "id": Annotated[
        list[str] | None, typer.Option(metavar="A", help="Columns that name the rows.")
    ],
    "ordinal": Annotated[
        list[str] | None, typer.Option(metavar="A,B", help="Columns of ordered answers.")
    ],
    "given": Annotated[
        list[str] | None,
        typer.Option(metavar="A,B", help="Columns known beforehand, and not learned."),
    ],
    "missing": Annotated[
        list[str] | None, typer.Option(metavar="-99,…", help="What else is a blank cell.")
    ],
    "attributes": Annotated[
        list[str] | None,
        typer.Option(metavar="A,B", help="Attributes of pictures to learn; by default all."),
    ],
}


def with_column_options(*without: str) -> Callable[[Command], Command]:
    """Give a command `OPTIONS`, all but those named; it takes what they ask for as `asked`."""
    names = [name for name in OPTIONS if name not in without]

    def extend(command: Command) -> Command:
        @functools.wraps(command)
        def extended(**options: Any) -> None:
            given = {name: options.pop(name) for name in names}
            # An option that is given several times is as if given once, with commas.
            kinds = given.pop("columns", None)
            roles = {name: ",".join(texts) for name, texts in given.items() if texts}
            command(asked=asked_of_columns(kinds, **roles), **options)

        own = inspect.signature(command, eval_str=True)
        kept = [each for name, each in own.parameters.items() if name != "asked"]
        added = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=OPTIONS[name]
            )
            for name in names
        ]
        extended.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        return extended

    return extend


def asked_of_columns(
    columns: list[str] | None = None, attributes: str | None = None, **roles: str | None
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


def load_asked(data: str, asked: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    """Return the data read as asked, or its name where nothing is: the verb reads it then."""
    if not asked:
        return data
    from unweave.data import load_data

    coding: dict[str, Any] = (
        {"coding": "gaussian"} if settings.get("likelihood") == "gaussian" else {}
    )
    return load_data(data, **asked, **coding)


def options_for(asked: Mapping[str, Any]) -> list[str]:
    """Return the options that give these arguments of `load_data`: `asked_of_columns` undone."""
    kinds = [f"{name}={kind}" for name, kind in asked.get("columns", {}).items()]
    roles = [(f"--{name}", text) for name, text in asked.items() if isinstance(text, str)]
    pairs = [*(("--column", kind) for kind in kinds), *roles]
    return [word for pair in pairs for word in pair]
