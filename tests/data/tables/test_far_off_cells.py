"""Cells that no arithmetic takes, and names that no system does."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from unweave.data.tables.cells import read_cells
from unweave.data.tables.schema import MOST_DEVIATIONS
from unweave.files import check_name


def test_a_signalling_nan_is_a_blank():
    cells = read_cells(pd.Series([Decimal("sNaN"), Decimal(2), Decimal("2.5")], dtype=object))
    assert cells.blank.tolist() == [True, False, False]
    assert cells.numbers[1:].tolist() == [2.0, 2.5]


def test_rows_far_off_have_finite_squares():
    assert np.isfinite(np.float32(MOST_DEVIATIONS) ** 2)


@pytest.mark.parametrize("name", ["a\0b", "a" * 5000])
def test_a_name_that_the_system_does_not_take(name, refuses, tmp_path):
    refuses(lambda: check_name(tmp_path / name), "name another place")
