"""Log-likelihoods of data given a decoder's output, summed over features."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from unweave.objectives.outputs import VariationalOutputs
from unweave.objectives.shapes import check_same_shape
from unweave.objectives.term import Term


def bernoulli_log_likelihood(samples: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Return log p(x|z) in nats for x in [0, 1] under independent Bernoulli features.

    Values between 0 and 1 count as the probability of a one (a cross entropy).

    Parameters
    ----------
    samples, logits : torch.Tensor
        N x ..., of equal shape.

    Returns
    -------
    torch.Tensor
        N log-likelihoods, each summed over its sample's features.
    """
    check_same_shape(samples=samples, logits=logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, samples, reduction="none")
    return -entropy.flatten(1).sum(1)


def gaussian_log_likelihood(
    samples: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor | float
) -> torch.Tensor:
    """Return log N(x; mean, variance · I) in nats, the normalising constant included.

    The variance sets the unit in which the KL divergence is weighed against the fit.

    Parameters
    ----------
    samples, mean : torch.Tensor
        N x ..., of equal shape.
    variance : float or scalar tensor
        In squared units of the samples.

    Returns
    -------
    torch.Tensor
        N log-likelihoods, each summed over its sample's features.
    """
    check_same_shape(samples=samples, mean=mean)
    squares = (samples - mean).square().flatten(1).sum(1)
    features = samples[0].numel()
    log_variance = torch.log(variance) if isinstance(variance, torch.Tensor) else math.log(variance)
    return -0.5 * (squares / variance + features * (log_variance + math.log(2 * math.pi)))


def _reconstruction(outputs: VariationalOutputs) -> torch.Tensor:
    if outputs.log_probability is not None:
        variance = outputs.coefficients["likelihood_variance"]
        values = outputs.log_probability(outputs.samples, outputs.decoded, variance).sum(1)
    elif outputs.settings.likelihood == "bernoulli":
        values = bernoulli_log_likelihood(outputs.samples, outputs.decoded)
    else:
        variance = outputs.coefficients["likelihood_variance"]
        values = gaussian_log_likelihood(outputs.samples, outputs.decoded, variance)
    return -values.mean()


RECONSTRUCTION = Term(
    name="reconstruction",
    symbol="−E log p(x|z)",
    unit="nats",
    source="Kingma and Welling (2014), equation 10",
    value=_reconstruction,
)
