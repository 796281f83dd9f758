"""Pictures of edits on a run's page: of test images, the attributes best recognised first."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import train_run
from unweave.data import Dataset, Labels, load_data
from unweave.reporting import edit_pictures
from unweave.reporting.edit_pictures import attributes_by_accuracy, draw_edits
from unweave.reporting.run_section import run_section
from unweave.reporting.runs import report_runs
from unweave.reporting.strips import draw_strip
from unweave.runs.model import Model

RunOf = Callable[..., Model]
Drawn = list[tuple[np.ndarray, list[str]]]
QUICK = {"steps": 3, "channels": "4,4", "units": "8", "latent_dim": 4, "compile": "no"}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Note what is drawn: the columns of pictures, and their heads."""
    noted: Drawn = []

    def draw(columns: list[np.ndarray], heads: list[str], *rest: Any, **more: Any) -> Any:
        noted.append((np.stack(columns), heads))
        return draw_strip(columns, heads, *rest, **more)

    monkeypatch.setattr(edit_pictures, "draw_strip", draw)
    return noted


def with_labels(dataset: Dataset, names: tuple[str, ...], values: np.ndarray, **more: bool) -> Any:
    labels = Labels(names, values.astype(np.int64), **{"exclusive": False, **more})
    return dataclasses.replace(dataset, labels=labels)


def own_labels(planted: Dataset, *names: str) -> Dataset:
    assert planted.labels is not None
    columns = [planted.labels.names.index(name) for name in names]
    data: Dataset = with_labels(planted, names, planted.labels.values[:, columns])
    return data


def test_a_sweep_of_each_attribute(planted: Dataset, planted_run: RunOf, drawn: Drawn) -> None:
    data = own_labels(planted, "Corner", "Edge")
    names = [name for name, _ in draw_edits(planted_run(), data)]
    assert names == ["Corner", "Edge"]
    for (images, heads), name in zip(drawn, names, strict=True):
        assert heads[2:] == [f"{name}={value:g}" for value in (0, 0.5, 1, 1.5, 2)]
        assert images.shape == (7, 4, 1, 16, 16)
        left = 1 if name == "Corner" else 11
        patch = images[:, :, 0, 1:5, left : left + 4].mean((2, 3))
        # Those that lack it: as they are, as reconstructed, then brighter and brighter.
        wanted = np.tile([0.2, 0.2, 0.2, 0.5, 0.8], (4, 1)).T
        np.testing.assert_allclose(patch[:5], wanted, atol=4e-3)


def test_the_best_recognised_comes_first(planted: Dataset, planted_run: RunOf) -> None:
    run = planted_run()
    data = own_labels(planted, "Corner", "Edge")
    assert data.labels is not None
    values = data.labels.values.copy()
    values[:, 0] = np.where(values[:, 0] >= 0, np.arange(len(values)) % 2, -1)
    assert attributes_by_accuracy(run, with_labels(data, ("Corner", "Edge"), values)) == [
        "Edge",
        "Corner",
    ]
    # Without labels, or with other ones than it learned from, in the run's own order.
    for changed in (
        dataclasses.replace(data, labels=None),
        own_labels(planted, "Edge"),
        with_labels(data, ("Edge", "Corner"), values),
    ):
        assert attributes_by_accuracy(run, changed) == ["Corner", "Edge"]
        assert [name for name, _ in draw_edits(run, changed)] == ["Corner", "Edge"]


def test_few_attributes_are_shown_of_many(planted: Dataset, planted_run: RunOf) -> None:
    names = ("Corner", "Edge", "Stripe", *(f"Never {k}" for k in range(6)))
    values = np.zeros((len(planted), len(names)))
    shown = [
        name for name, _ in draw_edits(planted_run(names), with_labels(planted, names, values))
    ]
    assert len(shown) == edit_pictures.MOST_ATTRIBUTES


def test_one_image_of_each_known_class(planted: Dataset, planted_run: RunOf, drawn: Drawn) -> None:
    names = ("Corner", "Edge", "Stripe")
    classes = np.full(len(planted), -1)
    rows = planted.rows("test")
    classes[rows[5:9]] = [2, 0, 2, 0]
    data = with_labels(planted, names, classes, exclusive=True)
    (found,) = draw_edits(planted_run(names, exclusive=True), data)
    assert found[0] == "class"
    ((images, heads),) = drawn
    assert heads[2:] == [f"class={name}" for name in names]
    np.testing.assert_allclose(images[0], planted.samples[rows[5:7]] / np.float32(255), atol=1e-6)


def test_a_model_without_labels_edits_nothing(planted: Dataset, planted_run: RunOf) -> None:
    run = planted_run((), "ae", decoder_input="nothing")
    assert list(draw_edits(run, planted)) == []


class TestPage:
    """The page of attribute runs, from their folders."""

    def text_of(self, folder: Path) -> str:
        page = folder / "report.html"
        report_runs([folder], page)
        text = page.read_text(encoding="utf-8")
        assert text.count("<img") == text.count('src="data:image/')
        return text

    def test_attributes(self, planted: Dataset, tmp_path: Path) -> None:
        train_run("mdd-ae-dcov", planted, changes=QUICK, out=tmp_path / "run", progress=False)
        text = self.text_of(tmp_path)
        assert planted.labels is not None
        for name in planted.labels.names:
            assert f"{name} by degree" in text
        for words in ("accuracy of the soft target", "Reconstructions", "Training"):
            assert words in text
        # Four attributes, reconstructions, curves; no latent traversal, no samples.
        assert text.count("<img") == 6
        for words in ("What each dimension does", "What each dimension carries", "Samples"):
            assert words not in text

    def test_classes_and_none(self, tmp_path: Path) -> None:
        digits, changes = load_data("digits"), {**QUICK, "channels": "4"}
        for model in ("dis-ae", "ae"):
            train_run(model, digits, changes=changes, out=tmp_path / model, progress=False)
        text = self.text_of(tmp_path)
        assert text.count("Swapped classes") == text.count('alt="Rows of images') == 1
        assert text.count("<img") == 2 + 3 + 2  # Dimensions without labels are traversed.
        assert "dis-ae on digits, seed 0" in text

    def test_data_whose_labels_have_changed(self, planted: Dataset, tmp_path: Path) -> None:
        """The table of attributes was cut after the run had learned from it."""
        run = train_run("mdd-ae-xcov", planted, changes=QUICK, progress=False)
        section = run_section(run, own_labels(planted, "Edge"))
        titles = [part.title for part in section.parts if hasattr(part, "title")]
        assert "Never by degree" in titles
