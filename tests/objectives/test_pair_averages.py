"""Averages of posteriors over pairs: which dimensions a pair shares, and what it gets there."""

import pytest
import torch

from unweave.models.families import build_model, model_settings
from unweave.models.objective import Batch, Draws
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.objectives.pair_averages import averaged_pairs, kl_between


@pytest.mark.usefixtures("in_double")
def test_kl_between_is_that_of_torch():
    mean, log_variance, other, other_log_variance = torch.randn(4, 5, 3)
    laws = (
        torch.distributions.Normal(m, (0.5 * v).exp())
        for m, v in ((mean, log_variance), (other, other_log_variance))
    )
    expected = torch.distributions.kl_divergence(*laws)
    torch.testing.assert_close(kl_between(mean, log_variance, other, other_log_variance), expected)
    zero = torch.zeros_like(mean)
    torch.testing.assert_close(
        kl_between(mean, log_variance, zero, zero), kl_from_standard_normal(mean, log_variance)
    )


def test_a_pair_by_hand():
    # Variances are 1, so δ = ½ (μ₁ − μ₂)²: 2, 0.02, 0.5 and 1.125; the middle is 1.01.
    mean = torch.tensor([[0.0, 0.0, 1.0, 0.0], [2.0, 0.2, 2.0, 1.5]])
    found, log_variance = averaged_pairs(mean, torch.zeros(2, 4))
    expected = torch.tensor([[0.0, 0.1, 1.5, 0.0], [2.0, 0.1, 1.5, 1.5]])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(log_variance, torch.zeros(2, 4))


def test_the_variances_are_averaged_and_not_their_logarithms():
    mean = torch.tensor([[0.0, 0.0], [9.0, 0.0]])
    log_variance = torch.tensor([[0.0, 1.0], [0.0, 3.0]]).log().nan_to_num(neginf=0.0)
    _, found = averaged_pairs(mean, log_variance)
    assert found[:, 1].exp().tolist() == pytest.approx([2.0, 2.0])
    assert found[:, 0].tolist() == [0, 0]


def test_equal_samples_share_nothing_and_lose_nothing():
    mean, log_variance = torch.randn(2, 1, 4).expand(2, 2, 4)
    found = averaged_pairs(mean, log_variance)
    torch.testing.assert_close(found, (mean, log_variance))


def test_pairs_do_not_know_each_other():
    mean, log_variance = torch.randn(2, 8, 3)
    whole = averaged_pairs(mean, log_variance)
    alone = averaged_pairs(mean[2:4], log_variance[2:4])
    torch.testing.assert_close(tuple(part[2:4] for part in whole), alone)


def test_the_gradient_of_what_is_shared_reaches_both():
    mean = torch.tensor([[0.0, 0.0], [2.0, 0.2]], requires_grad=True)
    found, _ = averaged_pairs(mean, torch.zeros(2, 2))
    found[0].sum().backward()
    assert mean.grad.tolist() == [[1.0, 0.5], [0.0, 0.5]]


@pytest.mark.usefixtures("in_double")
def test_the_loss_is_the_mean_of_both_beta_elbos():
    small = {"latent_dim": 3, "hidden": (8,), "likelihood": "gaussian", "beta": 2.0}
    torch.manual_seed(0)
    model = build_model("ada-gvae", model_settings("ada-gvae", (6,), small), (6,), 100)
    rows, noise = torch.randn(4, 6), torch.randn(4, 3)
    coefficients = {name: torch.tensor(value) for name, value in model.coefficients.items()}
    output = model(Batch(rows), Draws(noise), coefficients)
    mean, log_variance = averaged_pairs(*model.posterior(rows))
    law = torch.distributions.Normal(
        model.decode(mean + (0.5 * log_variance).exp() * noise), 0.1**0.5
    )
    of_sample = -law.log_prob(rows).sum(1) + 2 * kl_from_standard_normal(mean, log_variance).sum(1)
    pairs = (of_sample[0::2] + of_sample[1::2]) / 2
    torch.testing.assert_close(output.total, pairs.mean())
