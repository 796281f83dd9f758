"""Checkpoints: one safetensors file, so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from unweave.errors import RequestError
from unweave.files import written_whole

Tensors = dict[str, torch.Tensor]


def checkpoint_file(folder: Path) -> Path:
    """Return where a run keeps its checkpoint."""
    return folder / "checkpoint" / "latest.safetensors"


def save_tensors(path: Path, tensors: Mapping[str, torch.Tensor], notes: Any = None) -> None:
    """Write tensors, and a JSON document in the header, as one whole file."""
    # Copies, because safetensors refuses tensors that share memory.
    contents = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with written_whole(path) as temporary:
        save_file(contents, temporary, metadata={"notes": json.dumps(notes)})


def load_tensors(path: Path) -> tuple[Tensors, Any]:
    """Read what `save_tensors` wrote: the tensors and the JSON document.

    Raises
    ------
    RequestError
        If the file is missing, truncated, or something else.
    """
    with _readable(path):
        return load_file(path), load_notes(path)


def load_notes(path: Path) -> Any:
    """Read the JSON document alone; raises as `load_tensors` does."""
    with _readable(path), safe_open(path, "pt") as stored:
        return json.loads((stored.metadata() or {}).get("notes", "null"))


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError, ValueError) as error:
        raise RequestError(
            f"{path}: not a readable safetensors file ({error}); train the run again"
        ) from error


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> Tensors:
    """Return an optimiser's state as named tensors (its settings live in the run's)."""
    state = optimizer.state_dict()["state"]
    return {f"{index}.{name}": value for index, s in state.items() for name, value in s.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Put back what `optimizer_tensors` returned."""
    parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
    state: dict[int, Tensors] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:
            # In the parameter's own memory format: fused Adam walks through both in step.
            value = torch.empty_like(parameter).copy_(value)
        state.setdefault(int(index), {})[name] = value
    document = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": document["param_groups"]})


def prefixed(prefix: str, tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Return the tensors under names that begin with `prefix` and a slash."""
    return {f"{prefix}/{name}": value for name, value in tensors.items()}


def under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Undo `prefixed`: the tensors of one prefix, without it."""
    start = prefix + "/"
    return {
        name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)
    }
