"""Commands about data: list, show and fetch data sets."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from unweave.cli.columns import with_column_options


def data_list() -> None:
    """List the built-in data sets."""
    from unweave.reporting.terminal import show_catalogue

    show_catalogue()


@with_column_options()
def data_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A built-in name or a path.")],
    json_: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    *,
    asked: dict[str, Any],
) -> None:
    """Show what a data set holds and how it is read."""
    import unweave as uw
    from unweave.reporting.terminal import data_document, show_data

    dataset = uw.load_data(name, **asked)
    if json_:
        print(json.dumps(data_document(dataset), indent=2))
    else:
        show_data(dataset, sys.stdout)


def data_fetch(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A built-in name, such as mpi3d:variant=real.")
    ],
) -> None:
    """Fetch a public data set into the user's cache."""
    from unweave.data import fetch

    print(fetch(name) or f"{name} is part of the package; there is nothing to fetch")


def add_to(app: typer.Typer) -> None:
    """Register these commands, under `unweave data`."""
    data = typer.Typer(
        help="List, show and fetch data sets.", no_args_is_help=True, rich_markup_mode=None
    )
    data.command("list")(data_list)
    data.command("show")(data_show)
    data.command("fetch")(data_fetch)
    app.add_typer(data, name="data")
