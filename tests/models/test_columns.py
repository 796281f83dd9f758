"""A table's columns within a model: each cell's own likelihood, and blanks that do not count."""

import numpy as np
import pandas as pd
import pytest
import torch

from support import train_run
from unweave.data import load_data
from unweave.models.columns import TableColumns, table_columns
from unweave.models.families import VARIATIONAL, build_model, model_settings
from unweave.models.objective import Batch, Draws
from unweave.models.stack import Stack, can_be_stacked
from unweave.nets.columns import ColumnCode, ColumnLayout
from unweave.objectives.columns.distribution import ColumnParameters
from unweave.objectives.columns.registry import DISTRIBUTIONS

NAN = float("nan")
LAYOUT = ColumnLayout(
    (
        ColumnCode("categorical", levels=3),
        ColumnCode(blanks=True),
        ColumnCode("ordered-logit", levels=4),
        ColumnCode("bernoulli", levels=2),
        ColumnCode("negative-binomial", mean=3.0, sd=2.0),
        ColumnCode("categorical", levels=2),
        ColumnCode("bernoulli", levels=2, given=True),
    )
)
SAMPLES = torch.tensor(
    [[2, 0.3, 3, 1, -0.5, 0, 1], [0, -1.2, 0, 0, 1.5, 1, 0], [1, NAN, NAN, NAN, NAN, NAN, NAN]]
)
VARIANCE = torch.tensor(0.1)


def columns_of(layout=LAYOUT, learned=False):
    return TableColumns(layout, 0.1, learned)


def decoded(rows=3, layout=LAYOUT):
    return torch.randn(rows, layout.units, generator=torch.Generator().manual_seed(0))


def test_every_cell_has_the_likelihood_of_its_column():
    outputs = decoded()
    found = columns_of().log_probability(SAMPLES, outputs, VARIANCE)
    assert found.shape == (3, 6)
    for place in LAYOUT.learned:
        code, offset = LAYOUT.columns[place], LAYOUT.offsets[place]
        law = DISTRIBUTIONS[code.likelihood]
        free = law.start(code.levels, code.levels, code.mean, code.sd)
        if code.likelihood == "gaussian":
            free = [float(np.log(0.1))]
        alone = ColumnParameters(
            outputs[:2, None, offset : offset + code.units],
            torch.tensor(free).reshape(1, -1),
            torch.tensor([code.levels]),
            torch.tensor([code.mean]),
            torch.tensor([code.sd]),
        )
        expected = law.log_probability(SAMPLES[:2, place : place + 1], alone)[:, 0]
        torch.testing.assert_close(found[:2, place], expected)


def test_blank_cells_add_nothing_and_have_no_gradient():
    outputs = decoded().requires_grad_()
    found = columns_of().log_probability(SAMPLES, outputs, VARIANCE)
    np.testing.assert_array_equal(found[2, 1:].detach(), 0)
    found.sum().backward()
    assert outputs.grad.isfinite().all()
    np.testing.assert_array_equal(outputs.grad[2, 3:], 0)
    assert (outputs.grad[:2] != 0).any(0)[[0, 3, 4, 5, 6, 7]].all()


def test_observed_and_expected_values_have_one_form():
    columns = columns_of()
    observed, expected = columns.observed(SAMPLES), columns.expected(decoded()).detach()
    assert columns.owners.tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 5]
    assert expected.shape == observed.shape
    row = [0, 0, 1, 0.3, 1, 1, -0.5, 1, 0]
    np.testing.assert_allclose(observed[0], row, rtol=1e-6)
    assert observed[2].isnan().tolist() == [False] * 3 + [True] * 6
    np.testing.assert_allclose(expected[:, :3].sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(expected[:, 7:].sum(1), 1, rtol=1e-5)


def test_values_are_levels_and_expected_numbers_and_given_columns_stay():
    columns, outputs = columns_of(), decoded()
    values = columns.values(outputs, SAMPLES)
    np.testing.assert_array_equal(values[:, 0], outputs[:, :3].argmax(1))
    np.testing.assert_array_equal(values[:, 1], outputs[:, 3])
    np.testing.assert_array_equal(values[:, 6], SAMPLES[:, 6])
    assert columns.values(outputs)[:, 6].isnan().all()


def test_draws_follow_the_order_of_the_columns():
    columns = columns_of()
    drawn = columns.draw(decoded(), VARIANCE, torch.Generator().manual_seed(0), SAMPLES)
    for place, most in ((0, 3), (2, 4), (3, 2), (5, 2)):
        assert set(drawn[:, place].tolist()) <= set(map(float, range(most)))
    counts = drawn[:, 4] * 2 + 3
    torch.testing.assert_close(counts, counts.round())


def test_plain_columns_are_nothing_to_the_model_unless_their_variance_is_learned():
    plain = ColumnLayout.of_numbers(4)
    assert table_columns(plain, 4) == (None, (4, 0, 4))
    columns, widths = table_columns(None, 4, 0.5, learned=True)
    assert widths == (4, 0, 4)
    assert [name for name, _ in columns.named_parameters()] == ["groups.gaussian.free"]


def test_a_learned_variance_goes_to_that_of_the_residuals():
    layout = ColumnLayout.of_numbers(2)
    columns = columns_of(layout, learned=True)
    samples = torch.randn(4000, 2, generator=torch.Generator().manual_seed(1))
    samples = samples * torch.tensor([0.3, 1.5])
    optimiser = torch.optim.Adam(columns.parameters(), lr=0.1)
    for _ in range(400):
        optimiser.zero_grad()
        (-columns.log_probability(samples, torch.zeros(4000, 2), VARIANCE).mean()).backward()
        optimiser.step()
    found = columns.groups["gaussian"].parameters_of(torch.zeros(1, 2)).free.exp().flatten()
    np.testing.assert_allclose(found.detach(), samples.square().mean(0), rtol=0.02)


def models_of(name, count=2, layout=LAYOUT, **changes):
    small = {"latent_dim": 3, "hidden": (8,), **changes}
    if name in VARIATIONAL.corners:
        small["discriminator_hidden"] = (8,)
    shape = (len(layout.columns),)
    settings = model_settings(name, shape, small, SAMPLES.numpy(), layout)
    torch.manual_seed(0)
    return [build_model(name, settings, shape, 100, layout=layout) for _ in range(count)]


@pytest.mark.usefixtures("in_double")
@pytest.mark.parametrize("name", VARIATIONAL.corners)
def test_models_of_columns_are_stacked(name):
    models = models_of(name, column_variance="learned")
    assert can_be_stacked(models[0])
    stack = Stack(models)
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(2, 2, 4, 3, generator=generator, dtype=torch.float64)
    orders = torch.rand(2, 4, 3, generator=generator).argsort(1)
    batch = SAMPLES[[0, 1, 2, 0]].double().expand(2, 4, 7)  # Two pairs, for models of pairs.
    coefficients = {key: torch.tensor(0.5) for key in models[0].coefficients}
    together = stack(Batch(batch, batch), Draws(noise[0], noise[1], orders), coefficients)
    together.total.backward()
    for index, model in enumerate(models):
        draws = Draws(noise[0, index], noise[1, index], orders[index])
        own = model(Batch(batch[index], batch[index]), draws, coefficients)
        own.total.backward()
        torch.testing.assert_close(together.terms["loss"][index], own.terms["loss"])
        for stacked, alone in zip(stack.parameters(), model.parameters(), strict=True):
            torch.testing.assert_close(stacked.grad[index], alone.grad)


def test_the_decoder_is_fed_the_given_columns():
    (model,) = models_of("vae", count=1)
    codes = torch.zeros(2, 3)
    rows = SAMPLES[[0, 0]].clone()
    rows[1, 6] = 0
    first, second = model.decoder_input(codes, rows)[:, 3:].tolist()
    assert (first, second) == ([1.0], [-1.0])
    assert model.decoder_input(codes)[:, 3:].tolist() == [[0.0], [0.0]]


def test_the_squared_error_of_an_autoencoder_does_not_count_blanks():
    (model,) = models_of("ae", count=1)
    samples, codes = SAMPLES, torch.zeros(3, 3)
    observed, expected = model._compared(samples, codes)
    assert ((observed == expected) == columns_of().observed(samples).isnan()).all()


def test_a_table_of_numbers_is_learned_as_it_was():
    """In the coding "columns" all numbers are those of the coding "gaussian"."""
    changes = {"steps": 12, "batch_size": 32}
    former, present = (
        train_run("bf-vae", load_data("fa15:rows=200", coding=coding), changes)
        for coding in ("gaussian", "columns")
    )
    assert present.settings.likelihood == "columns"
    assert present.history.rows == former.history.rows
    np.testing.assert_array_equal(present.encode(), former.encode())


def test_the_gaussian_likelihood_wants_plain_numbers(refuses):
    frame = pd.DataFrame({"a": np.linspace(-1, 2, 40), "b": ["x", "y", "z", "x"] * 10})
    data = load_data(frame, coding="columns")
    changes = {"likelihood": "gaussian", "steps": 1}
    refuses(lambda: train_run("vae", data, changes), "likelihood=gaussian", "coding=gaussian")
