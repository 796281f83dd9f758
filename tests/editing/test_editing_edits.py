"""Edits by latent dimension on linear models."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from unweave.data import Dataset
from unweave.editing.edits import edit_data
from unweave.runs.model import Model


def test_the_named_dimension_is_set_and_the_rest_is_left_alone(
    table_run: Model, table: Dataset
) -> None:
    edited = edit_data(table_run, table, {"z1": 2.0})
    plain = table_run.reconstruct(table)
    assert isinstance(edited, pd.DataFrame)
    assert isinstance(plain, pd.DataFrame)
    assert table.table is not None
    column = table.table.features[1]
    np.testing.assert_allclose(edited["feature 1"], 2 * column.sd + column.mean, rtol=1e-5)
    others = ["feature 0", "feature 2", "feature 3"]
    pd.testing.assert_frame_equal(edited[others], plain[others])


def test_several_dimensions_of_images(image_run: Model, images: Dataset) -> None:
    edited = edit_data(image_run, images, {"z0": 0.25, "z2": 7.0})
    assert isinstance(edited, np.ndarray)
    assert edited.dtype == np.float32
    assert edited.shape == (60, 1, 4, 5)
    pixels = edited.reshape(60, -1)
    np.testing.assert_allclose(pixels[:, 0], 0.25, rtol=1e-6)
    np.testing.assert_allclose(pixels[:, 2], 1.0)
    np.testing.assert_allclose(pixels[:, 3:], 0.0)


def test_no_change_is_the_reconstruction(table_run: Model, table: Dataset) -> None:
    edited, plain = edit_data(table_run, table, {}), table_run.reconstruct(table)
    assert isinstance(edited, pd.DataFrame)
    assert isinstance(plain, pd.DataFrame)
    pd.testing.assert_frame_equal(edited, plain)


def test_unknown_names_are_refused_with_the_nearest(
    table_run: Model, table: Dataset, refuses: Callable[..., str]
) -> None:
    refuses(lambda: edit_data(table_run, table, {"Z1": 1.0}), "'Z1'", "'z1'?", "z0, z1, z2")
    refuses(lambda: edit_data(table_run, table, {"Smiling": 1.0}), "'Smiling'", "z0, z1, z2")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, "much", None])
def test_values_that_are_no_finite_number_are_refused(
    table_run: Model, table: Dataset, refuses: Callable[..., str], value: float
) -> None:
    refuses(lambda: edit_data(table_run, table, {"z1": value}), "z1=", "finite number")
