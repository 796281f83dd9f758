"""The command line: parses, calls the public face, prints; no logic of its own."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from unweave.errors import RequestError, UnweaveError, nearest

app = typer.Typer(
    name="unweave",
    help="Learn disentangled representations, look inside them, and edit data with them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="What data there is.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data_app, name="data")

Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DATA",
        help="A built-in name (unweave data list), a folder of images, a .csv or .parquet "
        "table, or an .npz in dSprites' layout.",
    ),
]
OptionalData = Annotated[
    str | None,
    typer.Option("--data", metavar="DATA", help="Other data than the run was trained on."),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.")]


_INTERRUPTED = 130  # what typer makes of Ctrl-C


def main() -> None:
    """Run the command line; exit 0 when done, 2 where the request or the data is at fault."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("unweave").setLevel(logging.INFO)
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Return the exit status of one command; errors are one line on standard error."""
    try:
        status = int(app(arguments, standalone_mode=False) or 0)
        if status != _INTERRUPTED:
            return status
        message, status = "interrupted; a run that was begun goes on with --resume", 1
    except UnweaveError as error:
        message, status = str(error), error.exit_code
    except typer.TyperException as error:
        message, status = _usage(error), error.exit_code
    except MemoryError:
        message, status = "out of memory; use a smaller batch_size or less data", 1
    except BrokenPipeError:
        # The reader went away, as `head` does; nothing is left to be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        message, status = f"{error.filename or 'a file'}: {error.strerror or error}", 1
    if int(os.environ.get("RANK", 0)) == 0:
        print(f"unweave: {' '.join(message.split())}", file=sys.stderr)
    return status


def _usage(error: typer.TyperException) -> str:
    """Return an error of usage in one line, the nearest command named."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    if message.startswith("No such command"):
        known = list(context.command.commands)
        name = message.split("'")[1]
        return f"unknown command {name!r}{nearest(name, known)} (there are: {', '.join(known)})"
    return f"{message} (see {context.command_path} --help)"


def _show_version(asked: bool) -> None:
    if asked:
        import unweave

        print(unweave.__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Learn disentangled representations, look inside them, and edit data with them."""


class _TrainCommand(TyperCommand):
    """Train, whose help ends in the models and in the settings of the model named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["arguments"] = list(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from unweave.models.catalogue import MODELS
        from unweave.training.describe import setting_lines

        with formatter.section("Models"):
            formatter.write_dl([(name, row.summary) for name, row in MODELS.items()])
        named = next((word for word in ctx.meta["arguments"] if word in MODELS), None)
        title = f"Settings of {named}" if named else "Settings"
        with formatter.section(f"{title} (--set KEY=VALUE)"):
            formatter.write_dl(setting_lines(named))


@app.command(cls=_TrainCommand)
def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name; see below.")],
    data: Data,
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="The run's new folder.")],
    steps: Annotated[
        int | None, typer.Option(help="Optimiser steps; by default see below.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Fixes all randomness; 0 by default.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Train this many runs, into RUN/seed-S, one seed each.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; repeatable."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
    device: Device = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print the run's summary.json.")] = False,
) -> None:
    """Train a model on data and keep the run in a folder."""
    import unweave as uw
    from unweave.training.train import check_request

    changes = _assignments(set_ or [])
    check_request(model, changes)  # Before they are passed on as keywords.
    if steps is not None:
        changes["steps"] = steps
    options: dict[str, Any] = {"out": out, "resume": resume, "device": device, **changes}
    if seeds is None:
        document: Any = uw.train(model, data, seed=seed, **options).summary
    else:
        runs = uw.train_seeds(model, data, seeds=seeds, seed=seed or 0, **options)
        document = [run.summary for run in runs]
    if json_ and int(os.environ.get("RANK", 0)) == 0:
        print(json.dumps(document, indent=2))


@app.command()
def encode(
    run: RunFolder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=".csv, .parquet or .npz")],
    data: OptionalData = None,
    device: Device = "auto",
) -> None:
    """Write the codes of data, one row per input, in order."""
    import unweave as uw

    uw.save_codes(uw.load(run, device=device), out, data)
    _say_written(out)


class _EvaluateCommand(TyperCommand):
    """Evaluate, whose help ends in the scores."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from unweave.metrics.registry import SCORES

        with formatter.section("Scores (--metrics)"):
            formatter.write_dl([(name, row.summary) for name, row in SCORES.items()])


@app.command(cls=_EvaluateCommand)
def evaluate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Folders of runs.")],
    data: OptionalData = None,
    metrics: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Scores; every one that the data allows by default."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="Of the data a run was trained on: test, validation, train or all. "
            "Of other data all rows are scored."
        ),
    ] = "test",
    device: Device = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Score runs: how well they reconstruct data, side by side."""
    import unweave as uw
    from unweave.report.words import show_scores

    models = [uw.load(run, device=device) for run in runs]
    documents = uw.evaluate(models, data, metrics, split)
    if json_:
        print(json.dumps(documents if len(documents) > 1 else documents[0], indent=2))
    else:
        show_scores(documents)


@app.command()
def sample(
    run: RunFolder,
    count: Annotated[int, typer.Option("--count", metavar="N", help="How many.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Tables: .csv or .parquet. Images: .png (one sheet), .npz, or a folder.",
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Fixes what is drawn.")] = 0,
    device: Device = "auto",
) -> None:
    """Draw new samples from a model."""
    import unweave as uw

    uw.save_samples(uw.load(run, device=device), out, count, seed)
    _say_written(out)


@app.command()
def traverse(
    run: RunFolder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=".png or .gif")],
    data: OptionalData = None,
    dimensions: Annotated[
        str | None,
        typer.Option(metavar="K,K,…", help="Latent dimensions; the informative ones by default."),
    ] = None,
    steps: Annotated[int, typer.Option(help="Values along each dimension.")] = 9,
    row: Annotated[int | None, typer.Option(help="The sample to start from.")] = None,
    device: Device = "auto",
) -> None:
    """Draw what each latent dimension does."""
    import unweave as uw

    model = uw.load(run, device=device)
    chosen = None if dimensions is None else _whole_numbers("--dimensions", dimensions)
    model.traverse(data, dimensions=chosen, steps=steps, row=row, out=out)
    _say_written(out)


@app.command()
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
    from unweave.edit_files import edit_files

    if out is None:
        raise RequestError("--out is missing; name a .png for a strip, or a new folder")
    numbers = None if rows is None else _whole_numbers("--rows", rows)
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
    _say_written(out)


@app.command()
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
    from unweave.report.words import show_strength

    names = [name.strip() for name in attributes.split(",") if name.strip()]
    degrees = _numbers("--values", values)
    model = uw.load(run, device=device)
    found = uw.save_strength(model, names, out, degrees, data, remove=remove, seed=seed)
    if json_:
        print(json.dumps({"run": str(run), **found.to_json()}, indent=2))
    else:
        show_strength(found)
    _say_written(out)


@app.command()
def report(
    runs: Annotated[Path, typer.Argument(metavar="DIR", help="A run, or a folder of runs.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="The page.")],
) -> None:
    """Write one self-contained page about runs."""
    from unweave.report.runs import report_runs

    report_runs([runs], out)
    _say_written(out)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to put it.")] = Path(
        "unweave-demo"
    ),
) -> None:
    """Train on embedded data and end in a page with pictures; prints its path last."""
    from unweave.demo import run_demo

    print(run_demo(out))


@data_app.command("list")
def data_list() -> None:
    """List the built-in data sets."""
    from unweave.report.words import show_catalogue

    show_catalogue()


@data_app.command("show")
def data_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A built-in name or a path.")],
) -> None:
    """Show what a data set holds and how it is read."""
    import unweave as uw
    from unweave.report.words import show_data

    show_data(uw.load_data(name), sys.stdout)


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A built-in name.")],
) -> None:
    """Fetch a public data set into the user's cache."""
    from unweave.data import fetch

    print(fetch(name) or f"{name} is part of the package; there is nothing to fetch")


def _assignments(pairs: list[str]) -> dict[str, Any]:
    """Read KEY=VALUE pairs; the values stay text."""
    read: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise RequestError(f"--set {pair}: write KEY=VALUE, such as --set beta=4")
        read[key.strip()] = value
    return read


def _whole_numbers(option: str, text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise RequestError(f"{option} {text}: write whole numbers, such as 0,3,5") from None


def _numbers(option: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise RequestError(f"{option} {text}: write numbers, such as 0,0.5,1") from None


def _say_written(path: Path) -> None:
    print(f"wrote {path}", file=sys.stderr)
