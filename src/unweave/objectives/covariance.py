"""Covariance penalties: codes whose covariance is the identity are uncorrelated."""

from __future__ import annotations

from typing import Any

import torch

from unweave.objectives.outputs import VariationalOutputs
from unweave.objectives.shapes import check_same_shape
from unweave.objectives.term import Term, Weight


def covariance(codes: torch.Tensor) -> torch.Tensor:
    """Return the covariance of the columns of `codes` over the batch.

    The sum is divided by N: this is the expectation over the batch.

    Parameters
    ----------
    codes : torch.Tensor
        N x K, N at least 2.

    Returns
    -------
    torch.Tensor
        K x K, symmetric.
    """
    if codes.ndim != 2 or len(codes) < 2:
        raise ValueError(f"codes must be N x K with N at least 2, not {tuple(codes.shape)}")
    centred = codes - codes.mean(0, keepdim=True)
    return centred.T @ centred / len(codes)


def aggregate_covariance(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Return the covariance of the aggregate posterior q(z): Cov(μ) + diag E σ².

    Kumar, Sattigeri and Balakrishnan (2018), equation 5 (the law of total covariance).
    The mean variance is added to the diagonal alone.

    Parameters
    ----------
    mean, log_variance : torch.Tensor
        N x K.

    Returns
    -------
    torch.Tensor
        K x K.
    """
    check_same_shape(mean=mean, log_variance=log_variance)
    return covariance(mean) + torch.diag(log_variance.exp().mean(0))


def off_diagonal_penalty(matrix: torch.Tensor) -> torch.Tensor:
    """Return Σ_{i≠j} Cov_ij² of a K x K covariance."""
    _square(matrix)
    return matrix.square().sum() - matrix.diagonal().square().sum()


def diagonal_penalty(matrix: torch.Tensor) -> torch.Tensor:
    """Return Σ_i (Cov_ii − 1)² of a K x K covariance."""
    _square(matrix)
    return (matrix.diagonal() - 1).square().sum()


def _square(matrix: torch.Tensor) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a covariance must be K x K, not {tuple(matrix.shape)}")


def _penalised(outputs: VariationalOutputs) -> torch.Tensor:
    if outputs.settings.covariance_of == "mean":
        return covariance(outputs.mean)
    return aggregate_covariance(outputs.mean, outputs.log_variance)


def _either_is_used(settings: Any) -> bool:
    return OFF_DIAGONAL_WEIGHT.is_used(settings) or DIAGONAL_WEIGHT.is_used(settings)


_SOURCE = "Kumar, Sattigeri and Balakrishnan (2018), equations 6 and 7"
OFF_DIAGONAL_WEIGHT = Weight(
    "lambda_off_diagonal", "λ_od", "weight of the squared off-diagonal covariances"
)
DIAGONAL_WEIGHT = Weight(
    "lambda_diagonal", "λ_d", "weight of the squared distance of the variances from 1"
)
OFF_DIAGONAL = Term(
    name="covariance_off_diagonal",
    symbol="Σ_{i≠j} Cov_ij²",
    unit="squared covariance",
    source=_SOURCE,
    value=lambda outputs: off_diagonal_penalty(_penalised(outputs)),
    weight=OFF_DIAGONAL_WEIGHT,
    used=_either_is_used,
)
DIAGONAL = Term(
    name="covariance_diagonal",
    symbol="Σ_i (Cov_ii − 1)²",
    unit="squared covariance",
    source=_SOURCE,
    value=lambda outputs: diagonal_penalty(_penalised(outputs)),
    weight=DIAGONAL_WEIGHT,
    used=_either_is_used,
)
