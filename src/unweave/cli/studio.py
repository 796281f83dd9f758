"""The command that opens the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unweave.cli.options import Device


def app(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN…]",
            help="Runs, or folders that hold runs; by default the models of the package.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(metavar="H", help="The address to listen at; by default this machine alone."),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(metavar="P", min=1, max=65535, help="By default 7860, or the next free one."),
    ] = None,
    device: Device = "auto",
    password: Annotated[
        str,
        typer.Option(
            metavar="P",
            envvar="UNWEAVE_PASSWORD",
            help="What the browser asks for; better given by UNWEAVE_PASSWORD.",
        ),
    ] = "",
) -> None:
    """Open the studio: a web page to edit data and to explore a latent space."""
    from unweave.app.serve import serve

    serve(runs or (), host=host, port=port, device=device, password=password)


def add_to(commands: typer.Typer) -> None:
    """Register this command."""
    commands.command()(app)
