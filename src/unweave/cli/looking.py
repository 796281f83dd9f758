"""Commands that look at runs: codes, scores, samples, traversals, reports, the demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from unweave.cli.options import (
    Device,
    OptionalData,
    RunFolder,
    say_written,
    whole_numbers,
)


def encode(
    run: RunFolder,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="A .csv, .parquet or .npz file.")
    ],
    data: OptionalData = None,
    device: Device = "auto",
) -> None:
    """Write the codes of data, one row per input, in order."""
    import unweave as uw

    uw.save_codes(uw.load(run, device=device), out, data)
    say_written(out)


class _EvaluateCommand(TyperCommand):
    """The command `evaluate`, whose help ends with the scores."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from unweave.metrics.registry import SCORES

        with formatter.section("Scores (--metrics)"):
            formatter.write_dl([(name, row.summary) for name, row in SCORES.items()])


def evaluate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Folders of runs.")],
    data: OptionalData = None,
    metrics: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Scores; by default every one that the data allows."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="Part of the training data to score: test, validation, train or all. "
            "All rows of other data are scored."
        ),
    ] = "test",
    device: Device = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Score runs side by side: reconstructions, and codes where factors are known."""
    import unweave as uw
    from unweave.reporting.terminal import show_scores

    models = [uw.load(run, device=device) for run in runs]
    documents = uw.evaluate(models, data, metrics, split)
    if json_:
        print(json.dumps(documents if len(documents) > 1 else documents[0], indent=2))
    else:
        show_scores(documents)


def interpret(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Folders of runs.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the results.")],
    data: OptionalData = None,
    threshold: Annotated[
        float, typer.Option(min=0, help="Nats above which a dimension is informative.")
    ] = 0.1,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the rows, folds and resamples drawn.")
    ] = 0,
    rotate: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="Turn the informative dimensions before they are read: none, varimax, oblimin, "
            "promax or ica. By default (auto) they are read as they are, and turned as well where "
            "that is simpler.",
        ),
    ] = "auto",
    device: Device = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Interpret latent dimensions without ground truth; several runs are aligned."""
    import unweave as uw
    from unweave.reporting.terminal import show_interpretation

    models = [uw.load(run, device=device) for run in runs]
    found = uw.save_interpretation(models, out, data, threshold=threshold, seed=seed, rotate=rotate)
    if json_:
        print(json.dumps(found.to_json()))
    else:
        show_interpretation(found)
    say_written(out)


def rotate(
    run: RunFolder,
    out: Annotated[
        Path, typer.Option("--out", metavar="RUN2", help="The turned run's new folder.")
    ],
    method: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="varimax, oblimin, promax, ica, none, or auto (the best on held-out rows).",
        ),
    ] = "varimax",
    data: OptionalData = None,
    dimensions: Annotated[
        int | None,
        typer.Option(
            metavar="M", help="Factors to keep; by default parallel analysis counts them."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of rows, shuffles and starts.")] = 0,
    device: Device = "auto",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the new run's summary.json.")
    ] = False,
) -> None:
    """Turn a run's informative dimensions towards simple structure; write a run."""
    import unweave as uw
    from unweave.reporting.terminal import show_turn

    model = uw.load(run, device=device)
    turned = model.rotate(data, method=method, dimensions=dimensions, seed=seed, out=out)
    if json_:
        print(json.dumps(turned.summary, indent=2))
    else:
        show_turn(turned)
    say_written(out)


def sample(
    run: RunFolder,
    count: Annotated[int, typer.Option("--count", metavar="N", help="Number of samples.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Tables: .csv or .parquet. Images: .png (one sheet), .npz, or a folder.",
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the codes drawn.")] = 0,
    device: Device = "auto",
) -> None:
    """Draw new samples from a model."""
    import unweave as uw

    uw.save_samples(uw.load(run, device=device), out, count, seed)
    say_written(out)


def traverse(
    run: RunFolder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .png or .gif file.")],
    data: OptionalData = None,
    dimensions: Annotated[
        str | None,
        typer.Option(metavar="K,K,…", help="Latent dimensions; by default the informative ones."),
    ] = None,
    steps: Annotated[int, typer.Option(help="Number of values along each dimension.")] = 9,
    row: Annotated[int | None, typer.Option(help="The sample to start from.")] = None,
    device: Device = "auto",
) -> None:
    """Draw the effect of each latent dimension."""
    import unweave as uw

    model = uw.load(run, device=device)
    chosen = None if dimensions is None else whole_numbers("--dimensions", dimensions)
    model.traverse(data, dimensions=chosen, steps=steps, row=row, out=out)
    say_written(out)


def export(
    run: RunFolder,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="PATH", help="A new folder; for a page an .html file."),
    ],
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="onnx, torch or page.")
    ] = "onnx",
) -> None:
    """Write a model for other programs, or as a page with sliders that needs no server."""
    import unweave as uw

    uw.load(run, device="cpu").export(out, format)
    say_written(out)


def report(
    runs: Annotated[
        Path, typer.Argument(metavar="DIR", help="A run, a folder of runs, or a study's folder.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE.html", help="The page; for a study also .md or .csv."),
    ],
) -> None:
    """Write one self-contained page about runs, or a study."""
    from unweave.reporting.runs import report_folder

    for sentence in report_folder(runs, out):
        print(sentence)
    say_written(out)


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder of the demo.")
    ] = Path("unweave-demo"),
) -> None:
    """Train on embedded data and write a page with pictures; its path is printed last."""
    from unweave.cli.demo import run_demo

    print(run_demo(out))


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.command()(encode)
    app.command(cls=_EvaluateCommand)(evaluate)
    app.command()(interpret)
    app.command()(rotate)
    app.command()(sample)
    app.command()(traverse)
    app.command()(export)
    app.command()(report)
    app.command()(demo)
