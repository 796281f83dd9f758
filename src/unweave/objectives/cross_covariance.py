"""Cross-covariance penalty: two blocks of a code that are uncorrelated with each other."""

from __future__ import annotations

import torch

from unweave.objectives.shapes import check_pairs


def cross_covariance_penalty(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return XCov = ½ Σ_ij [mean_n (y_ni − ȳ_i)(z_nj − z̄_j)]².

    Cheung et al. (2015); equation 15 of Song, Koyejo and Zhang (arXiv 1912.11675).
    It sees linear dependence only, and is never negative.

    Parameters
    ----------
    left, right : torch.Tensor
        N x P and N x Q, rows paired, N at least 2: soft targets ŷ and latent values z.

    Returns
    -------
    torch.Tensor
        Scalar, in squared units of `left` times squared units of `right`: quadratic in the
        scale of each.

    Raises
    ------
    ValueError
        If the samples are not two tables of equally many rows.

    Examples
    --------
    >>> ends = torch.tensor([[0.0], [1.0]])
    >>> cross_covariance_penalty(ends, ends).item()  # half of the variance, ¼, squared
    0.03125
    """
    check_pairs(left, right, least=2)
    left, right = left - left.mean(0), right - right.mean(0)
    return 0.5 * (left.T @ right / len(left)).square().sum()
