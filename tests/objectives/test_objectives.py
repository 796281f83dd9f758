"""Every objective against an independent value."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal, kl_divergence

from unweave.objectives.covariance import (
    aggregate_covariance,
    covariance,
    diagonal_penalty,
    off_diagonal_penalty,
)
from unweave.objectives.divergence import (
    capacity_gap,
    informative_dimensions,
    kl_from_standard_normal,
)
from unweave.objectives.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood
from unweave.objectives.total_correlation import (
    density_ratio_total_correlation,
    discriminator_loss,
    minibatch_weighted_total_correlation,
    permute_dimensions,
)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_kl_is_that_of_torch_distributions():
    mean, log_variance = random(7, 4), random(7, 4, seed=1)
    posterior = Normal(mean, torch.exp(0.5 * log_variance))
    prior = Normal(torch.zeros(()).double(), 1.0)
    torch.testing.assert_close(
        kl_from_standard_normal(mean, log_variance), kl_divergence(posterior, prior)
    )


def test_kl_keeps_its_digits_near_zero():
    log_variance = torch.full((1, 1), 1e-4, dtype=torch.float32)
    kl = kl_from_standard_normal(torch.zeros(1, 1), log_variance)
    # ½ (e^l − 1 − l) = l²/4 to first order; plain float32 subtraction loses it all.
    assert kl.item() == pytest.approx(1e-8 / 4, rel=1e-2)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_kl_is_never_negative_and_zero_at_the_prior(mean, log_variance):
    kl = kl_from_standard_normal(
        torch.tensor([[mean]]).double(), torch.tensor([[log_variance]]).double()
    )
    assert kl.item() >= 0
    assert kl_from_standard_normal(torch.zeros(1, 1), torch.zeros(1, 1)).item() == 0


def test_capacity_gap_is_a_distance():
    assert capacity_gap(torch.tensor(7.0), 10.0).item() == 3
    assert capacity_gap(torch.tensor(12.0), 10.0).item() == 2
    assert capacity_gap(torch.tensor(12.0), 0.0).item() == 12


def test_informative_dimensions_exceed_the_threshold():
    assert informative_dimensions([0.1, 2.0, 0.0, 0.11]) == [1, 3]
    assert informative_dimensions([0.1, 2.0], threshold=3) == []


def test_gaussian_likelihood_is_that_of_torch_distributions():
    samples, mean, variance = random(5, 3, 2), random(5, 3, 2, seed=1), 0.3
    expected = Independent(Normal(mean, math.sqrt(variance)), 2).log_prob(samples)
    torch.testing.assert_close(gaussian_log_likelihood(samples, mean, variance), expected)
    tensor = torch.tensor(variance, dtype=torch.float64)
    torch.testing.assert_close(gaussian_log_likelihood(samples, mean, tensor), expected)


def test_bernoulli_likelihood_is_that_of_torch_distributions():
    logits = random(6, 4)
    samples = (random(6, 4, seed=1) > 0).double()
    expected = Independent(Bernoulli(logits=logits), 1).log_prob(samples)
    torch.testing.assert_close(bernoulli_log_likelihood(samples, logits), expected)


def test_covariance_by_hand():
    codes = torch.tensor([[1.0, 2.0], [3.0, 2.0], [5.0, 8.0]])
    # Means 3 and 4; deviations (−2, 0, 2) and (−2, −2, 4); sums 8, 24 and 12 over N = 3.
    expected = torch.tensor([[8 / 3, 4.0], [4.0, 8.0]])
    torch.testing.assert_close(covariance(codes), expected)
    assert off_diagonal_penalty(expected).item() == pytest.approx(32)
    assert diagonal_penalty(expected).item() == pytest.approx((5 / 3) ** 2 + 49)


def test_aggregate_covariance_adds_the_mean_variance_to_the_diagonal_alone():
    mean, log_variance = random(50, 3), random(50, 3, seed=1)
    difference = aggregate_covariance(mean, log_variance) - covariance(mean)
    torch.testing.assert_close(difference, torch.diag(log_variance.exp().mean(0)))


def test_aggregate_covariance_is_that_of_samples_of_the_aggregate_posterior():
    mean, log_variance = random(4, 2), random(4, 2, seed=1)
    noise = random(200_000, 4, 2, seed=2)
    samples = (mean + torch.exp(0.5 * log_variance) * noise).reshape(-1, 2)
    expected = torch.from_numpy(np.cov(samples.numpy().T, bias=True))
    # 800,000 draws: standard errors near 0.003.
    torch.testing.assert_close(
        aggregate_covariance(mean, log_variance), expected, atol=0.02, rtol=0
    )


def test_identity_covariance_has_no_penalty():
    identity = torch.eye(5)
    assert off_diagonal_penalty(identity).item() == 0
    assert diagonal_penalty(identity).item() == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: covariance(torch.zeros(3)),
        lambda: covariance(torch.zeros(1, 3)),
        lambda: aggregate_covariance(torch.zeros(4, 3), torch.zeros(4, 2)),
        lambda: off_diagonal_penalty(torch.zeros(2, 3)),
        lambda: diagonal_penalty(torch.zeros(3)),
        lambda: kl_from_standard_normal(torch.zeros(4, 3), torch.zeros(4)),
        lambda: bernoulli_log_likelihood(torch.zeros(4, 3), torch.zeros(4, 1)),
        lambda: gaussian_log_likelihood(torch.zeros(4, 3), torch.zeros(3), 1.0),
        lambda: density_ratio_total_correlation(torch.zeros(4, 1)),
        lambda: discriminator_loss(torch.zeros(4, 2), torch.zeros(4, 3)),
        lambda: permute_dimensions(torch.zeros(4, 3), torch.zeros(4, 2, dtype=torch.long)),
        lambda: minibatch_weighted_total_correlation(
            torch.zeros(4, 3), torch.zeros(4, 3), torch.zeros(4, 1), 9
        ),
    ],
)
def test_shapes_that_would_broadcast_are_refused(call):
    with pytest.raises(ValueError, match=r"shape|must be"):
        call()


def direct_minibatch_weighted(codes, mean, log_variance, population):
    """Chen et al. (2018), equations S3 and 5, term by term."""
    size, dimensions = codes.shape
    total = 0.0
    for n in range(size):
        joint, marginals = 0.0, [0.0] * dimensions
        for m in range(size):
            densities = [
                math.exp(-0.5 * (codes[n, k] - mean[m, k]) ** 2 / math.exp(log_variance[m, k]))
                / math.sqrt(2 * math.pi * math.exp(log_variance[m, k]))
                for k in range(dimensions)
            ]
            joint += math.prod(densities)
            marginals = [old + new for old, new in zip(marginals, densities, strict=True)]
        weight = size * population
        total += math.log(joint / weight) - sum(math.log(value / weight) for value in marginals)
    return total / size


def test_minibatch_weighted_estimate_is_its_direct_sum():
    codes, mean, log_variance = random(6, 3), random(6, 3, seed=1), 0.3 * random(6, 3, seed=2)
    estimate = minibatch_weighted_total_correlation(codes, mean, log_variance, 1000)
    direct = direct_minibatch_weighted(codes.numpy(), mean.numpy(), log_variance.numpy(), 1000)
    assert estimate.item() == pytest.approx(direct, rel=1e-10)


def test_discriminator_that_cannot_tell_loses_log_two():
    undecided = torch.zeros(9, 2)
    assert discriminator_loss(undecided, undecided).item() == pytest.approx(math.log(2))
    assert density_ratio_total_correlation(undecided).item() == 0


def test_permuting_keeps_every_column_and_breaks_the_rows():
    codes = torch.arange(12.0).reshape(6, 2)
    order = torch.rand(6, 2, generator=torch.Generator().manual_seed(0)).argsort(0)
    permuted = permute_dimensions(codes, order)
    torch.testing.assert_close(permuted.sort(0).values, codes)
    assert not torch.equal(permuted[:, 1] - permuted[:, 0], torch.ones(6))


def test_density_ratio_finds_the_total_correlation_of_a_gaussian():
    """Within 10 % of −½ log det R, by training the package's own discriminator."""
    from unweave.nets.perceptron import discriminator

    correlations = torch.tensor([[1.0, 0.7, 0.3], [0.7, 1.0, 0.5], [0.3, 0.5, 1.0]])
    truth = -0.5 * torch.logdet(correlations).item()
    torch.manual_seed(0)
    law = MultivariateNormal(torch.zeros(3), correlations)
    judge = discriminator(3, (64, 64))
    optimizer = torch.optim.Adam(judge.parameters(), lr=2e-3)
    for step in range(1500):
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / 1500)
        joint, other = law.sample((1000,)), law.sample((1000,))
        permuted = permute_dimensions(other, torch.rand(1000, 3).argsort(0))
        optimizer.zero_grad()
        discriminator_loss(judge(joint), judge(permuted)).backward()
        optimizer.step()
    with torch.no_grad():
        estimate = density_ratio_total_correlation(judge(law.sample((100_000,)))).item()
    assert estimate == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize(
    "objective",
    [
        lambda a, b: kl_from_standard_normal(a, b).sum(),
        lambda a, b: gaussian_log_likelihood(a, b, 0.5).sum(),
        lambda a, b: bernoulli_log_likelihood(torch.sigmoid(random(5, 3, seed=3)), a * b).sum(),
        lambda a, b: off_diagonal_penalty(aggregate_covariance(a, b)),
        lambda a, b: diagonal_penalty(aggregate_covariance(a, b)),
        lambda a, b: minibatch_weighted_total_correlation(a + b, a, b, 50),
        lambda a, b: density_ratio_total_correlation(torch.stack([a.sum(1), b.sum(1)], 1)),
        lambda a, b: discriminator_loss(a[:, :2], b[:, :2]),
        lambda a, b: capacity_gap(kl_from_standard_normal(a, b).sum(1).mean(), 50.0),
    ],
)
def test_gradients_in_double_precision(objective):
    left, right = random(5, 3).requires_grad_(), random(5, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(objective, (left, right))
