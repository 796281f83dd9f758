"""A run as files: writing a trained model to its folder, and reading it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from unweave.data import TableSchema
from unweave.errors import RequestError, shortened
from unweave.files import write_json
from unweave.models.families import build_model, family_of
from unweave.models.objective import ObjectiveModel
from unweave.models.turned import TurnedModel
from unweave.nets.columns import ColumnLayout
from unweave.objectives.targets import Targets
from unweave.runs.documents import refuse
from unweave.runs.folder import is_finished, read_config
from unweave.runs.history import History
from unweave.runs.run_documents import read_summary_file
from unweave.runs.tensors import load_tensors, save_tensors, shapes_in
from unweave.runs.training_settings import TrainingSettings


def write_run(
    folder: Path,
    config: dict[str, Any],
    weights: dict[str, torch.Tensor],
    history: History,
    summary: dict[str, Any],
) -> None:
    """Write a run's files, with ``summary.json`` last: a folder that has it is finished."""
    write_json(folder / "config.json", config)
    save_tensors(folder / "model.safetensors", weights)
    history.write(folder / "history.csv")
    write_json(folder / "summary.json", summary)


def read_run(folder: Path, encoder: nn.Module | None, decoder: nn.Module | None) -> dict[str, Any]:
    """Return the attributes of the `Model` that a folder keeps.

    Raises
    ------
    RequestError
        If the folder is not that of a finished run, or a file in it is damaged.
    """
    config = read_config(folder)
    if not is_finished(folder):
        raise RequestError(
            f"{folder}: this run has not ended; train {config['model']} on the same data into this "
            "folder again, with resume=True"
        )
    _check_networks(folder, config["networks"], encoder, decoder)
    data = dict(config["data"])
    table = data.pop("table")
    family = family_of(config["model"])
    settings = family.settings(**family.settings.read(config["settings"]))
    labels = data.get("labels")
    targets = Targets(tuple(labels["names"]), labels["exclusive"]) if labels else None
    sizes = data["shape"], data["population"]
    turn = config.get("turn")
    schema = TableSchema.from_json(table) if table else None
    layout = ColumnLayout.of(schema)

    def build() -> ObjectiveModel:
        module = build_model(
            config["model"], settings, *sizes, encoder, decoder, targets, layout=layout
        )
        return TurnedModel(module, int(turn["dimensions"])) if turn else module

    weights = folder / "model.safetensors"
    _check_sizes(build, weights)
    module = build()
    _load_weights(module, weights)
    summary = read_summary_file(folder / "summary.json")
    _check_lengths(folder / "summary.json", summary, module, layout)
    return {
        "name": config["model"],
        "module": module,
        "settings": settings,
        "training": TrainingSettings(**TrainingSettings.read(config["training"])),
        "seed": config["seed"],
        "data": data,
        "table": schema,
        "history": History.read(folder / "history.csv"),
        "summary": summary,
        "networks": config["networks"],
        "folder": folder,
        "turn": turn,
    }


def _check_sizes(build: Callable[[], ObjectiveModel], path: Path) -> None:
    """Refuse weights of other sizes than the model's before memory is asked for either.

    On the device ``meta`` a model has shapes alone.
    """
    stored = shapes_in(path)
    try:
        with torch.device("meta"):
            wanted = {name: tuple(value.shape) for name, value in build().state_dict().items()}
    except RequestError as error:
        raise RequestError(f"{path.with_name('config.json')}: {error}") from None
    except (RuntimeError, ValueError, TypeError, OverflowError, MemoryError) as error:
        raise _misfit(path, shortened(str(error).split("\n")[0])) from error
    for name in [*wanted, *stored]:
        if wanted.get(name) != stored.get(name):
            found, asked = stored.get(name, "not there"), wanted.get(name, "not known")
            raise _misfit(path, f"{shortened(name)} is {found}, and by config.json {asked}")


def _check_lengths(
    path: Path, summary: dict[str, Any], module: ObjectiveModel, layout: ColumnLayout | None
) -> None:
    """Refuse a summary with an entry for more or fewer dimensions or columns than there are."""
    wanted = {"kl": (summary.get("kl"), module.code_dim)}
    for key, values in summary.get("columns", {}).items():
        if layout is not None and isinstance(values, list):
            wanted[f"columns.{key}"] = (values, len(layout.learned))
    for key, (values, count) in wanted.items():
        if values is not None and len(values) != count:
            raise refuse(path, key, f"{count} numbers are wanted, not {len(values)}")


def _misfit(path: Path, why: str) -> RequestError:
    return RequestError(f"{path}: its weights do not fit config.json ({why}); train the run again")


def _load_weights(module: ObjectiveModel, path: Path) -> None:
    weights, _ = load_tensors(path)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise _misfit(path, shortened(str(error).splitlines()[0])) from error
    module.eval()


def _check_networks(
    folder: Path,
    own: dict[str, str] | None,
    encoder: nn.Module | None,
    decoder: nn.Module | None,
) -> None:
    """Refuse to rebuild a run of the user's own networks without them."""
    given = {"encoder": encoder, "decoder": decoder}
    missing = {
        part: name
        for part, name in (own or {}).items()
        if name != "default" and given[part] is None
    }
    if missing:
        words = ", ".join(f"{part}=… (a {name})" for part, name in missing.items())
        raise RequestError(
            f"{folder}: trained with networks of its own; load it from Python: "
            f"unweave.load(folder, {words})"
        )
