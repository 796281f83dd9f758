"""The variational family: its parts add up, and gradients stay where they belong."""

import numpy as np
import pytest
import torch

from unweave.errors import RequestError
from unweave.models.families import VARIATIONAL, build_model, family_of, model_settings
from unweave.models.objective import Batch, Draws
from unweave.objectives.covariance import covariance
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.schedules import value_at

BATCH, FEATURES, CODES = 12, 6, 4


def model_of(name, **changes):
    torch.manual_seed(0)
    small = {"latent_dim": CODES, "hidden": (8,), "discriminator_hidden": (8,)}
    settings = model_settings(name, (FEATURES,), {"likelihood": "gaussian", **small, **changes})
    return build_model(name, settings, (FEATURES,), population=100)


def step_of(model):
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(2, BATCH, FEATURES, generator=generator)
    noise = torch.randn(2, BATCH, CODES, generator=generator)
    orders = torch.rand(BATCH, CODES, generator=generator).argsort(0)
    coefficients = {
        name: torch.tensor(value_at(value, 9, 10)) for name, value in model.coefficients.items()
    }
    return (
        model(Batch(rows[0], rows[1]), Draws(noise[0], noise[1], orders), coefficients),
        rows,
        noise,
        coefficients,
    )


@pytest.mark.parametrize("name", VARIATIONAL.corners)
def test_the_total_is_the_weighted_sum_of_the_named_terms(name):
    changes = {"capacity": 3.0, "gamma": 2.5, "beta": 1.5} if name == "bf-vae" else {}
    model = model_of(name, **changes)
    output, _, _, coefficients = step_of(model)
    terms, weight = output.terms, {key: float(value) for key, value in coefficients.items()}
    gap = terms["kl"]
    if "capacity" in coefficients:
        gap = abs(terms["kl"] - weight["capacity"])
    expected = terms["reconstruction"] + weight["beta"] * gap
    for term, name in (
        ("total_correlation", "gamma"),
        ("minibatch_weighted_total_correlation", "gamma"),
        ("covariance_off_diagonal", "lambda_off_diagonal"),
        ("covariance_diagonal", "lambda_diagonal"),
    ):
        expected = expected + weight[name] * terms.get(term, torch.tensor(0.0))
    torch.testing.assert_close(output.total, expected)
    torch.testing.assert_close(output.terms["loss"], output.total)


def test_terms_against_their_definitions():
    model = model_of("dip-vae-i")
    output, rows, noise, _ = step_of(model)
    mean, log_variance = model.posterior(rows[0])
    kl = kl_from_standard_normal(mean, log_variance).sum(1).mean()
    torch.testing.assert_close(output.terms["kl"], kl)
    decoded = model.decode(mean + torch.exp(0.5 * log_variance) * noise[0])
    law = torch.distributions.Normal(decoded, 0.1**0.5)
    torch.testing.assert_close(output.terms["reconstruction"], -law.log_prob(rows[0]).sum(1).mean())
    matrix = covariance(mean)
    torch.testing.assert_close(
        output.terms["covariance_diagonal"], (matrix.diagonal() - 1).square().sum()
    )


def test_vae_and_beta_vae_are_corners_of_bf_vae():
    plain, _, _, _ = step_of(model_of("vae"))
    same, _, _, _ = step_of(model_of("bf-vae", beta=1.0, gamma=0.0))
    torch.testing.assert_close(plain.total, same.total)
    weighted, _, _, _ = step_of(model_of("beta-vae", beta=4.0))
    same, _, _, _ = step_of(model_of("bf-vae", beta=4.0, gamma=0.0))
    torch.testing.assert_close(weighted.total, same.total)
    factor, _, _, _ = step_of(model_of("factor-vae", gamma=5.0))
    same, _, _, _ = step_of(model_of("bf-vae", beta=1.0, gamma=5.0))
    torch.testing.assert_close(factor.total, same.total)


def test_gradients_do_not_leak_between_model_and_adversary():
    model = model_of("factor-vae")
    output, _, _, _ = step_of(model)
    output.total.backward()
    assert all(weight.grad is None for weight in model.adversary.parameters())
    assert all(weight.grad is not None for weight in model.parameters())
    model.zero_grad()
    model.adversary_loss(model.adversary, output.adversary_inputs).total.backward()
    assert all(weight.grad is not None for weight in model.adversary.parameters())
    assert all(weight.grad is None for weight in model.parameters())


def test_total_correlation_pushes_the_encoder():
    with_it, without = (model_of("factor-vae", gamma=gamma) for gamma in (50.0, 0.0))
    for model in (with_it, without):
        step_of(model)[0].total.backward()
    assert not torch.equal(with_it.encoder[0].weight.grad, without.encoder[0].weight.grad)


def test_the_adversary_is_given_codes_and_columns_of_the_second_batch():
    model = model_of("factor-vae")
    output, rows, noise, _ = step_of(model)
    joint, permuted = output.adversary_inputs
    mean, log_variance = model.posterior(rows[1])
    second = mean + torch.exp(0.5 * log_variance) * noise[1]
    torch.testing.assert_close(permuted.sort(0).values, second.detach().sort(0).values)
    assert joint.shape == permuted.shape == (BATCH, CODES)
    assert not joint.requires_grad


def test_the_discriminator_is_no_part_of_the_saved_model():
    names = model_of("factor-vae").state_dict()
    assert {name.split(".")[0] for name in names} == {"encoder", "decoder"}


def test_capacity_rises_over_its_fraction_and_stays():
    model = model_of("annealed-vae", capacity=20.0, capacity_fraction=0.5)
    capacity = model.coefficients["capacity"]
    assert [capacity.at(step, 100) for step in (0, 25, 50, 99)] == [0, 10, 20, 20]


@pytest.mark.parametrize(
    ("examples", "likelihood"),
    [
        (np.array([0, 255] * 32, np.uint8).reshape(1, 1, 8, 8), "bernoulli"),
        (np.arange(64, dtype=np.uint8).reshape(1, 1, 8, 8) * 4, "gaussian"),
        (np.zeros((1, 3, 8, 8), np.uint8), "gaussian"),
        (np.zeros((4, 3), np.float32), "gaussian"),
    ],
)
def test_the_likelihood_is_chosen_from_the_data(examples, likelihood):
    shape = examples.shape[1:]
    assert model_settings("vae", shape, {}, examples).likelihood == likelihood
    if examples.ndim == 4:
        told = model_settings("vae", shape, {"likelihood": "bernoulli"}, examples)
        assert told.likelihood == "bernoulli"


@pytest.mark.parametrize(
    ("shape", "changes", "words"),
    [
        ((3,), {"likelihood": "bernoulli"}, ("likelihood=bernoulli", "images")),
        ((1, 8, 8), {"likelihood": "columns"}, ("likelihood=columns", "tables")),
        ((1, 8, 8), {"column_variance": "learned"}, ("column_variance=learned", "tables")),
    ],
)
def test_a_likelihood_that_does_not_suit_the_data_is_refused(refuses, shape, changes, words):
    examples = np.zeros((2, *shape), np.uint8 if len(shape) == 3 else np.float32)
    refuses(lambda: model_settings("vae", shape, changes, examples), *words)


def test_unknown_models_suggest_the_nearest():
    with pytest.raises(RequestError, match="did you mean 'factor-vae'"):
        family_of("factorvae")
