"""Sparsity of codes: means drawn to zero by their absolute values."""

import torch

from unweave.models.corner import Corner
from unweave.objectives.outputs import VariationalOutputs
from unweave.objectives.term import Term, Weight


def absolute_means(mean: torch.Tensor) -> torch.Tensor:
    """Return E Σ_k |μ_k|, the mean over the batch of the absolute means, summed over codes.

    Tibshirani (1996), equation 1, of a posterior's means in place of coefficients.

    Parameters
    ----------
    mean : torch.Tensor
        N x K, of q(z|x).
    """
    return mean.abs().sum(1).mean()


def value(outputs: VariationalOutputs) -> torch.Tensor:
    return absolute_means(outputs.mean)


SPARSITY = Weight("sparsity", "λ_1", "weight of the absolute means")
ABSOLUTE_MEANS = Term(
    name="absolute_means",
    symbol="E Σ_k |μ_k|",
    unit="code units",
    source="Tibshirani (1996), equation 1",
    value=value,
    weight=SPARSITY,
)

# The row of the table of corners, `CORNERS` in `models/variational/family.py`.
SPARSE_VAE = Corner(
    "means drawn to zero by their absolute values",
    "Tibshirani (1996), equation 1",
    {"sparsity": 0.5},
    terms=(ABSOLUTE_MEANS,),
)
