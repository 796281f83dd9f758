"""Runs on the Hugging Face Hub: a run's files and a model card, up and down; never a pickle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from unweave.data import SOURCES
from unweave.errors import RequestError, shortened
from unweave.files import write_text
from unweave.reporting.model_card import model_card
from unweave.runs.model import Model

ADDRESS = "hf://"
FILES = ("config.json", "model.safetensors", "history.csv", "summary.json")
PICKLES = (".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth")
PICTURE = "traversal.png"
_LONGEST = 200
_REPOSITORY = re.compile(r"(?P<name>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>[\w./-]+))?")


def push_to_hub(model: Model, name: str, data: Any = None, *, private: bool = False) -> str:
    """Put a run and its model card into a repository of the Hub.

    Parameters
    ----------
    model : Model
    name : str
        ``user/name``; the repository is made if it does not exist.
    data : as for `Model.encode`, optional
        The data that the card's scores and reading are of; the training data unless given.
        Where that cannot be found, the card has none.
    private : bool
        Whether a new repository is private.

    Returns
    -------
    str
        The address that `unweave.load` takes.

    Raises
    ------
    RequestError
        If the name is none, ``huggingface_hub`` is missing, or the Hub refuses.
    """
    name, revision = _repository(name)
    if revision:
        raise RequestError(f"{name}@{revision}: a revision is for loading; give user/name")
    api = _api()
    with TemporaryDirectory() as place, _in_one_line(name):
        folder = Path(place)
        _without_paths(model).save(folder)
        write_text(folder / "README.md", _card(model, data, folder))
        api.create_repo(name, private=private, exist_ok=True)
        api.upload_folder(repo_id=name, folder_path=str(folder), commit_message="A run of unweave")
    return f"{ADDRESS}{name}"


def fetch_run(address: str) -> Path:
    """Return the folder, in the Hub's own cache, of the run at ``hf://user/name``.

    ``hf://user/name@revision`` is one of its commits, branches or tags.

    Raises
    ------
    RequestError
        If the address is none, or the repository cannot be reached, lacks a file of a run or
        holds a pickle.
    """
    name, revision = _repository(address)
    api = _api()
    with _in_one_line(name):
        held = api.list_repo_files(name, revision=revision)
    for file in held:
        if PurePosixPath(file).suffix.lower() in PICKLES:
            raise RequestError(f"{address}: {file} may run code when it is read; nothing is loaded")
    if missing := [file for file in FILES if file not in held]:
        raise RequestError(
            f"{address}: not a run, it has no {missing[0]}; push one with model.push_to_hub"
        )
    with _in_one_line(name):
        return Path(api.snapshot_download(name, revision=revision, allow_patterns=list(FILES)))


def _api() -> Any:
    if find_spec("huggingface_hub") is None:
        raise RequestError("huggingface_hub is not installed: pip install 'unweave[hub]'")
    from huggingface_hub import HfApi

    return HfApi()


def _repository(address: str) -> tuple[str, str | None]:
    found = _REPOSITORY.fullmatch(address.removeprefix(ADDRESS))
    if found is None or len(address) > _LONGEST:
        raise RequestError(f"{shortened(address)}: write user/name, in unweave.load hf://user/name")
    return found["name"], found["revision"]


@contextmanager
def _in_one_line(name: str) -> Iterator[None]:
    """Turn what the Hub or the network refuse into an error of one line."""
    try:
        yield
    except RequestError:
        raise
    except (OSError, ValueError) as error:  # HfHubHTTPError is an OSError.
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise RequestError(f"{ADDRESS}{name}: the Hub could not be used ({said})") from error


def _without_paths(model: Model) -> Model:
    """Return the run without the path of its data, which is nobody's concern elsewhere."""
    source = model.data["source"]
    known = source.partition(":")[0] in SOURCES
    return replace(model, data={**model.data, "source": source if known else ""}, folder=None)


def _card(model: Model, data: Any, folder: Path) -> str:
    """Return the card's text; draw its picture into the folder."""
    from unweave.interpretation.interpret import interpret
    from unweave.metrics.evaluation import evaluate_models

    shown = replace(model, folder=None)
    try:
        dataset = model.dataset(data)
    except RequestError:
        if data is not None:
            raise
        return model_card(shown, {}, {})
    scores = evaluate_models([shown], dataset, None, "test")[0]["scores"]
    if not model.has_posterior:
        return model_card(shown, scores, {})
    from unweave.editing.traversal import traverse
    from unweave.reporting.traversals import save_traversal

    save_traversal(shown, traverse(shown, dataset), folder / PICTURE)
    found = interpret(shown, dataset).facts() if model.table is not None else {}
    dimensions = {name: str(text) for name, text in found.items() if re.fullmatch(r"z\d+", name)}
    return model_card(shown, scores, dimensions, PICTURE)
