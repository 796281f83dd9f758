"""Covariance penalties: codes whose covariance is the identity are uncorrelated."""

from __future__ import annotations

import torch

from unweave.objectives.shapes import check_same_shape


def covariance(codes: torch.Tensor) -> torch.Tensor:
    """Return the covariance of the columns of `codes` over the batch.

    Divided by N, being the expectation over the batch.

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
    The mean variance stands on the diagonal alone.

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
