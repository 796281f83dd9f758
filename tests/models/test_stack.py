"""A stack of models: every model's own loss and gradient, and no other's."""

import pytest
import torch

from unweave.models.families import VARIATIONAL, build_model, model_settings
from unweave.models.objective import Batch, Draws
from unweave.models.stack import Stack
from unweave.schedules import value_at

MODELS, BATCH, FEATURES, CODES = 3, 12, 6, 4


def models_of(name):
    torch.manual_seed(0)
    small = {"latent_dim": CODES, "hidden": (8,), "discriminator_hidden": (8,)}
    settings = model_settings(name, (FEATURES,), {"likelihood": "gaussian", **small})
    return [build_model(name, settings, (FEATURES,), population=100) for _ in range(MODELS)]


def given(model):
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(2, MODELS, BATCH, FEATURES, generator=generator)
    noise = torch.randn(2, MODELS, BATCH, CODES, generator=generator)
    orders = torch.rand(MODELS, BATCH, CODES, generator=generator).argsort(1)
    coefficients = {
        name: torch.tensor(value_at(value, 9, 10)) for name, value in model.coefficients.items()
    }
    if model.adversary is None:
        return Batch(rows[0]), Draws(noise[0]), coefficients
    return Batch(rows[0], rows[1]), Draws(noise[0], noise[1], orders), coefficients


def of(group, index):
    return type(group)(*(None if part is None else part[index] for part in group))


@pytest.mark.usefixtures("in_double")
@pytest.mark.parametrize("name", VARIATIONAL.corners)
def test_losses_and_gradients_are_every_models_own(name):
    models = models_of(name)
    stack = Stack(models)
    batch, draws, coefficients = given(stack)
    output = stack(batch, draws, coefficients)
    output.total.backward()
    assert [key for key, _ in stack.named_parameters()] == [
        key for key, _ in models[0].named_parameters()
    ]
    for index, model in enumerate(models):
        own = model(of(batch, index), of(draws, index), coefficients)
        own.total.backward()
        assert list(own.terms) == list(output.terms)
        for term, value in own.terms.items():
            torch.testing.assert_close(output.terms[term][index], value)
        for stacked, alone in zip(stack.parameters(), model.parameters(), strict=True):
            torch.testing.assert_close(stacked.grad[index], alone.grad)
        if own.adversary_inputs is None:
            assert output.adversary_inputs is None
            continue
        loss = model.adversary_loss(model.adversary, own.adversary_inputs)
        stacked_loss = stack.adversary_loss(stack.adversary, output.adversary_inputs)
        torch.testing.assert_close(stacked_loss.terms["discriminator"][index], loss.total)
        loss.total.backward()
        stack.adversary.zero_grad()
        stacked_loss.total.backward()
        weights = zip(stack.adversary.parameters(), model.adversary.parameters(), strict=True)
        for stacked, alone in weights:
            torch.testing.assert_close(stacked.grad[index], alone.grad)


def test_a_stack_is_a_copy():
    models = models_of("factor-vae")
    stack = Stack(models)
    with torch.no_grad():
        for weight in [*stack.parameters(), *stack.adversary.parameters()]:
            weight.zero_()
    for model in models:
        assert model.encoder[0].weight.abs().sum() > 0
        assert model.adversary[0].weight.abs().sum() > 0


def test_what_is_not_finite_in_one_model_stays_there():
    stack = Stack(models_of("bf-vae"))
    batch, draws, coefficients = given(stack)
    draws.noise[1, 0, 0] = torch.inf
    output = stack(batch, draws, coefficients)
    output.total.backward()
    assert output.terms["loss"].isfinite().tolist() == [True, False, True]
    for weight in stack.parameters():
        assert weight.grad[[0, 2]].isfinite().all()
