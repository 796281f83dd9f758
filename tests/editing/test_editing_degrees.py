"""Perfect, idle and clumsy editors are told apart, and degrees are read well."""

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest
import torch

from unweave.data import Dataset, Factors, load_data, unit_scale
from unweave.data.sources.faces.drawing import ATTRIBUTES
from unweave.editing.degrees import degree_curves
from unweave.editing.edit_costs import EditCost, edit_costs, redrawn
from unweave.editing.intensity_reader import IntensityReader, blurred

VALUES = (0.0, 0.25, 0.5, 0.75, 1.0)
NAMES = ("red", "green", "blue")
COUNT = 40


class Colours:
    """Images of one pixel, each channel the degree of one attribute; all is known."""

    def __init__(self) -> None:
        self.degrees = np.random.default_rng(3).random((COUNT, 3))
        self.images = self.degrees[:, :, None, None]

    def read(self, images: np.ndarray) -> np.ndarray:
        return images[:, :, 0, 0]

    def edit(self, name: str, value: float) -> np.ndarray:
        images = self.images.copy()
        images[:, NAMES.index(name)] = value
        return images


@pytest.fixture
def colours() -> Colours:
    return Colours()


@pytest.fixture(scope="module")
def faces() -> Dataset:
    return load_data("faces:count=1500,seed=4")


@pytest.fixture(scope="module")
def reader(faces: Dataset) -> IntensityReader:
    return IntensityReader.train(faces, steps=250)


@pytest.fixture(scope="module")
def originals(faces: Dataset) -> np.ndarray:
    return np.asarray(faces.samples[faces.rows("test")])


@pytest.fixture(scope="module")
def truth(faces: Dataset) -> np.ndarray:
    assert faces.factors is not None
    return faces.factors.values[faces.rows("test")]


class TestCurvesOfKnownEditors:
    def test_without_confusion_spearman_is_what_ties_leave(self, colours: Colours) -> None:
        """Faces that differ by less than the steps between degrees."""
        jitter = np.random.default_rng(2).uniform(-0.05, 0.05, colours.images.shape)
        for steps in (5, 9):
            curve = degree_curves(
                colours.read,
                lambda name, value: colours.edit(name, value) + jitter,
                np.linspace(0, 1, steps).tolist(),
                NAMES,
                colours.images,
            )["red"]
            assert curve.spearman == pytest.approx(np.sqrt(1 - 1 / steps**2), abs=1e-3)

    def test_the_perfect_editor(self, colours: Colours) -> None:
        values = (-0.5, *VALUES, 1.5)
        curves = degree_curves(colours.read, colours.edit, values, NAMES, colours.images)
        assert tuple(curves) == NAMES
        for place, name in enumerate(NAMES):
            curve = curves[name]
            np.testing.assert_allclose(curve.drawn, values)
            np.testing.assert_allclose(curve.sd, 0, atol=1e-12)
            perfect = (curve.spearman, curve.spearman_of_means, curve.slope, curve.r2)
            np.testing.assert_allclose(perfect, 1)
            assert curve.intercept == pytest.approx(0, abs=1e-12)
            assert curve.monotone
            change = np.abs(np.array(values)[:, None] - colours.degrees[:, place]).mean()
            assert curve.change == pytest.approx(change)
            assert set(curve.others) == set(NAMES) - {name}
            assert curve.largest_other == 0

    def test_the_idle_editor(self, colours: Colours) -> None:
        def edit(name: str, value: float) -> np.ndarray:
            return colours.images

        curve = degree_curves(colours.read, edit, VALUES, NAMES, colours.images)["green"]
        assert (curve.slope, curve.r2, curve.change) == pytest.approx((0, 0, 0))
        assert (curve.spearman, curve.spearman_of_means) == pytest.approx((0, 0))
        assert curve.intercept == pytest.approx(colours.degrees[:, 1].mean())
        assert curve.sd == pytest.approx([colours.degrees[:, 1].std()] * len(VALUES))
        assert not curve.monotone
        assert np.isnan(curve.largest_other)
        assert curve.to_json()["others"] == {"red": None, "blue": None}

    def test_the_editor_that_moves_another_attribute_along(self, colours: Colours) -> None:
        def edit(name: str, value: float) -> np.ndarray:
            images = colours.edit(name, value)
            if name == "red":
                images[:, 2] += 0.5 * (images[:, 0] - colours.images[:, 0])
            return images

        curves = degree_curves(colours.read, edit, VALUES, NAMES, colours.images)
        assert curves["red"].others == pytest.approx({"green": 0, "blue": 0.5})
        assert curves["red"].largest_other == pytest.approx(0.5)
        assert curves["red"].mean_other == pytest.approx(0.25)
        assert curves["blue"].largest_other == 0

    def test_the_editor_that_goes_half_way_and_turns_back(self, colours: Colours) -> None:
        def edit(name: str, value: float) -> np.ndarray:
            return colours.edit(name, 0.2 + 0.5 * value if value < 1 else 0.0)

        half = degree_curves(colours.read, edit, VALUES[:-1], NAMES, colours.images)["red"]
        assert (half.slope, half.intercept, half.r2) == pytest.approx((0.5, 0.2, 1))
        assert half.monotone
        back = degree_curves(colours.read, edit, VALUES, NAMES, colours.images)["red"]
        assert not back.monotone
        assert back.spearman_of_means < 0.5

    def test_noise_lowers_the_pairs_and_not_the_means(self, colours: Colours) -> None:
        noise = np.random.default_rng(1).normal(0, 0.5, (COUNT, 3, 1, 1))
        curve = degree_curves(
            colours.read,
            lambda name, value: colours.edit(name, value) + noise,
            VALUES,
            NAMES,
            colours.images,
        )["red"]
        assert curve.spearman_of_means == pytest.approx(1)
        assert curve.slope == pytest.approx(1)
        assert 0.3 < curve.spearman < 0.9
        assert curve.r2 == pytest.approx(0.125 / (0.125 + noise[:, 0].var()), abs=0.001)

    def test_one_attribute_alone_has_no_others(self, colours: Colours) -> None:
        curves = degree_curves(
            lambda images: images[:, :1, 0, 0], colours.edit, VALUES, NAMES[:1], colours.images
        )
        assert curves["red"].others == {}
        assert curves["red"].largest_other == curves["red"].mean_other == 0

    def test_order_of_values_does_not_matter_and_json_can_be_written(
        self, colours: Colours
    ) -> None:
        first, second = (
            degree_curves(colours.read, colours.edit, values, NAMES, colours.images)["red"]
            for values in (VALUES, VALUES[::-1])
        )
        assert first == second
        document = json.loads(json.dumps(first.to_json(), allow_nan=False))
        assert document["asked"] == list(VALUES)
        assert document["monotone"] is True

    def test_bad_requests_are_refused(self, colours: Colours, refuses: Callable[..., str]) -> None:
        def curves(values: tuple[float, ...], names: tuple[str, ...], faces: int) -> None:
            degree_curves(colours.read, colours.edit, values, names, colours.images[:faces])

        refuses(lambda: curves((0.5, 0.5), NAMES, COUNT), "two different")
        refuses(lambda: curves((0.5, np.nan), NAMES, COUNT), "finite")
        refuses(lambda: curves(VALUES, NAMES[:2], COUNT), "names=['red', 'green']", "3 degrees")
        refuses(lambda: curves(VALUES, NAMES, 7), "red", "40 images of 7")


class TestRedrawing:
    @pytest.mark.parametrize("source", ["faces:count=300,seed=0", "faces:count=64"])
    def test_to_its_own_degree_a_face_is_itself(self, source: str) -> None:
        dataset = load_data(source)
        assert dataset.factors is not None
        for row in dataset.rows("test")[:4]:
            for place, attribute in enumerate(ATTRIBUTES):
                value = dataset.factors.values[row, place]
                drawn = redrawn(dataset, np.array([row]), attribute, value)
                np.testing.assert_array_equal(drawn[0], dataset.samples[row])

    def test_what_is_not_known_is_refused(
        self, faces: Dataset, pictures: Dataset, refuses: Callable[..., str]
    ) -> None:
        rows = faces.rows("test")
        assert faces.factors is not None
        turned = dataclasses.replace(faces.factors, values=faces.factors.values[::-1])
        others = dataclasses.replace(faces, factors=turned)
        refuses(lambda: redrawn(faces, rows, "Smilling", 1), "'Smiling'?")
        refuses(lambda: redrawn(faces, rows, "Smiling", 1.5), "1.5 is not in 0 to 1")
        refuses(lambda: redrawn(pictures, rows, "Smiling", 1), "load_data('faces')")
        refuses(lambda: redrawn(others, rows, "Smiling", 1), "load_data('faces')")


class TestCost:
    def costs(
        self, faces: Dataset, edit: Callable[..., np.ndarray], unedited: np.ndarray
    ) -> dict[str, EditCost]:
        return edit_costs(faces, faces.rows("test"), edit, (0, 1), ("Mustache",), unedited)

    def test_the_perfect_editor_costs_nothing(self, faces: Dataset, originals: np.ndarray) -> None:
        rows = faces.rows("test")
        cost = self.costs(faces, lambda *asked: redrawn(faces, rows, *asked), originals)
        mustache = cost["Mustache"]
        assert mustache.error == mustache.cost == mustache.changed_outside == 0
        assert mustache.changed_inside == mustache.true_inside > 0.1

    def test_the_idle_editor_pays_what_was_not_drawn(
        self, faces: Dataset, originals: np.ndarray
    ) -> None:
        cost = self.costs(faces, lambda *asked: originals, originals)["Mustache"]
        assert cost.changed_inside == cost.changed_outside == cost.reconstruction_error == 0
        assert 0 < cost.cost == cost.error < cost.true_inside

    def test_a_model_that_draws_all_too_bright_and_moves_the_person(
        self, faces: Dataset, originals: np.ndarray
    ) -> None:
        rows, bright = faces.rows("test"), np.float32(0.1)
        cost = self.costs(
            faces,
            lambda *asked: unit_scale(redrawn(faces, rows, *asked)) + 2 * bright,
            unit_scale(originals) + bright,
        )["Mustache"]
        assert cost.reconstruction_error == pytest.approx(0.1, rel=1e-4)
        assert cost.error == pytest.approx(0.2, rel=1e-4)
        assert cost.cost == pytest.approx(0.1, rel=1e-4)
        assert cost.changed_outside == pytest.approx(0.1, rel=1e-4)
        assert json.dumps(cost.to_json(), allow_nan=False)

    def test_images_must_be_those_of_the_rows(
        self, faces: Dataset, originals: np.ndarray, refuses: Callable[..., str]
    ) -> None:
        refuses(lambda: self.costs(faces, lambda *asked: originals, originals[:3]), "(3, 3, 64")
        refuses(lambda: self.costs(faces, lambda *asked: originals[:1], originals), "Mustache=0")


class TestReading:
    """A short training; the full one reads better."""

    @pytest.mark.parametrize("sigma", [0.0, 1.0])
    def test_held_out_faces_sharp_and_blurred(
        self, reader: IntensityReader, originals: np.ndarray, truth: np.ndarray, sigma: float
    ) -> None:
        images = torch.from_numpy(unit_scale(originals))
        r2 = reader.r2((blurred(images, sigma) if sigma else images).numpy(), truth)
        assert tuple(r2) == ATTRIBUTES
        # A smile is a matter of few pixels and takes longest to learn.
        assert r2.pop("Smiling") > 0.5
        assert min(r2.values()) > 0.9

    def test_the_perfect_editor_is_read_as_such(
        self, reader: IntensityReader, faces: Dataset, originals: np.ndarray
    ) -> None:
        rows, values = faces.rows("test")[:60], np.linspace(0, 1, 11)
        curves = degree_curves(
            reader,
            lambda *asked: redrawn(faces, rows, *asked),
            values.tolist(),
            reader.names,
            originals[:60],
        )
        for name in ("Eyeglasses", "Blond_Hair"):
            assert curves[name].spearman > 0.98
            assert curves[name].spearman_of_means == pytest.approx(1)
            assert curves[name].monotone
            assert curves[name].slope == pytest.approx(1, abs=0.07)
            assert curves[name].largest_other < 0.15

    def test_beyond_the_largest_degree_it_reads_more(
        self, reader: IntensityReader, faces: Dataset
    ) -> None:
        rows = faces.rows("test")
        for name in ("Eyeglasses", "Blond_Hair", "Pale_Skin"):
            less, most = (unit_scale(redrawn(faces, rows, name, v)) for v in (0.7, 1.0))
            column = reader.names.index(name)
            step = (reader(2 * most - less) - reader(most))[:, column].mean()
            assert 0.15 < step < 0.45

    def test_equal_seeds_read_equally_and_leave_global_numbers_alone(
        self, faces: Dataset, originals: np.ndarray
    ) -> None:
        torch.manual_seed(1)
        expected = torch.get_rng_state()
        first, second, third = (
            IntensityReader.train(faces, steps=2, seed=seed)(originals[:8]) for seed in (5, 5, 6)
        )
        np.testing.assert_array_equal(first, second)
        assert not np.allclose(first, third)
        assert torch.equal(torch.get_rng_state(), expected)

    def test_any_images_with_continuous_factors_will_do(self, pictures: Dataset) -> None:
        samples = np.asarray(pictures.samples)[:, 0] > 0
        places = np.stack([samples.any(1).argmax(1), samples.any(2).argmax(1)], axis=1)
        values = np.column_stack([places, np.zeros(len(places))]).astype(float)
        factors = Factors(("x", "y", "shape"), values, (None, None, 1))
        dataset = dataclasses.replace(pictures, factors=factors)
        reader = IntensityReader.train(dataset, steps=150)
        assert reader.names == ("x", "y")
        r2 = reader.r2(np.asarray(dataset.samples), values[:, :2])
        assert min(r2.values()) > 0.8

    def test_what_cannot_be_learned_or_read_is_refused(
        self,
        reader: IntensityReader,
        faces: Dataset,
        pictures: Dataset,
        rows: Dataset,
        refuses: Callable[..., str],
    ) -> None:
        refuses(lambda: IntensityReader.train(pictures), "no continuous factors", "'faces'")
        refuses(lambda: IntensityReader.train(rows), "is a table")
        refuses(lambda: IntensityReader.train(faces, steps=0), "steps=0")
        refuses(lambda: reader(np.zeros((2, 1, 64, 64))), "(2, 1, 64, 64)", "3 x 64 x 64")
