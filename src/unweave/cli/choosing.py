"""The command that chooses a model's settings without labels."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unweave.cli.columns import load_asked, options_for, with_column_options
from unweave.cli.options import Data, Device, assignments, candidates, say_written

if TYPE_CHECKING:
    from unweave.studies.choice import Choice


@with_column_options("attributes")
def choose(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A variational model's name.")],
    data: Data,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The choice's folder.")],
    try_: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            metavar="KEY=V,V,…",
            help="Values among which to choose a setting, in place of the usual ones; repeatable.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Fix a setting of all runs; repeatable."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Steps of the settings that come furthest; as for train.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Time to train for, instead: the steps that fit into it.")
    ] = None,
    runs: Annotated[
        int | None, typer.Option(help="The most runs: random settings of more are tried.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs of each setting, at least 2.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    device: Device = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print the choice as JSON.")] = False,
    *,
    asked: dict[str, Any],
) -> None:
    """Choose a model's settings and turn without labels; resumes where it was stopped."""
    import unweave as uw
    from unweave.models.aliases import model_name
    from unweave.reporting.terminal import show_choice
    from unweave.training.request import check_settings

    model = model_name(model)
    fixed, grid = assignments(set_ or []), candidates(try_ or [])
    # Before they are passed on as keywords, of which steps is one.
    _, training = check_settings(model, fixed)
    if fixed.pop("steps", None) is not None and steps is None:
        steps = training["steps"]
    loaded = load_asked(data, asked, fixed)
    found = uw.choose(
        model, loaded, out=out, seeds=seeds, seed=seed, steps=steps, runs=runs, seconds=seconds,
        grid=grid or None, device=device, **fixed,
    )  # fmt: skip
    commands = commands_of(found, data, asked)
    if json_:
        print(json.dumps({**found.to_json(), **commands}, indent=2))
    else:
        show_choice(found)
        print("\n".join(line for line in commands.values() if line))
    say_written(out)


def commands_of(choice: Choice, data: str, asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the command that trains what was chosen, and the one that reads it as it is turned."""
    place = choice.folder / "chosen"
    told = [word for key, value in choice.settings.items() for word in ("--set", f"{key}={value}")]
    first, count = choice.seeds[0], len(choice.seeds)
    numbers = ["--steps", choice.steps, "--seed", first, "--seeds", count]
    train = ["train", choice.model, "--data", data, *options_for(asked), *told, *numbers]
    folders = [place / f"seed-{seed}" for seed in choice.seeds]
    read = ["interpret", *folders, "--rotate", choice.turn, "--out", choice.folder / "reading"]
    return {
        "command": _line([*train, "--out", place]),
        "command_to_read": _line(read),
    }


def _line(words: list[Any]) -> str:
    return shlex.join(["unweave", *map(str, words)])


def add_to(app: typer.Typer) -> None:
    """Register this command."""
    app.command()(choose)
