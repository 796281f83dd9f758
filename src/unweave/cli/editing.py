"""Edit data, and measure how strongly edits show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from unweave.cli.options import (
    Device,
    OptionalData,
    RunFolder,
    numbers,
    say_written,
    whole_numbers,
)
from unweave.errors import RequestError


def edit(
    run: RunFolder,
    images: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IMAGE…", help="Picture files; for a table's model, one table."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help=".png (a strip) or a new folder."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=V", help="Set an attribute or a code; repeatable."),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=START:STOP:COUNT", help="Several values; repeatable."),
    ] = None,
    class_: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="C", help="Swap the class in; repeatable, or 'all'."),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(metavar="I,I,…", help="Rows of the data, instead of files."),
    ] = None,
    data: OptionalData = None,
    originals: Annotated[
        bool, typer.Option(help="Whether a strip begins with the originals.")
    ] = True,
    device: Device = "auto",
) -> None:
    """Edit pictures by degree: attributes, latent values, or the class."""
    from unweave.cli.edits import edit_files

    if out is None:
        raise RequestError("--out is missing; name a .png for a strip, or a new folder")
    numbers = None if rows is None else whole_numbers("--rows", rows)
    edit_files(
        run,
        images or [],
        out,
        values=set_ or [],
        sweeps=sweep or [],
        classes=class_ or [],
        rows=numbers,
        data=data,
        originals=originals,
        device=device,
    )
    say_written(out)


def strength(
    run: RunFolder,
    attributes: Annotated[
        str, typer.Option(metavar="A,B,…", help="Attributes to judge, or 'all'.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")],
    values: Annotated[
        str, typer.Option(metavar="V,V,…", help="Values the attributes are set to.")
    ] = "0,0.5,1,1.5,2",
    data: OptionalData = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Also the reverse: attributes taken away, to 1 - V.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the SVMs' subsamples.")] = 0,
    device: Device = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure how strongly edits show: linear SVMs judge edited test images."""
    import unweave as uw
    from unweave.reporting.terminal import show_strength

    names = [name.strip() for name in attributes.split(",") if name.strip()]
    degrees = numbers("--values", values)
    model = uw.load(run, device=device)
    found = uw.save_strength(model, names, out, degrees, data, remove=remove, seed=seed)
    if json_:
        print(json.dumps({"run": str(run), **found.to_json()}, indent=2))
    else:
        show_strength(found)
    say_written(out)


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.command()(edit)
    app.command()(strength)
