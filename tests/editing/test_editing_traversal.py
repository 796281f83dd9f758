"""Traversals of linear models: what moves, how far, in what order, is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from unweave.data import Dataset
from unweave.editing.aggregate_posterior import draw_posterior
from unweave.editing.traversal import refine, traverse
from unweave.runs.model import Model


def test_dimensions_are_the_informative_ones_by_falling_kl(
    table_run: Model, table: Dataset
) -> None:
    traversal = traverse(table_run, table)
    assert traversal.dimensions == [1, 0]
    assert traversal.names == ["z1", "z0"]
    np.testing.assert_allclose(traversal.kl, [2.0, 0.5])
    assert traversal.note == ""


def test_chosen_dimensions_are_ordered_too_and_shown_once(table_run: Model, table: Dataset) -> None:
    assert traverse(table_run, table, dimensions=[2, 0, 1, 2]).dimensions == [1, 0, 2]


def test_without_an_informative_dimension_the_largest_are_shown(
    table_run: Model, table: Dataset
) -> None:
    table_run.summary = {"kl": [0.01, 0.02, 0.0], "informative": []}
    traversal = traverse(table_run, table)
    assert traversal.dimensions == [1, 0, 2]
    assert "no dimension is informative" in traversal.note


def test_without_a_summary_the_kl_is_that_of_the_data(table_run: Model, table: Dataset) -> None:
    table_run.summary = {}
    traversal = traverse(table_run, table)
    np.testing.assert_allclose(traversal.kl, table_run.kl(table)[traversal.dimensions], rtol=1e-5)


def test_values_are_quantiles_of_the_aggregate_posterior(table_run: Model, table: Dataset) -> None:
    traversal = traverse(table_run, table, dimensions=[0], steps=5)
    np.testing.assert_allclose(traversal.quantiles, np.linspace(0.025, 0.975, 5))
    means = table_run.encode(table)[:, 0]
    deviation = np.exp(-1.0)
    mixture = [norm.cdf(value, means, deviation).mean() for value in traversal.values[0]]
    np.testing.assert_allclose(mixture, traversal.quantiles, atol=0.015)


def test_an_unused_dimension_still_moves_through_its_prior() -> None:
    draws = draw_posterior(np.zeros((16, 1)), np.zeros((16, 1)), np.random.default_rng(0))
    assert len(draws) >= 10_000
    np.testing.assert_allclose(np.quantile(draws, [0.025, 0.975]), [-1.96, 1.96], atol=0.1)


def test_only_the_moved_dimension_changes_the_output(table_run: Model, table: Dataset) -> None:
    traversal = traverse(table_run, table, dimensions=[0, 1, 2], steps=7)
    assert traversal.outputs.shape == (3, 7, 4)
    base = table_run.encode(table).mean(0)
    np.testing.assert_allclose(traversal.base, base, atol=1e-5)
    assert traversal.base_name == "the mean code"
    for place, index in enumerate(traversal.dimensions):
        outputs = traversal.outputs[place]
        np.testing.assert_allclose(outputs[:, index], traversal.values[place], rtol=1e-5)
        still = [k for k in range(3) if k != index]
        np.testing.assert_allclose(outputs[:, still], np.tile(base[still], (7, 1)), atol=1e-5)


def test_tables_come_in_their_own_units_too(table_run: Model, table: Dataset) -> None:
    traversal = traverse(table_run, table)
    assert table.table is not None
    assert traversal.feature_names == tuple(f"feature {k}" for k in range(4))
    assert traversal.frames is not None
    assert [len(frame) for frame in traversal.frames] == [9, 9]
    column = table.table.features[1]
    np.testing.assert_allclose(
        traversal.frames[0]["feature 1"], traversal.values[0] * column.sd + column.mean, rtol=1e-5
    )


def test_images_start_at_the_first_test_row(image_run: Model, images: Dataset) -> None:
    traversal = traverse(image_run, images, steps=4)
    row = int(images.rows("test")[0])
    assert traversal.is_images
    assert traversal.outputs.shape == (2, 4, 1, 4, 5)
    assert traversal.outputs.min() >= 0
    assert traversal.outputs.max() <= 1
    assert traversal.base_name == f"test row {row}"
    assert traversal.original is not None
    np.testing.assert_allclose(traversal.original, images.samples[row] / 255, rtol=1e-6)
    np.testing.assert_allclose(traversal.base, image_run.encode(images)[row], rtol=1e-5)
    assert traversal.reconstruction.shape == (1, 4, 5)


@pytest.mark.parametrize("kind", ["table", "image"])
def test_a_row_can_be_the_start(kind: str, request: pytest.FixtureRequest) -> None:
    run: Model = request.getfixturevalue(f"{kind}_run")
    dataset: Dataset = request.getfixturevalue("table" if kind == "table" else "images")
    traversal = traverse(run, dataset, row=11)
    np.testing.assert_allclose(traversal.base, run.encode(dataset)[11], rtol=1e-5)
    assert traversal.base_name == "row 11"
    assert traversal.original is not None


def test_without_data_the_prior_is_traversed(table_run: Model) -> None:
    traversal = traverse(table_run, steps=3)
    np.testing.assert_array_equal(traversal.base, 0)
    np.testing.assert_allclose(traversal.values, [[-1.96, 0, 1.96]] * 2, atol=0.005)
    assert "from memory" in traversal.note
    assert traversal.original is None


def test_data_that_has_gone_is_said_so(table_run: Model, tmp_path: Path) -> None:
    table_run.data["source"] = str(tmp_path / "gone.csv")
    traversal = traverse(table_run)
    assert "gone.csv" in traversal.note
    assert traversal.base_name == "the prior's mean"


def test_refining_keeps_the_ends_and_decodes_between(table_run: Model, table: Dataset) -> None:
    traversal = traverse(table_run, table, steps=3)
    finer = refine(table_run, traversal, 5)
    np.testing.assert_allclose(finer.values[:, ::2], traversal.values)
    np.testing.assert_allclose(finer.outputs[:, ::2], traversal.outputs, rtol=1e-5)
    np.testing.assert_allclose(finer.outputs[0, :, 1], finer.values[0], rtol=1e-5)
    assert finer.frames is not None
    assert len(finer.frames[0]) == 5


def test_two_traversals_are_equal(image_run: Model, images: Dataset) -> None:
    first, second = (traverse(image_run, images) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.outputs, second.outputs)


def test_bad_requests_are_refused(
    table_run: Model, table: Dataset, refuses: Callable[..., str]
) -> None:
    refuses(lambda: traverse(table_run, table, dimensions=[0, 3]), "dimensions=3", "0 to 2")
    refuses(lambda: traverse(table_run, table, dimensions=[-1]), "dimensions=-1")
    refuses(lambda: traverse(table_run, table, dimensions=[]), "dimensions=[]")
    refuses(lambda: traverse(table_run, table, dimensions=[True]), "dimensions=[True]")
    refuses(lambda: traverse(table_run, table, steps=1), "steps=1", "2 to 99")
    refuses(lambda: traverse(table_run, table, row=400), "row=400", "0 to 399")
    refuses(lambda: traverse(table_run, table, row=-1), "row=-1")
    refuses(lambda: traverse(table_run, row=0), "row=0", "name the data")
    refuses(lambda: traverse(table_run, "no-such-data"), "no-such-data")
