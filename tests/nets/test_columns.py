"""Samples as a network takes them, column by column."""

import numpy as np
import pandas as pd
import pytest
import torch

from unweave.data import load_data
from unweave.nets.columns import ColumnCode, ColumnInputs, ColumnLayout

NAN = float("nan")
LAYOUT = ColumnLayout(
    (
        ColumnCode(blanks=True),
        ColumnCode("negative-binomial", mean=3.0, sd=2.0),
        ColumnCode("bernoulli", levels=2),
        ColumnCode("categorical", levels=3, blanks=True),
        ColumnCode("ordered-logit", levels=5, blanks=True),
        ColumnCode("categorical", levels=2, given=True),
    )
)


def inputs_of(*rows, places=range(6)):
    return ColumnInputs(LAYOUT, places)(torch.tensor(rows, dtype=torch.float32))


def test_every_column_has_its_own_form():
    found = inputs_of([0.5, -1.5, 1, 2, 1, 1])
    # The count is 3 - 1.5 * 2 = 0; as a lognormal, log(1 + n) has deviation √log(1 + (2/4)²).
    count = (0 - np.log(4)) / np.sqrt(np.log(1.25))
    expected = [0.5, count, 1, -0.5, 0, 0, 1, 0, 1, 0, 0]
    np.testing.assert_allclose(found[0], expected, rtol=1e-5)


def test_blank_cells_are_zero_and_told():
    found = inputs_of([NAN] * 6)
    np.testing.assert_array_equal(found[0], [0] * 9 + [1, 1])


def test_one_input_for_every_place():
    assert ColumnInputs(LAYOUT, range(6)).width == inputs_of([0.0] * 6).shape[1]
    assert ColumnInputs(LAYOUT, LAYOUT.given).width == 2
    np.testing.assert_array_equal(inputs_of([0, 0, 0, 0, 0, 1.0], places=(5,)), [[0, 1]])


def test_outputs_are_laid_out_in_the_order_of_the_columns():
    assert LAYOUT.units == 7
    assert LAYOUT.offsets == (0, 1, 2, 3, 6, 7)
    assert LAYOUT.learned == (0, 1, 2, 3, 4)
    assert LAYOUT.groups()["categorical"] == (3,)


def test_inputs_are_no_part_of_the_state():
    assert not ColumnInputs(LAYOUT, range(6)).state_dict()


@pytest.mark.parametrize("coding", ["gaussian", "columns"])
def test_a_table_of_numbers_without_blanks_is_plain(coding):
    layout = ColumnLayout.of(load_data("fa15:rows=50", coding=coding).table)
    assert layout is None if coding == "gaussian" else layout.is_plain


@pytest.mark.parametrize(
    ("cells", "likelihood"),
    [
        (
            np.random.default_rng(0).poisson(6, 200) + 40 * (np.arange(200) == 7),
            "negative-binomial",
        ),
        (np.random.default_rng(0).binomial(40, 0.9, 200), "gaussian"),
    ],
)
def test_counts_that_are_narrower_than_a_poisson_are_numbers(cells, likelihood):
    frame = pd.DataFrame({"count": cells, "x": np.random.default_rng(1).normal(size=200)})
    table = load_data(frame, columns={"count": "count"}).table
    assert ColumnLayout.of(table).columns[0].likelihood == likelihood
