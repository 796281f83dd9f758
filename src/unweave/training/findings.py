"""What a run's summary says of its model, measured on the test split."""

from __future__ import annotations

from typing import Any

import torch

from unweave.data import UNKNOWN, Dataset
from unweave.objectives.divergence import informative_dimensions
from unweave.training.run import Run


def findings(run: Run, dataset: Dataset) -> dict[str, Any]:
    """Return what `summary.json` holds for the run's family.

    Variational: ``kl`` in nats, a value for each dimension, and the indices of the
    ``informative`` ones. Attribute: ``accuracy``, the share of known test labels that ŷ,
    made discrete, gets right; left out where no test label is known.
    """
    rows = dataset.rows("test")
    if run.targets is None:
        kl = run.kl(dataset, rows).tolist()
        return {"kl": kl, "informative": informative_dimensions(kl), "kl_of": "test"}
    if not len(run.targets) or dataset.labels is None:
        return {}
    if (dataset.labels.values[rows] == UNKNOWN).all():
        return {}
    soft = torch.from_numpy(run.soft_targets(dataset, rows))
    labels = torch.from_numpy(dataset.labels.values[rows])
    return {"accuracy": run.targets.accuracy(soft, labels).item(), "accuracy_of": "test"}
