"""Checkpoints: their file, read back with every entry checked, and optimisers as tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from unweave.errors import RequestError, shortened
from unweave.runs.documents import as_document
from unweave.runs.folder import checkpoint_file
from unweave.runs.run_documents import CheckpointNotes
from unweave.runs.tensors import Tensors, load_notes, load_tensors

ADAM = ("step", "exp_avg", "exp_avg_sq")


def read_notes(folder: Path) -> CheckpointNotes:
    """Return the document in the header of a run's checkpoint.

    Raises
    ------
    RequestError
        If the checkpoint is missing or damaged, or an entry is missing or of another type.
    """
    path = checkpoint_file(folder)
    return as_document(path, load_notes(path), CheckpointNotes)


def read_checkpoint(
    folder: Path,
    state: Mapping[str, torch.Tensor],
    optimizers: Mapping[str, Sequence[Any]],
    steps: int,
) -> tuple[Tensors, CheckpointNotes]:
    """Return the tensors and the document of a run's checkpoint.

    Parameters
    ----------
    folder : pathlib.Path
        The run's folder.
    state : mapping of str to torch.Tensor
        Tensors of the names, shapes and types that the checkpoint must hold.
    optimizers : mapping of str to sequence of tuple
        For the name of each optimiser shape and type of its parameters: its state may be
        missing as a whole, as before the first step.
    steps : int
        The run's number of steps.

    Raises
    ------
    RequestError
        If the checkpoint is missing, damaged, or that of another run.
    """
    path = checkpoint_file(folder)
    tensors, _ = load_tensors(path)
    notes = read_notes(folder)
    if notes["step"] > steps:
        raise _misfit(path, f"it is of step {notes['step']}, and the run has {steps}")
    wanted = {name: (tuple(value.shape), value.dtype) for name, value in state.items()}
    for prefix, parameters in optimizers.items():
        if any(name.startswith(f"{prefix}/") for name in tensors):
            wanted |= {
                f"{prefix}/{index}.{name}": _count(tensors) if name == "step" else moments
                for index, moments in enumerate(parameters)
                for name in ADAM
            }
    for name in [*wanted, *tensors]:
        found = (tuple(tensors[name].shape), tensors[name].dtype) if name in tensors else None
        if name not in wanted or found != wanted[name]:
            said = "is not known" if name not in wanted else f"{found} is not {wanted[name]}"
            raise _misfit(path, f"{shortened(name)}: {said if found else 'is missing'}")
    return tensors, notes


def _count(tensors: Tensors) -> tuple[tuple[int, ...], torch.dtype]:
    """Return shape and type of Adam's count of steps; its kinds differ in the type."""
    counts = {value.dtype for name, value in tensors.items() if name.endswith("0.step")}
    return (), torch.float64 if torch.float64 in counts else torch.float32


def _misfit(path: Path, why: str) -> RequestError:
    return RequestError(f"{path}: does not fit config.json ({why}); train the run again")


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> Tensors:
    """Return an optimiser's state as named tensors (its settings are among the run's)."""
    state = optimizer.state_dict()["state"]
    return {f"{index}.{name}": value for index, s in state.items() for name, value in s.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Restore the state that `optimizer_tensors` returned."""
    parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
    state: dict[int, Tensors] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:
            # In the parameter's own memory format, as fused Adam expects.
            value = torch.empty_like(parameter).copy_(value)
        state.setdefault(int(index), {})[name] = value
    document = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": document["param_groups"]})
