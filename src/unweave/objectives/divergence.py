"""The KL divergence of codes from their prior, its capacity, and informative dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from unweave.objectives.outputs import VariationalOutputs
from unweave.objectives.shapes import check_same_shape
from unweave.objectives.term import Term, Weight


def kl_from_standard_normal(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Return KL(N(mean, variance) ‖ N(0, 1)) in nats, for every sample and dimension.

    ½ (μ² + σ² − 1 − log σ²), the closed form of Kingma and Welling (2014), appendix B.

    Parameters
    ----------
    mean, log_variance : torch.Tensor
        N x K.

    Returns
    -------
    torch.Tensor
        N x K, never negative.
    """
    check_same_shape(mean=mean, log_variance=log_variance)
    # expm1(l) − l keeps its digits where the variance is close to 1.
    return 0.5 * (mean.square() + torch.expm1(log_variance) - log_variance)


def capacity_gap(total_kl: torch.Tensor, capacity: torch.Tensor | float) -> torch.Tensor:
    """Return |KL − c|, the distance of the batch's mean total KL from the capacity, in nats.

    Burgess et al. (2018), equation 8. With capacity 0 this is the KL itself.

    Parameters
    ----------
    total_kl : torch.Tensor
        Scalar: KL summed over dimensions, averaged over the batch.
    capacity : float or scalar tensor
    """
    return (total_kl - capacity).abs()


INFORMATIVE_NATS = 0.1
INFORMATIVE_VARIANCE = 0.01


def informative_dimensions(
    kl: Sequence[float],
    variances: Sequence[float] | None = None,
    threshold: float = INFORMATIVE_NATS,
    kept: int | None = None,
) -> list[int]:
    """Return the indices of the informative dimensions, ascending.

    Their mean KL exceeds `threshold` nats, and their means vary over the data: by more than 0.01,
    as the active units of Burda, Grosse and Salakhutdinov (2016) do. Either alone misleads: a
    posterior that is narrow in the same way for every sample has nats and tells nothing apart.

    Parameters
    ----------
    kl : sequence of float
        Mean KL of each dimension in nats, K.
    variances : sequence of float, optional
        Variances of the posterior means over the data, K; unless given, nats alone decide.
    threshold : float
    kept : int, optional
        Only the first `kept` dimensions may be informative.
    """
    return [
        index
        for index, value in enumerate(kl[:kept])
        if value > threshold and (variances is None or variances[index] > INFORMATIVE_VARIANCE)
    ]


def _kl(outputs: VariationalOutputs) -> torch.Tensor:
    return kl_from_standard_normal(outputs.mean, outputs.log_variance).sum(1).mean()


def _beyond_capacity(outputs: VariationalOutputs, kl: torch.Tensor) -> torch.Tensor:
    if "capacity" not in outputs.coefficients:
        return kl
    return capacity_gap(kl, outputs.coefficients["capacity"])


BETA = Weight("beta", "β", "weight of the KL divergence", default=1.0)
KL = Term(
    name="kl",
    symbol="|KL(q(z|x) ‖ p(z)) − c|",
    unit="nats",
    source="Higgins et al. (2017), equation 4; Burgess et al. (2018), equation 8",
    value=_kl,
    weight=BETA,
    weighed=_beyond_capacity,
    used=lambda settings: True,
)
