"""Commands that edit data, and that measure the strength of edits."""

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
        typer.Argument(metavar="IMAGE…", help="Picture files; one table for a model of tables."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="A .png file (a strip) or a new folder."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=V", help="Set an attribute or a latent value; repeatable."
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=START:STOP:COUNT", help="Set a row of values; repeatable."),
    ] = None,
    class_: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="C", help="Swap in this class, or 'all'; repeatable."),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(metavar="I,I,…", help="Rows of the data, in place of files."),
    ] = None,
    data: OptionalData = None,
    originals: Annotated[bool, typer.Option(help="Begin a strip with the originals.")] = True,
    device: Device = "auto",
) -> None:
    """Edit pictures or rows: set attributes or latent values by degree, or swap classes."""
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
    attributes: Annotated[str, typer.Option(metavar="A,B,…", help="Attributes to edit, or 'all'.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the results.")],
    values: Annotated[
        str, typer.Option(metavar="V,V,…", help="Values that the attributes are set to.")
    ] = "0,0.5,1,1.5,2",
    data: OptionalData = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Also remove attributes: set them to 1 - V.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the SVMs' subsamples.")] = 0,
    device: Device = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure the strength of edits: linear SVMs classify edited test images."""
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
