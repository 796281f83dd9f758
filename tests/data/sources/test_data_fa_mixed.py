"""The mixed table: kinds as they were made, blanks as asked, factors that drive their columns."""

import numpy as np
import pytest

from unweave.data import load_data
from unweave.data.sources.fa_mixed import KINDS


@pytest.fixture(scope="module")
def table():
    return load_data("fa-mixed")


def test_every_column_is_found_to_be_what_it_was_made_as(table):
    found = [column.kind for column in table.table.features]
    assert found == [kind for own in KINDS for kind in own]


def test_a_fifth_of_all_cells_is_blank(table):
    blank = np.isnan(table.samples)
    # 120,000 cells: the standard error is 0.0012; of a column's 5,000 it is 0.0057.
    assert blank.mean() == pytest.approx(0.2, abs=0.005)
    assert np.abs(blank.mean(0) - 0.2).max() < 0.023


def test_blanks_by_value_hide_high_values():
    seen, all_of_it = (load_data(f"fa-mixed:{o}") for o in ("pattern=by-value", "blank=0"))
    assert np.isnan(seen.samples).mean() == pytest.approx(0.2, abs=0.01)
    column = seen.table.feature_names.index("real 1")
    whole = all_of_it.samples[:, column]
    hidden = np.isnan(seen.samples[:, column])
    assert whole[hidden].mean() > whole[~hidden].mean() + 0.5


def test_each_column_depends_on_its_own_factor_alone(table):
    """Ordered columns correlate with the factor that they load on, and with no other."""
    for j, column in enumerate(table.table.features):
        if column.kind == "category":
            continue
        known = ~np.isnan(table.samples[:, j])
        factors = table.factors.values[known]
        found = np.abs(np.corrcoef(table.samples[known, j], factors.T)[0, 1:])
        own = int(np.flatnonzero(table.factors.loadings[j])[0])
        # The least is that of a binary column of loading 0.5.
        assert found[own] > 0.55
        assert np.delete(found, own).max() < 0.06
