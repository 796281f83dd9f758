"""Train what `test_processes.py` asks for, in each of the processes it starts."""

import contextlib
import dataclasses
import itertools
import json
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from torch import nn

from support import double_precision, train_run
from unweave.data import Labels, load_data
from unweave.training.loop import Loop


@contextlib.contextmanager
def forgetting(statistics, gathers):
    """Leave out the other processes where these statistics are taken.

    A process's own rows stand for theirs, so that shapes and the scale of gradients stay.

    Parameters
    ----------
    statistics : list of str
        Some of `gathers`, or 'batch norm of 32', of the layers that are so wide.
    gathers : list of str
        What a model joins in a step, in this order.
    """
    plain, turns = Loop._gather, itertools.cycle(gathers)

    def gather(loop, rows):
        # Batch norms join means and variances: 1 x 2 x width.
        name = f"batch norm of {rows.shape[2]}" if rows.ndim == 3 else next(turns)
        if name not in statistics:
            return plain(loop, rows)
        return torch.cat([rows] * loop.fabric.world_size)

    with patch.object(Loop, "_gather", gather):
        yield


def data_for(case):
    data = load_data(case["data"])
    if case["double"] and data.kind == "table":
        data = dataclasses.replace(data, samples=np.asarray(data.samples, np.float64))
    if case["untold"]:
        classes = data.labels.values.copy()
        classes[:: case["untold"]] = -1
        data = dataclasses.replace(data, labels=Labels(data.labels.names, classes, exclusive=True))
    return data


def own_networks():
    def network(inputs, outputs):
        hidden = nn.Linear(inputs, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU()
        return nn.Sequential(*hidden, nn.Linear(32, outputs))

    torch.manual_seed(0)
    return {"encoder": network(15, 8), "decoder": network(4, 15)}


def train(case, folder):
    with double_precision() if case["double"] else contextlib.nullcontext():
        networks = own_networks() if case["own_networks"] else {}
        options = {"changes": case["changes"], "device": "cpu", "progress": False, **networks}
        train_run(case["model"], data_for(case), out=folder, **options)


if __name__ == "__main__":
    for name, case in json.loads(sys.argv[1]).items():
        with contextlib.ExitStack() as mutation:
            if case["forgotten"]:
                mutation.enter_context(forgetting(case["forgotten"], case["gathers"]))
            train(case, Path(sys.argv[2]) / name)
