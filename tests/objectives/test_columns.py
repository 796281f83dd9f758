"""Likelihoods of columns against independent values, and against their own draws."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unweave.objectives.columns.distribution import ColumnParameters
from unweave.objectives.columns.gaussian import LEAST_VARIANCE, bounded
from unweave.objectives.columns.negative_binomial import counts
from unweave.objectives.columns.ordered_logit import cutpoints
from unweave.objectives.columns.registry import DISTRIBUTIONS

ROWS, COLUMNS = 6, 3
LEVELS = (2, 4, 3)
MEAN, SD = (2.0, 15.0, 0.4), (1.7, 20.0, 0.9)


def parameters_of(name, rows=ROWS, seed=0):
    """Return parameters of three columns, of 2, 4 and 3 levels where these have levels."""
    generator = torch.Generator().manual_seed(seed)
    units = max(LEVELS) if name == "categorical" else 1
    outputs = torch.randn(1, COLUMNS, units, generator=generator, dtype=torch.float64)
    start = DISTRIBUTIONS[name].start
    free = [start(*each) for each in zip(LEVELS, [max(LEVELS)] * COLUMNS, MEAN, SD, strict=True)]
    return ColumnParameters(
        outputs.expand(rows, -1, -1),
        torch.tensor(free, dtype=torch.float64).reshape(COLUMNS, -1),
        torch.tensor(LEVELS),
        torch.tensor(MEAN, dtype=torch.float64),
        torch.tensor(SD, dtype=torch.float64),
    )


def test_gaussian_is_that_of_scipy():
    parameters = parameters_of("gaussian")._replace(free=torch.tensor([[-1.0], [0.0], [0.7]]))
    values = torch.randn(ROWS, COLUMNS, dtype=torch.float64)
    found = DISTRIBUTIONS["gaussian"].log_probability(values, parameters)
    sd = np.exp(np.array([-1.0, 0.0, 0.7]) / 2)
    expected = stats.norm.logpdf(values, parameters.outputs[..., 0], sd)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_learned_variance_stays_above_the_least():
    low, high = bounded(torch.tensor([-40.0, 3.0])).exp().tolist()
    assert low == pytest.approx(LEAST_VARIANCE, rel=1e-5)
    assert high == pytest.approx(np.exp(3) + LEAST_VARIANCE, rel=1e-5)


@pytest.mark.parametrize("name", ["bernoulli", "categorical", "ordered-logit"])
def test_the_shares_of_all_levels_sum_to_one(name):
    parameters, law = parameters_of(name), DISTRIBUTIONS[name]
    levels = (2, 2, 2) if name == "bernoulli" else LEVELS
    for column, count in enumerate(levels):
        shares = [
            law.log_probability(
                torch.full((ROWS, COLUMNS), float(level)).double(), parameters
            ).exp()[:, column]
            for level in range(count)
        ]
        torch.testing.assert_close(sum(shares), torch.ones(ROWS).double())


def test_categorical_is_that_of_torch_distributions():
    parameters = parameters_of("categorical")
    values = torch.tensor([[1.0, 3.0, 2.0]]).double().expand(ROWS, -1)
    found = DISTRIBUTIONS["categorical"].log_probability(values, parameters)
    for column, count in enumerate(LEVELS):
        own = torch.distributions.Categorical(logits=parameters.outputs[:, column, :count])
        torch.testing.assert_close(found[:, column], own.log_prob(values[:, column]))


def test_ordered_logit_is_a_difference_of_logistic_functions():
    parameters = parameters_of("ordered-logit")
    cuts, score = cutpoints(parameters)[1, :3].numpy(), parameters.outputs[0, 1, 0].item()
    cumulative = np.concatenate([[0], stats.logistic.cdf(cuts - score), [1]])
    for level, share in enumerate(np.diff(cumulative)):
        values = torch.full((ROWS, COLUMNS), float(level if level < 2 else 1)).double()
        values[:, 1] = level
        found = DISTRIBUTIONS["ordered-logit"].log_probability(values, parameters)[0, 1]
        assert found.item() == pytest.approx(np.log(share))


def test_the_cutpoints_start_at_equal_shares():
    parameters = parameters_of("ordered-logit")
    level = parameters._replace(outputs=torch.zeros_like(parameters.outputs))
    for value in (0.0, 1.0):
        values = torch.full((ROWS, COLUMNS), value).double()
        found = DISTRIBUTIONS["ordered-logit"].log_probability(values, level)[0].exp()
        # The gaps are at least a thousandth, which is added to each.
        np.testing.assert_allclose(found, [1 / 2, 1 / 4, 1 / 3], atol=2e-3)


def test_ordered_logit_keeps_its_digits_far_from_the_score():
    parameters = parameters_of("ordered-logit")
    far = parameters._replace(outputs=torch.full_like(parameters.outputs, 60).float())
    far = far._replace(free=parameters.free.float())
    values = torch.zeros(ROWS, COLUMNS)
    found = DISTRIBUTIONS["ordered-logit"].log_probability(values, far)
    # log P(first level) = log logistic(c − 60) ≈ c − 60, which in plain float32 is log 0.
    np.testing.assert_allclose(found[0], cutpoints(far)[:, 0] - 60, rtol=1e-5)


@given(st.floats(-3, 6), st.floats(-2, 3), st.integers(0, 60))
def test_negative_binomial_is_that_of_scipy(log_r, output, count):
    parameters = parameters_of("negative-binomial", rows=1)
    parameters = parameters._replace(
        outputs=torch.full_like(parameters.outputs, output),
        free=torch.full_like(parameters.free, log_r),
    )
    value = (count - parameters.mean) / parameters.sd
    found = DISTRIBUTIONS["negative-binomial"].log_probability(value[None], parameters)
    r = np.exp(7 - np.log1p(np.exp(7 - log_r)))
    mean = np.array(MEAN) * np.exp(output)
    np.testing.assert_allclose(found[0], stats.nbinom.logpmf(count, r, r / (r + mean)), rtol=1e-5)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_draws_have_the_expected_values(name):
    """The mean of many draws is the expectation, level by level where there are levels."""
    parameters, law = parameters_of(name, rows=20_000), DISTRIBUTIONS[name]
    drawn = law.draw(parameters, torch.Generator().manual_seed(3))
    expected = law.expected(parameters)[0]
    for column, count in enumerate(LEVELS):
        own = drawn[:, column]
        if name == "categorical":
            found = [(own == level).double().mean() for level in range(count)]
            np.testing.assert_allclose(expected[column, :count], found, atol=0.02)
        else:
            steps = count - 1 if name == "ordered-logit" else 1
            mean, error = own.mean() / steps, own.std() / steps / np.sqrt(len(own))
            assert abs(mean - expected[column, 0]) < 5 * error


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_likeliest_value_is_the_expected_number_or_the_most_likely_level(name):
    parameters, law = parameters_of(name), DISTRIBUTIONS[name]
    found = law.likeliest(parameters)
    if name in ("gaussian", "negative-binomial"):
        torch.testing.assert_close(found, law.expected(parameters)[..., 0])
        return
    for column, count in enumerate((2, 2, 2) if name == "bernoulli" else LEVELS):
        logs = [
            law.log_probability(torch.full((ROWS, COLUMNS), float(level)).double(), parameters)[
                0, column
            ]
            for level in range(count)
        ]
        assert found[0, column] == int(np.argmax(logs))


def test_counts_are_recovered_from_standardised_values():
    parameters = parameters_of("negative-binomial")
    whole = torch.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS).double()
    values = ((whole - parameters.mean) / parameters.sd).float()
    torch.testing.assert_close(counts(values, parameters).double(), whole)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_gradients_are_finite_far_out(name):
    parameters = parameters_of(name)
    outputs = torch.full(parameters.outputs.shape, 50.0, requires_grad=True)
    free = parameters.free.float().requires_grad_()
    value = DISTRIBUTIONS[name].log_probability(
        torch.zeros(ROWS, COLUMNS), ColumnParameters(outputs, free, *parameters[2:])
    )
    value.sum().backward()
    assert outputs.grad.isfinite().all()
    assert free.grad is None or free.grad.isfinite().all()
