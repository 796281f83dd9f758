"""A run: a trained model with all that explains it, in memory and as a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from torch import nn

from unweave.data import TableSchema
from unweave.errors import RequestError
from unweave.files import write_json
from unweave.models.attribute import AttributeModel
from unweave.models.build import ModelSettings, build_model, settings_class
from unweave.models.targets import Targets
from unweave.models.variational import VariationalModel
from unweave.training.checkpoint import load_tensors, save_tensors
from unweave.training.history import History
from unweave.training.inference import Inference
from unweave.training.settings import TrainingSettings
from unweave.training.stored import FORMAT, read_config, read_json, versions


@dataclass
class Run(Inference):
    """A model, how it was trained, and what came out.

    Attributes
    ----------
    name : str
        The model's name in the catalogue.
    module : VariationalModel or AttributeModel
    settings : VariationalSettings or AttributeSettings
    training : TrainingSettings
    seed : int
    data : dict
        Where the training data came from: ``name``, ``source``, ``fingerprint``,
        ``shape`` of a sample, ``population`` (training rows); ``crop`` of
        pictures of one's own where the data is images; ``labels`` (``names``,
        ``exclusive``) where the model is of the attribute family.
    table : TableSchema or None
    history : History
    summary : dict
        What ``summary.json`` holds; empty before training has ended.
    networks : dict of str to str, or None
        Class names of ``encoder`` and ``decoder`` where they are the user's own.
    folder : pathlib.Path or None
    """

    name: str
    module: VariationalModel | AttributeModel
    settings: ModelSettings
    training: TrainingSettings
    seed: int
    data: dict[str, Any]
    table: TableSchema | None = None
    history: History = field(default_factory=History)
    summary: dict[str, Any] = field(default_factory=dict)
    networks: dict[str, str] | None = None
    folder: Path | None = None

    def config(self) -> dict[str, Any]:
        """Return what ``config.json`` holds: all that rebuilds the run."""
        return {
            "format": FORMAT,
            "model": self.name,
            "seed": self.seed,
            "settings": self.settings.to_json(),
            "training": self.training.to_json(),
            "data": self.data | {"table": self.table.to_json() if self.table else None},
            "networks": self.networks,
            "versions": versions(),
        }

    def save(self, folder: Path | str) -> None:
        """Write the run's files, ``summary.json`` last: a folder that has it is finished."""
        self.folder = Path(folder)
        write_json(self.folder / "config.json", self.config())
        save_tensors(self.folder / "model.safetensors", self.module.state_dict())
        self.history.write(self.folder / "history.csv")
        write_json(self.folder / "summary.json", self.summary)

    @classmethod
    def load(
        cls,
        folder: Path | str,
        encoder: nn.Module | None = None,
        decoder: nn.Module | None = None,
    ) -> Self:
        """Read a finished run's folder.

        Parameters
        ----------
        folder : path
        encoder, decoder : torch.nn.Module, optional
            Needed where the run was trained with networks of your own; their weights
            are replaced by the stored ones.

        Raises
        ------
        RequestError
            If the folder is not a finished run, or a file in it is damaged.
        """
        folder = Path(folder)
        config = read_config(folder)
        if not (folder / "summary.json").is_file():
            raise RequestError(
                f"{folder}: this run has not ended; go on with unweave train {config['model']} "
                f"--data {config['data']['source'] or 'DATA'} --out {folder} --resume"
            )
        own = config["networks"]
        given = {"encoder": encoder, "decoder": decoder}
        lacking = [part for part in own or {} if own[part] != "default" and given[part] is None]
        if lacking:
            words = ", ".join(f"{part}=… (a {own[part]})" for part in lacking)
            raise RequestError(
                f"{folder}: trained with networks of its own; load it from Python: "
                f"unweave.load(folder, {words})"
            )
        data = dict(config["data"])
        table = data.pop("table")
        family = settings_class(config["model"])
        settings = family(**family.read(config["settings"]))
        labels = data.get("labels")
        targets = Targets(tuple(labels["names"]), labels["exclusive"]) if labels else None
        module = build_model(settings, data["shape"], data["population"], encoder, decoder, targets)
        weights, _ = load_tensors(folder / "model.safetensors")
        try:
            module.load_state_dict(weights)
        except RuntimeError as error:
            raise RequestError(
                f"{folder}/model.safetensors: its weights do not fit config.json "
                f"({str(error).splitlines()[0]})"
            ) from error
        module.eval()
        return cls(
            config["model"],
            module,
            settings,
            TrainingSettings(**TrainingSettings.read(config["training"])),
            config["seed"],
            data,
            TableSchema.from_json(table) if table else None,
            History.read(folder / "history.csv"),
            read_json(folder / "summary.json"),
            own,
            folder,
        )
