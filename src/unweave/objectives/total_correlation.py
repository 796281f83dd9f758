"""Total correlation KL(q(z) ‖ Π q(z_j)): how far the dimensions are from independence."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from unweave.objectives.outputs import AdversaryOutputs, VariationalOutputs
from unweave.objectives.shapes import check_same_shape
from unweave.objectives.term import Term, Weight


def density_ratio_total_correlation(logits: torch.Tensor) -> torch.Tensor:
    """Return the total correlation that a discriminator sees, in nats.

    mean(D₀(z) − D₁(z)), Kim and Mnih (2018), equation 3: with two outputs the density
    ratio q(z) / Π q(z_j) is the difference of the logits.

    Parameters
    ----------
    logits : torch.Tensor
        N x 2, the discriminator's outputs on codes z ~ q(z); column 0 stands for 'joint'.
    """
    _two_columns(logits)
    return (logits[:, 0] - logits[:, 1]).mean()


def discriminator_loss(joint: torch.Tensor, permuted: torch.Tensor) -> torch.Tensor:
    """Return the cross entropy of telling q(z) from Π q(z_j), in nats.

    Kim and Mnih (2018), algorithm 2. It is log 2 if the two cannot be told apart.

    Parameters
    ----------
    joint, permuted : torch.Tensor
        N x 2, outputs on codes, and on codes whose dimensions were permuted.
    """
    _two_columns(joint)
    _two_columns(permuted)
    zeros = torch.zeros(len(joint), dtype=torch.long, device=joint.device)
    ones = torch.ones(len(permuted), dtype=torch.long, device=permuted.device)
    return 0.5 * (functional.cross_entropy(joint, zeros) + functional.cross_entropy(permuted, ones))


def permute_dimensions(codes: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """Return codes whose columns are each shuffled over the batch by their own order.

    A sample of Π q(z_j): Kim and Mnih (2018), algorithm 1.

    Parameters
    ----------
    codes : torch.Tensor
        N x K.
    order : torch.Tensor
        N x K, every column a permutation of 0 … N − 1.
    """
    check_same_shape(codes=codes, order=order)
    return codes.gather(0, order)


def minibatch_weighted_total_correlation(
    codes: torch.Tensor,
    mean: torch.Tensor,
    log_variance: torch.Tensor,
    population: int,
) -> torch.Tensor:
    """Return the minibatch-weighted estimate of the total correlation, in nats.

    Chen et al. (2018), equations S3 and 5: q(z_n) is estimated by the batch's mixture
    (1 / NM) Σ_m q(z_n | x_m), and likewise each q(z_nk). The factor 1 / NM enters the
    joint once and the marginals K times, so the value has an offset near (K − 1) log N
    without a gradient: it does not measure the total correlation.

    Parameters
    ----------
    codes, mean, log_variance : torch.Tensor
        M x K: samples z, and the parameters of q(z|x) they were drawn from.
    population : int
        N, the number of training samples the batch was drawn from.
    """
    check_same_shape(codes=codes, mean=mean, log_variance=log_variance)
    # M x M x K: log q(z_nk | x_m)
    scaled = (codes[:, None] - mean[None]).square() * torch.exp(-log_variance)[None]
    densities = -0.5 * (scaled + log_variance[None] + math.log(2 * math.pi))
    weight = math.log(len(codes) * population)
    joint = densities.sum(2).logsumexp(1) - weight
    marginals = (densities.logsumexp(1) - weight).sum(1)
    return (joint - marginals).mean()


def _two_columns(logits: torch.Tensor) -> None:
    if logits.ndim != 2 or logits.shape[1] != 2:
        raise ValueError(f"discriminator outputs must be N x 2, not {tuple(logits.shape)}")


def _density_ratio(outputs: VariationalOutputs) -> torch.Tensor:
    assert outputs.discriminate is not None
    return density_ratio_total_correlation(outputs.discriminate(outputs.codes))


def _minibatch_weighted(outputs: VariationalOutputs) -> torch.Tensor:
    return minibatch_weighted_total_correlation(
        outputs.codes, outputs.mean, outputs.log_variance, outputs.population
    )


def _discriminator(outputs: AdversaryOutputs) -> torch.Tensor:
    return discriminator_loss(outputs.joint, outputs.permuted)


GAMMA = Weight("gamma", "γ", "weight of the total correlation")
MINIBATCH_WEIGHTED = Term(
    name="minibatch_weighted_total_correlation",
    symbol="TC_MWS(z)",
    unit="nats, offset",
    source="Chen et al. (2018), equations S3 and 5",
    value=_minibatch_weighted,
    weight=GAMMA,
    used=lambda settings: settings.total_correlation == "minibatch-weighted",
)
DENSITY_RATIO = Term(
    name="total_correlation",
    symbol="TC(z)",
    unit="nats",
    source="Kim and Mnih (2018), equation 3",
    value=_density_ratio,
    weight=GAMMA,
    used=lambda settings: settings.total_correlation == "density-ratio",
)
DISCRIMINATOR = Term(
    name="discriminator",
    symbol="−½ E log D(z) − ½ E log(1 − D(z̄))",
    unit="nats",
    source="Kim and Mnih (2018), algorithm 2",
    value=_discriminator,
    used=lambda settings: settings.total_correlation == "density-ratio",
    adversary=True,
)
