"""Types of the JSON files of a run's folder, which are checked when they are read."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from unweave.data import TableSchema
from unweave.data.tables.columns import Column
from unweave.errors import RequestError, shown
from unweave.models.families import family_of
from unweave.runs.documents import Bounds, as_document, check_type, read_json, refuse
from unweave.runs.training_settings import TrainingSettings

FORMAT = 1
"""The version of a run's files; a change that this reader could not read raises it."""
LARGEST_SEED = 2**63 - 1
_LARGEST_SINGLE = 3.4e38

Count = Annotated[int, Bounds(least=0)]
Positive = Annotated[int, Bounds(least=1)]
Seconds = Annotated[float, Bounds(least=0)]


class LabelFacts(TypedDict):
    """The labels that a model learned from."""

    names: list[str]
    exclusive: bool
    bounds: NotRequired[dict[str, Annotated[list[float], Bounds(lengths=(2,))]]]


class FormerColumn(TypedDict):
    """A column of a table as early runs have stored it."""

    name: str
    role: Literal["numeric", "two-valued", "constant", "left out"]
    mean: NotRequired[float]
    sd: NotRequired[float]
    fill: NotRequired[float]
    blanks: NotRequired[Count]
    unreadable: NotRequired[Count]
    levels: NotRequired[Annotated[list[str], Bounds(lengths=(2, 2))] | None]
    constant: NotRequired[float | str | None]
    note: NotRequired[str]


class TableFacts(TypedDict):
    """How a table became numbers; columns are of `Column` or of `FormerColumn`."""

    rows: Count
    duplicates: Count
    columns: list[dict[str, Any]]
    coding: NotRequired[Literal["gaussian", "columns"]]
    missing: NotRequired[list[str]]


class DataFacts(TypedDict):
    """The training data; see `Model.data`."""

    name: str
    source: str
    fingerprint: str
    shape: Annotated[list[Positive], Bounds(lengths=(1, 3))]
    population: Positive
    crop: NotRequired[str]
    white: NotRequired[Annotated[int, Bounds(1, 255)]]
    labels: NotRequired[LabelFacts]
    table: TableFacts | None


class TurnFacts(TypedDict):
    """How the latent dimensions were turned; see `Model.turn`."""

    method: str
    dimensions: Positive
    simplicity: dict[str, float]
    independence: NotRequired[dict[str, float]]
    factor_correlations: list[list[float]]
    notes: list[str]


class Config(TypedDict):
    """``config.json``."""

    format: int
    model: str
    seed: Annotated[int, Bounds(0, LARGEST_SEED)]
    settings: dict[str, Any]
    training: dict[str, Any]
    data: DataFacts
    networks: dict[str, str] | None
    versions: dict[str, str]
    turn: NotRequired[TurnFacts]


class HealthFacts(TypedDict):
    """The findings on a model's health; see `unweave.training.health`."""

    collapsed: bool
    dead: dict[str, float]
    exploded: NotRequired[list[Count]]
    variance: NotRequired[float | None]
    note: str


class LearnedColumnFacts(TypedDict):
    """Facts of the learned columns of a table; see `unweave.runs.weighted_draws.column_facts`."""

    residual_variance: list[Annotated[float, Bounds(1e-30, 1e30)] | None]
    nats: list[float]


class Summary(TypedDict):
    """``summary.json``."""

    steps: Count
    seconds: Seconds
    steps_per_second: NotRequired[Seconds]
    loss: NotRequired[dict[str, float]]
    kl: NotRequired[list[float]]
    informative: NotRequired[list[Count]]
    accuracy: NotRequired[float]
    health: NotRequired[HealthFacts]
    device: NotRequired[str]
    precision: NotRequired[str]
    compiled: NotRequired[bool]
    trained_together: NotRequired[Positive]
    turn: NotRequired[TurnFacts]
    columns: NotRequired[LearnedColumnFacts]


class CheckpointNotes(TypedDict):
    """The document in the header of a checkpoint."""

    step: Count
    steps_per_second: Seconds
    seconds: Seconds
    together: NotRequired[bool]


def read_config_file(path: Path) -> dict[str, Any]:
    """Return the contents of a ``config.json``, all of them checked.

    Raises
    ------
    RequestError
        If a later version wrote it, or an entry is missing, of another type, or no value of its
        setting.
    """
    document = read_json(path)
    _check_format(path, document)
    config: dict[str, Any] = dict(as_document(path, document, Config))
    try:
        settings = family_of(config["model"]).settings
    except RequestError as error:
        raise refuse(path, "model", str(error)) from None
    for key, kind in (("settings", settings), ("training", TrainingSettings)):
        try:
            kind(**kind.read(config[key]))
        except RequestError as error:
            raise refuse(path, key, str(error)) from None
    _check_data(path, config["data"])
    return config


def read_summary_file(path: Path) -> dict[str, Any]:
    """Return the contents of a ``summary.json``, all of them checked."""
    summary: dict[str, Any] = dict(as_document(path, read_json(path), Summary))
    dimensions = range(len(summary.get("kl", ())))
    for index in summary.get("informative", ()):
        # Codes without a posterior have no kl.
        if "kl" in summary and index not in dimensions:
            raise refuse(path, "informative", f"there is no dimension {index} in kl")
    return summary


def _check_format(path: Path, document: Any) -> None:
    """Refuse what another version wrote, by name if it says which."""
    if not isinstance(document, dict):
        raise refuse(path, "", f"a table of keys is wanted, not {shown(document)}")
    found = document.get("format")
    if found == FORMAT and isinstance(found, int):
        return
    if isinstance(found, int) and found > FORMAT:
        versions = document.get("versions")
        by = versions.get("unweave") if isinstance(versions, dict) else None
        raise RequestError(
            f"{path}: written by a later version of unweave"
            f"{f', {shown(by)},' if by else ''} in format {shown(found)}, and this one reads "
            f"format {FORMAT}; update unweave"
        )
    raise refuse(path, "format", f"not a run of this version of unweave, format {FORMAT}")


def _check_data(path: Path, data: dict[str, Any]) -> None:
    """Check what the types of `DataFacts` cannot say."""
    labels = data.get("labels")
    if labels is not None and len(set(labels["names"])) < len(labels["names"]):
        raise refuse(path, "data.labels.names", "two labels have the same name")
    table = data["table"]
    if table is None:
        return
    if len(data["shape"]) != 1:
        raise refuse(path, "data.table", "the samples are images, which have no table")
    for index, column in enumerate(table["columns"]):
        check_type(
            column,
            Column if "kind" in column else FormerColumn,
            partial(refuse, path),
            f"data.table.columns[{index}]",
        )
        if why := _unfit(column):
            key, said = why
            raise refuse(path, f"data.table.columns[{index}].{key}", said)
    names = [column["name"] for column in table["columns"]]
    if len(set(names)) < len(names):
        raise refuse(path, "data.table.columns", "two columns have the same name")
    features = len(TableSchema.from_json(table).features)
    if features != data["shape"][0]:
        raise refuse(
            path, "data.table.columns", f"{features} are features, and shape has {data['shape'][0]}"
        )


def _unfit(column: dict[str, Any]) -> tuple[str, str] | None:
    """Return the key and the fault of an entry of a column; None where all fit together."""
    # Networks take these as numbers of single precision.
    most = _LARGEST_SINGLE if column.get("kind") == "count" else math.inf
    for key in ("mean", "sd", "fill"):
        value = column.get(key, 1.0)
        if not math.isfinite(value) or abs(value) > most or (key == "sd" and value <= 0):
            wanted = "a number above 0" if key == "sd" else "a number"
            return key, f"{wanted} is wanted, not {shown(value)}"
    if column.get("decimal", "") not in ("", ".", ","):
        return "decimal", f"a point, a comma or nothing is wanted, not {shown(column['decimal'])}"
    levels = column.get("levels") or ()
    if len(set(levels)) < len(levels):
        return "levels", "two levels have the same text"
    dtype = column.get("dtype", "float" if "kind" in column else "text")
    for text in levels if dtype in ("int", "float") and not column.get("mark") else ():
        try:
            int(text) if dtype == "int" else float(text)
        except ValueError:
            return "levels", f"{shown(text)} is none of the dtype {dtype}"
    return None
