"""Averages of posteriors over pairs of samples, in the dimensions that a pair shares."""

from __future__ import annotations

import math

import torch

from unweave.objectives.shapes import check_same_shape


def kl_between(
    mean: torch.Tensor,
    log_variance: torch.Tensor,
    other_mean: torch.Tensor,
    other_log_variance: torch.Tensor,
) -> torch.Tensor:
    """Return KL(N(mean, variance) ‖ N(other mean, other variance)) in nats, elementwise.

    ½ (σ₁²/σ₂² + (μ₁ − μ₂)²/σ₂² − 1 − log σ₁²/σ₂²).
    """
    ratio = log_variance - other_log_variance
    squared = (mean - other_mean).square() * torch.exp(-other_log_variance)
    return 0.5 * (squared + torch.expm1(ratio) - ratio)


def averaged_pairs(
    mean: torch.Tensor, log_variance: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return posteriors that are equal within each pair, in the dimensions that it shares.

    Locatello et al. (2020), section 4 (Ada-GVAE). δ_k is KL(q(z_k|x₁) ‖ q(z_k|x₂)); a pair
    shares the dimensions of δ_k < ½ (min δ + max δ). There both samples get the mean of both
    means and the mean of both variances.

    Parameters
    ----------
    mean, log_variance : torch.Tensor
        2P x K: rows 0 and 1 are a pair, rows 2 and 3, and so on.

    Returns
    -------
    tuple of torch.Tensor
        Mean and log-variance, 2P x K.
    """
    check_same_shape(mean=mean, log_variance=log_variance)
    means, log_variances = _paired(mean), _paired(log_variance)
    with torch.no_grad():  # Which dimensions are shared is a choice, and has no gradient.
        distance = kl_between(means[:, 0], log_variances[:, 0], means[:, 1], log_variances[:, 1])
        middle = (distance.amin(1, keepdim=True) + distance.amax(1, keepdim=True)) / 2
        shared = (distance < middle)[:, None]
    # log ((σ₁² + σ₂²) / 2), without leaving logarithms.
    common = torch.logaddexp(log_variances[:, :1], log_variances[:, 1:]) - math.log(2)
    means = torch.where(shared, means.mean(1, keepdim=True), means)
    log_variances = torch.where(shared, common, log_variances)
    return means.flatten(0, 1), log_variances.flatten(0, 1)


def _paired(rows: torch.Tensor) -> torch.Tensor:
    return rows.reshape(-1, 2, rows.shape[1])
