"""The state of optimisers as tensors, for checkpoints."""

from __future__ import annotations

import torch

from unweave.runs.tensors import Tensors


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
