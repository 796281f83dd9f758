"""Lemma 1: the KL of posterior from prior is a sum of three parts, each known here."""

import numpy as np
import pytest

import unweave as uw
from unweave.metrics.scores.divergence_split import divergence_split


def split(mean, log_variance, seed=0, **options):
    return divergence_split(mean, log_variance, np.random.default_rng(seed), **options)


def gaussian_codes(covariance, noise, count=10_000):
    """Return posteriors whose aggregate is N(0, covariance + noise²)."""
    generator = np.random.default_rng(7)
    mean = generator.multivariate_normal(np.zeros(len(covariance)), covariance, count)
    return mean, np.full(mean.shape, 2 * np.log(noise))


def test_parts_add_up_to_the_divergence():
    generator = np.random.default_rng(1)
    mean, log_variance = generator.normal(size=(2, 3000, 4))
    log_variance -= 1
    found = split(mean, log_variance)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(1).mean()
    parts = ("mutual_information", "total_correlation", "dimension_wise")
    assert sum(found[part] for part in parts) == pytest.approx(kl, abs=1e-9)
    assert found["kl"] == pytest.approx(kl)


@pytest.mark.parametrize("width", [2, 6])
@pytest.mark.parametrize("noise", [0.3, 0.15])
def test_independent_codes_share_nothing_on_few_rows(width, noise):
    covariance = (1 - noise**2) * np.eye(width)
    found = split(*gaussian_codes(covariance, noise, count=500))
    assert found["total_correlation"] == pytest.approx(0, abs=0.1)
    information = -width * np.log(noise)
    assert found["mutual_information"] == pytest.approx(information, abs=0.03 * information + 0.1)
    assert found["bias"] > 0


def test_the_errors_are_those_of_repeated_draws():
    mean, log_variance = gaussian_codes(np.array([[0.9, 0.5], [0.5, 0.9]]), 0.3, count=1000)
    each = [split(mean, log_variance, seed, draws=300) for seed in range(25)]
    for part in ("total_correlation", "dimension_wise"):
        errors = np.mean([found["errors"][part] for found in each])
        # The rows differ too, so that the draws are not all there is.
        assert np.std([found[part] for found in each]) == pytest.approx(errors, rel=0.5)


def test_correlated_gaussian_codes():
    noise, correlation = 0.5, 0.6
    covariance = np.array([[1, correlation], [correlation, 1]]) - noise**2 * np.eye(2)
    found = split(*gaussian_codes(covariance, noise), draws=4000)
    # Of N(0, Σ) with unit variances: −½ log(1 − ρ²), and its marginals are the prior.
    assert found["total_correlation"] == pytest.approx(-0.5 * np.log(1 - 0.36), abs=0.03)
    assert found["dimension_wise"] == pytest.approx(0, abs=0.02)
    # h(z) − h(z|x)
    information = 0.5 * np.log(np.linalg.det(covariance + noise**2 * np.eye(2)) / noise**4)
    assert found["mutual_information"] == pytest.approx(information, abs=0.05)


def test_a_wide_marginal_is_dimension_wise():
    found = split(*gaussian_codes(np.diag([3.75]), 0.5), draws=4000)
    # KL(N(0, 4) || N(0, 1))
    assert found["dimension_wise"] == pytest.approx(0.5 * (4 - 1 - np.log(4)), abs=0.08)
    assert found["total_correlation"] == pytest.approx(0, abs=1e-9)


def test_a_collapsed_posterior_is_nothing():
    found = split(np.zeros((500, 3)), np.zeros((500, 3)))
    parts = ("mutual_information", "total_correlation", "dimension_wise")
    assert [found[part] for part in parts] == pytest.approx([0, 0, 0], abs=1e-9)


def test_far_apart_posteriors_of_few_rows_are_all_bias():
    generator = np.random.default_rng(2)
    found = split(generator.normal(size=(64, 20)) * 50, np.full((64, 20), -8.0))
    assert found["most"] == pytest.approx(np.log(127))
    assert found["bias"] > 10
    assert found["total_correlation"] == pytest.approx(0, abs=1e-6)


def test_of_a_run():
    run = uw.train("vae", "fa15", steps=30, progress=False)
    found = uw.evaluate(run, metrics="mutual-information,total-correlation,dimension-wise-kl")
    total = sum(each["value"] for each in found["scores"].values())
    data = run.dataset()
    mean, log_variance = run.posterior(data, data.rows("test"))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(1).mean()
    assert total == pytest.approx(kl, rel=1e-5)
    assert {each["unit"] for each in found["scores"].values()} == {"nats"}
