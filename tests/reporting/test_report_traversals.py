"""Traversals as PNG and GIF."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import Dataset
from unweave.editing.traversal import traverse
from unweave.reporting.drawing import look
from unweave.reporting.image_traversals import draw_image_traversal
from unweave.reporting.labels import dimension_label, nats
from unweave.reporting.table_traversals import draw_table_traversal, named_features, spread
from unweave.reporting.traversals import LEAST_FRAMES, save_traversal, traversal_gif
from unweave.runs.model import Model

RunOf = Callable[..., Model]


@pytest.mark.parametrize("kind", ["grey", "colour", "table"])
@pytest.mark.parametrize("suffix", [".png", ".GIF"])
def test_a_file_of_each_kind(
    kind: str, suffix: str, run_of: RunOf, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dataset: Dataset = request.getfixturevalue(kind)
    run = run_of(dataset)
    path = tmp_path / "new" / f"traversal{suffix}"
    save_traversal(run, traverse(run, dataset, steps=4), path)
    with Image.open(path) as image:
        assert image.format == suffix[1:].upper()
        assert image.width > 300
        frames = getattr(image, "n_frames", 1)
    assert frames == (1 if suffix == ".png" else 2 * LEAST_FRAMES - 2)
    assert list(path.parent.iterdir()) == [path]


def test_the_grid_has_a_row_for_each_dimension_and_a_column_for_each_value(
    grey: Dataset, run_of: RunOf
) -> None:
    run = run_of(grey)
    traversal = traverse(run, grey, dimensions=[0, 1, 2], steps=5)
    with look():
        axes = draw_image_traversal(traversal, "this").axes[0]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["z1 · KL 2.14 nats", "z0 · KL 0.50 nats", "z2 · KL 0.002 nats"]
    heads = [label.get_text() for label in axes.get_xticklabels()]
    assert heads == ["original", "decoded\nstart", "2.5 %", "26.2 %", "50 %", "73.8 %", "97.5 %"]
    assert len(axes.patches) == 3
    pixels = np.asarray(axes.images[0].get_array())
    assert pixels.shape[0] == 3 * 128 + 2 * 4


def test_many_columns_are_labelled_as_far_as_there_is_room(grey: Dataset, run_of: RunOf) -> None:
    run = run_of(grey)
    traversal = traverse(run, grey, dimensions=[0], steps=60)
    with look():
        axes = draw_image_traversal(traversal, "this").axes[0]
    heads = [label.get_text() for label in axes.get_xticklabels()]
    assert heads[0] == "start"
    assert 20 <= len(heads) <= 31


def test_without_data_there_is_no_original(grey: Dataset, run_of: RunOf) -> None:
    run = run_of(grey)
    traversal = traverse(run, steps=3)
    with look():
        figure = draw_image_traversal(traversal, "this")
    heads = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert heads == ["decoded\nstart", "2.5 %", "50 %", "97.5 %"]
    words = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert "from memory" in words
    assert "97.5 % quantile of the prior" in words


def test_table_panels_are_labelled_and_nothing_leaves_the_paper(
    table: Dataset, run_of: RunOf
) -> None:
    run = run_of(table, codes=7)
    traversal = traverse(run, table, dimensions=list(range(7)))
    with look():
        figure = draw_table_traversal(traversal, "a name that is long " * 6)
        figure.canvas.draw()
        box = figure.get_tightbbox(figure.canvas.get_renderer())
    assert len(figure.axes) == 7
    assert figure.axes[0].get_title("left") == dimension_label("z1", 2.14)
    assert all(axes.get_xlabel().endswith("(code value)") for axes in figure.axes)
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.01
    assert box.y0 >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def test_what_moves_most_is_named_first_and_what_lies_flat_is_not() -> None:
    outputs = np.zeros((5, 100))
    outputs[:, 7] = np.linspace(-1, 1, 5)
    outputs[:, 3] = np.linspace(2, -2, 5)
    outputs[:, 4] = np.linspace(0, 0.1, 5)
    assert named_features(outputs) == [3, 7]
    assert len(named_features(outputs + np.linspace(0, 9, 5)[:, None])) == 8
    assert named_features(np.zeros((5, 3))) == []


def test_names_are_spread_in_order_and_stay_inside() -> None:
    places = np.array([0.99, 0.5, 0.98, 1.2, 0.97])
    moved = spread(places, 0.1)
    assert (np.argsort(moved) == np.argsort(places)).all()
    assert np.diff(np.sort(moved)).min() >= 0.1 - 1e-9
    assert moved.max() <= 1
    assert moved[1] == pytest.approx(0.5)


def test_the_gif_loops_there_and_back(grey: Dataset, run_of: RunOf) -> None:
    run = run_of(grey)
    traversal = traverse(run, grey, steps=3)
    with Image.open(io.BytesIO(traversal_gif(run, traversal))) as image:
        assert image.info["loop"] == 0
        frames = []
        for place in range(image.n_frames):
            image.seek(place)
            frames.append(np.asarray(image.convert("RGB")))
    np.testing.assert_array_equal(frames[1], frames[-1])
    assert (frames[0] != frames[LEAST_FRAMES - 1]).any()
    assert (frames[0][0, 0] == 255).all()


def test_other_endings_are_refused(
    grey: Dataset, run_of: RunOf, tmp_path: Path, refuses: Callable[..., str]
) -> None:
    run = run_of(grey)
    traversal = traverse(run, grey, steps=2)
    for name in ("traversal.jpg", "traversal"):
        refuses(lambda name=name: save_traversal(run, traversal, tmp_path / name), ".png or .gif")
    folder = tmp_path / "folder.png"
    folder.mkdir()
    refuses(lambda: save_traversal(run, traversal, folder), "folder.png", "is a folder")


@pytest.mark.parametrize(
    ("value", "text"), [(12.34, "12.3"), (2.144, "2.14"), (0.05, "0.05"), (0.0021, "0.002")]
)
def test_nats_have_the_digits_that_matter(value: float, text: str) -> None:
    assert nats(value) == text
