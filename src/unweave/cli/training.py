"""Commands that train: one run, several seeds, or a study."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from unweave.cli.columns import load_asked, with_column_options
from unweave.cli.options import (
    Data,
    Device,
    assignments,
    say_written,
)


class _TrainCommand(TyperCommand):
    """The command `train`, whose help ends with the models and the named model's settings."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["arguments"] = list(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from unweave.cli.settings_help import setting_lines
        from unweave.models.families import MODELS

        with formatter.section("Models"):
            formatter.write_dl([(name, row.summary) for name, row in MODELS.items()])
        named = next((word for word in ctx.meta["arguments"] if word in MODELS), None)
        title = f"Settings of {named}" if named else "Settings"
        with formatter.section(f"{title} (--set KEY=VALUE)"):
            formatter.write_dl(setting_lines(named))


@with_column_options()
def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name; see below.")],
    data: Data,
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="The run's new folder.")],
    steps: Annotated[
        int | None, typer.Option(help="Optimiser steps; defaults are listed below.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of all randomness; by default 0.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Train this many runs, one seed each, into RUN/seed-S.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; repeatable."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
    device: Device = "auto",
    log: Annotated[
        list[str] | None,
        typer.Option("--log", help="tensorboard, mlflow or wandb; repeatable."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the run's summary.json.")] = False,
    *,
    asked: dict[str, Any],
) -> None:
    """Train a model on data and keep the run in a folder."""
    import unweave as uw
    from unweave.models.aliases import model_name
    from unweave.reporting.terminal import show_data
    from unweave.training.request import check_settings

    model, changes = model_name(model), assignments(set_ or [])
    # As keywords they have to be what they stand for, not texts.
    own, rest = check_settings(model, changes)
    changes = own | rest
    if steps is not None:
        changes["steps"] = steps
    options: dict[str, Any] = {"out": out, "resume": resume, "device": device, **changes}
    options["loggers"] = log or []
    loaded = load_asked(data, asked, changes)
    if seeds is None:
        if asked and int(os.environ.get("RANK", 0)) == 0:
            show_data(loaded)
        document: Any = uw.train(model, loaded, seed=seed, **options).summary
    else:
        runs = uw.train_seeds(model, loaded, seeds=seeds, seed=seed or 0, **options)
        document = [run.summary for run in runs]
    if json_ and int(os.environ.get("RANK", 0)) == 0:
        print(json.dumps(document, indent=2))


def _list_presets(asked: bool) -> None:
    if asked:
        from unweave.studies.plan import read_plan
        from unweave.studies.presets import PRESETS

        for name in PRESETS:
            print(f"{name}: {read_plan(name).title}")
        raise typer.Exit


def study(
    plan: Annotated[
        Path,
        typer.Argument(metavar="STUDY", help="A .toml file, or a published study's name."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The study's folder.")],
    seeds: Annotated[int | None, typer.Option(help="Seeds, in place of the file's.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps, in place of the file's.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of all models; repeatable."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray", metavar="ADDRESS", help="A Ray cluster to train on (or auto, local)."
        ),
    ] = None,
    array: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Do the I-th of N shares of the runs, I from 1 to N."),
    ] = None,
    slurm: Annotated[
        str | None,
        typer.Option(
            metavar="KEY=VALUE,…",
            help="Train on a SLURM cluster: shares=20,partition=gpu,timeout_min=240, …",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="Runs at once on this machine; by default one for each processor."),
    ] = None,
    device: Device = "auto",
    yes: Annotated[
        bool, typer.Option("--yes", help="Start even if there are more than 200 runs.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    _: Annotated[
        bool,
        typer.Option(
            "--list", callback=_list_presets, is_eager=True, help="List the published studies."
        ),
    ] = False,
) -> None:
    """Train and score a grid of models, settings and seeds; resumes where it was stopped."""
    import unweave as uw
    from unweave.reporting.terminal import show_study

    found = uw.study(
        plan,
        out,
        ray=ray,
        array=array,
        slurm=slurm,
        processes=processes,
        device=device,
        yes=yes,
        seeds=seeds,
        steps=steps,
        **assignments(set_ or []),
    )
    if json_:
        print(json.dumps(found.to_json(), indent=2))
    else:
        show_study(found)
    say_written(out)
    if found.missing or found.broken:
        raise typer.Exit(1)


def power(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="A finished study's folder.")],
    difference: Annotated[
        float | None,
        typer.Option(help="The difference to plan for; by default 5 % of a score's range."),
    ] = None,
    power: Annotated[
        float, typer.Option(help="The chance with which the seeds find the difference.")
    ] = 0.8,
    json_: Annotated[bool, typer.Option("--json", help="Print the comparisons as JSON.")] = False,
) -> None:
    """Tell which methods of a study differ, and how many seeds the others need."""
    import unweave as uw
    from unweave.reporting.terminal import show_power

    found = uw.power(study, difference=difference, power=power)
    if json_:
        print(json.dumps(found.to_json(), indent=2))
    else:
        show_power(found)


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.command(cls=_TrainCommand)(train)
    app.command()(study)
    app.command()(power)
