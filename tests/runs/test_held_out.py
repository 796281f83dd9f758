"""Held-out likelihoods, compared with those that can be written down."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import norm

import unweave as uw
from unweave.data import load_data
from unweave.runs.held_out import log_likelihoods


def model_of(mean, log_variance, decoder, likelihood):
    """Return a model of which all that matters is given."""
    return SimpleNamespace(
        has_posterior=True,
        device=torch.device("cpu"),
        table=None,
        latent_dim=1,
        settings=SimpleNamespace(to_json=lambda: {"likelihood": likelihood}),
        module=SimpleNamespace(decoder=decoder),
        posterior=lambda dataset, rows: (mean(dataset, rows), log_variance(dataset, rows)),
    )


def column(value):
    return lambda dataset, rows: np.full((len(rows), 1), value, np.float32)


def test_a_decoder_that_ignores_the_code_has_the_likelihood_of_its_output(pictures):
    logits = torch.linspace(-2, 2, 256).view(1, 1, 16, 16)
    model = model_of(
        column(0.0), column(0.0), lambda codes: logits.expand(len(codes), -1, -1, -1), "bernoulli"
    )
    rows = pictures.rows("validation")
    found = log_likelihoods(model, pictures, rows, draws=3)
    ones, p = pictures.samples[rows] / 255, torch.sigmoid(logits).numpy()
    expected = (ones * np.log(p) + (1 - ones) * np.log(1 - p)).sum((1, 2, 3))
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def scalars():
    """Return 4,000 values of z + noise of variance 1/3, as a table of one column."""
    generator = np.random.default_rng(0)
    values = generator.standard_normal(4000) + generator.standard_normal(4000) / math.sqrt(3)
    return load_data(values[:, None].astype(np.float32), coding="gaussian")


def test_the_exact_posterior_gives_the_exact_likelihood_with_a_draw(scalars):
    # In standard units x = a z + e, with a² = 3/4 and Var e = 1/4.
    a, v = math.sqrt(0.75), 0.25
    spread = 1 / (1 + a * a / v)
    model = model_of(
        lambda dataset, rows: spread * a / v * dataset.samples[rows],
        column(math.log(spread)), lambda codes: a * codes, "gaussian",
    )  # fmt: skip
    rows = scalars.rows("test")
    found = log_likelihoods(model, scalars, rows, draws=1)
    expected = norm.logpdf(scalars.samples[rows][:, 0])
    # The variance is measured on 256 rows.
    assert found.mean() == pytest.approx(expected.mean(), abs=0.05)


def test_more_draws_raise_the_bound_of_a_poor_posterior(scalars):
    model = model_of(column(0.0), column(-0.5), lambda codes: 0.9 * codes, "gaussian")
    rows = scalars.rows("test")
    few, some, many = (log_likelihoods(model, scalars, rows, draws=k).mean() for k in (1, 5, 200))
    assert few < some < many


def test_models_without_a_posterior_are_refused(refuses):
    model = uw.train("ae", "fa15:rows=100", steps=1, progress=False)
    refuses(lambda: log_likelihoods(model, model.dataset(), np.arange(3)), "ae", "no posterior")
