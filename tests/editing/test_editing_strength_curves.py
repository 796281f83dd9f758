"""Curves of editors whose success and damage are known: perfect, idle, wrecking, wrong."""

import dataclasses
import json
import math
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from unweave.editing.attribute_classifiers import AttributeClassifiers, train_classifiers
from unweave.editing.linear_svm import LinearSVM
from unweave.editing.strength_curves import rows_to_edit, strength_curve

SIDE = 16
NAMES = ("Corner", "Edge")
PLACES = {"Corner": (slice(0, 4), slice(0, 4)), "Edge": (slice(6, 10), slice(13, 16))}
CONTRAST = 0.4
VALUES = (0.0, 0.25, 0.5, 0.75, 1.0)
TRAIN, TEST = np.arange(300), np.arange(300, 400)


def paint(images: np.ndarray, name: str, value: float) -> np.ndarray:
    """Brighten the attribute's patch in proportion to the value: the perfect editor."""
    edited = images.copy()
    edited[:, :, *PLACES[name]] += np.float32(CONTRAST * value)
    return edited


def world() -> tuple[np.ndarray, np.ndarray]:
    """400 noisy images with two patches at random; the first is unknown in some."""
    generator = np.random.default_rng(2)
    labels = generator.integers(0, 2, (400, 2))
    images = (0.3 + 0.05 * generator.standard_normal((400, 3, SIDE, SIDE))).astype(np.float32)
    for place, name in enumerate(NAMES):
        there = labels[:, place] == 1
        images[there] = paint(images[there], name, 1)
    labels[::10, 0] = -1
    return images, labels


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return world()[0]


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return world()[1]


@pytest.fixture(scope="module")
def classifiers(images: np.ndarray, labels: np.ndarray) -> AttributeClassifiers:
    return train_classifiers(images, labels, NAMES, train=TRAIN, held_out=TEST)


@pytest.fixture
def bare(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Test images without a corner."""
    return images[rows_to_edit(labels, NAMES, TEST, "Corner", "add")]


def test_the_classifiers_are_tested_on_real_images(classifiers: AttributeClassifiers) -> None:
    assert classifiers.attributes == NAMES
    assert classifiers.svm.weights.shape == (5, 2, 3 * SIDE**2)
    np.testing.assert_array_equal(classifiers.accuracy, [1, 1])
    np.testing.assert_array_equal(classifiers.misses, np.zeros((2, 2)))
    for region, place in zip(classifiers.regions, PLACES.values(), strict=True):
        assert region[place].all()


def test_a_perfect_editor(classifiers: AttributeClassifiers, bare: np.ndarray) -> None:
    curve = strength_curve(classifiers, "Corner", VALUES, lambda v: paint(bare, "Corner", v), bare)
    assert (curve.attribute, curve.direction, curve.values) == ("Corner", "add", VALUES)
    assert (curve.error[0], curve.error[-1], curve.error_reconstruction) == (1, 0, 1)
    assert list(curve.error) == sorted(curve.error, reverse=True)
    assert curve.change_outside == (0,) * len(VALUES)
    ratio = math.sqrt(16 / round(0.2 * SIDE**2))
    np.testing.assert_allclose(curve.change_inside, np.array(VALUES) * CONTRAST * ratio, rtol=1e-4)
    assert curve.others_flipped == (0,) * len(VALUES)
    assert (curve.svm_accuracy, curve.svm_misses, curve.count) == (1, 0, len(bare))


def test_removal_is_the_reverse(
    classifiers: AttributeClassifiers, images: np.ndarray, labels: np.ndarray
) -> None:
    rows = rows_to_edit(labels, NAMES, TEST, "Corner", "remove")
    assert (labels[rows, 0] == 1).all()
    having = images[rows]
    falling = VALUES[::-1]
    curve = strength_curve(
        classifiers, "Corner", falling, lambda v: paint(having, "Corner", v - 1), having, "remove"
    )
    assert (curve.direction, curve.values, curve.count) == ("remove", falling, len(rows))
    assert (curve.error[0], curve.error[-1], curve.error_reconstruction) == (1, 0, 1)
    assert list(curve.error) == sorted(curve.error, reverse=True)
    assert curve.change_outside == (0,) * len(VALUES)


def test_an_idle_editor_stays_where_the_reconstructions_are(
    classifiers: AttributeClassifiers, bare: np.ndarray
) -> None:
    # A decoder that draws half a corner in some images, whatever it is asked for.
    drawn = np.concatenate([paint(bare[:9], "Corner", 1), bare[9:]])
    curve = strength_curve(classifiers, "Corner", VALUES, lambda _: drawn, drawn)
    share = 1 - 9 / len(drawn)
    assert curve.error_reconstruction == pytest.approx(share)
    assert curve.error == (curve.error_reconstruction,) * len(VALUES)
    assert curve.change_inside == curve.change_outside == (0,) * len(VALUES)
    assert curve.others_flipped == (0,) * len(VALUES)


def test_an_editor_that_wrecks_the_rest_fools_the_machine_but_not_the_reader(
    classifiers: AttributeClassifiers, bare: np.ndarray
) -> None:
    noise = np.random.default_rng(3).standard_normal(bare.shape).astype(np.float32)

    def wreck(value: float) -> np.ndarray:
        return paint(bare, "Corner", value) + np.float32(0.3 * value) * noise

    curve = strength_curve(classifiers, "Corner", (0, 1), wreck, bare)
    assert curve.error[1] < 0.2
    assert curve.change_outside[0] == 0
    assert curve.change_outside[1] == pytest.approx(0.3, abs=0.01)


def test_an_editor_of_another_attribute(
    classifiers: AttributeClassifiers, images: np.ndarray, labels: np.ndarray
) -> None:
    neither = images[TEST][(labels[TEST] == 0).all(1)]
    curve = strength_curve(
        classifiers, "Corner", (0, 1), lambda v: paint(neither, "Edge", v), neither
    )
    assert curve.error == (1, 1)
    assert curve.others_flipped == (0, 1)
    assert curve.change_outside[1] > 0.05 > curve.change_inside[1]


def test_the_spread_is_that_over_the_runs() -> None:
    """Three machines that say 'with' above 0.2, 0.5 and 0.8, on images of one pixel's worth."""
    weights = np.zeros((3, 1, 4), np.float32)
    weights[..., 0] = 1
    machines = LinearSVM(weights, -np.array([[0.2], [0.5], [0.8]], np.float32))
    region = np.array([[[True, False], [False, False]]])
    misses = np.array([[0.1, 0.3]])
    classifiers = AttributeClassifiers(("Corner",), machines, region, 1 - misses.mean(1), misses)
    start = np.zeros((10, 1, 2, 2), np.float32)
    ramp = np.linspace(0.05, 0.95, 10, dtype=np.float32)

    def edit(value: float) -> np.ndarray:
        edited = start.copy()
        edited[:, 0, 0, 0] = ramp * np.float32(value)
        return edited

    curve = strength_curve(classifiers, "Corner", (1,), edit, start)
    np.testing.assert_allclose(curve.error, [0.5])
    np.testing.assert_allclose(curve.error_sd, [np.std([0.2, 0.5, 0.8], ddof=1)])
    np.testing.assert_allclose(curve.change_inside, [ramp.mean()], rtol=1e-6)
    # Judged alone, nothing else can flip; what is missed is missed of the class aimed at.
    assert (curve.others_flipped, curve.svm_misses, curve.svm_accuracy) == ((), 0.3, 0.8)
    back = strength_curve(classifiers, "Corner", (0,), edit, edit(1), "remove")
    assert (back.error, back.svm_misses) == ((0,), 0.1)
    np.testing.assert_allclose(back.error_reconstruction, 0.5)
    single = LinearSVM(weights[:1], machines.offset[:1])
    lone = strength_curve(dataclasses.replace(classifiers, svm=single), "Corner", (1,), edit, start)
    assert lone.error_sd == (0,)


def test_one_values_images_are_held_at_a_time(
    classifiers: AttributeClassifiers, bare: np.ndarray
) -> None:
    alive: list[weakref.ref[np.ndarray]] = []

    def edit(value: float) -> np.ndarray:
        # The last value's may still have its name; the one before has gone.
        assert all(images() is None for images in alive[:-1])
        edited = paint(bare, "Corner", value)
        alive.append(weakref.ref(edited))
        return edited

    strength_curve(classifiers, "Corner", VALUES, edit, bare)
    assert len(alive) == len(VALUES)


def test_bytes_are_classified_as_floats_are(
    classifiers: AttributeClassifiers, bare: np.ndarray
) -> None:
    def as_bytes(value: float) -> np.ndarray:
        return (paint(bare, "Corner", value).clip(0, 1) * 255).round().astype(np.uint8)

    floats = strength_curve(classifiers, "Corner", VALUES, lambda v: paint(bare, "Corner", v), bare)
    bytes_ = strength_curve(classifiers, "Corner", VALUES, as_bytes, as_bytes(0))
    np.testing.assert_allclose(bytes_.error, floats.error, atol=0.03)
    np.testing.assert_allclose(bytes_.change_inside, floats.change_inside, atol=3e-3)


def test_what_cannot_be_known_is_null_in_json(
    images: np.ndarray, labels: np.ndarray, bare: np.ndarray
) -> None:
    without = TEST[labels[TEST, 0] == 0]
    classifiers = train_classifiers(images, labels, NAMES, train=TRAIN, held_out=without)
    assert np.isnan(classifiers.accuracy[0])
    assert classifiers.accuracy[1] == 1
    curve = strength_curve(classifiers, "Corner", (0, 1), lambda v: paint(bare, "Corner", v), bare)
    assert math.isnan(curve.svm_accuracy)
    document = json.loads(json.dumps(curve.to_json(), allow_nan=False))
    assert set(document) == {field.name for field in dataclasses.fields(curve)}
    assert document["svm_accuracy"] is document["svm_misses"] is None
    assert (document["values"], document["error"]) == ([0, 1], [1, 0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        curve.count = 3  # type: ignore[misc]


class TestRefusals:
    def test_names(
        self, classifiers: AttributeClassifiers, bare: np.ndarray, refuses: Callable[..., str]
    ) -> None:
        refuses(
            lambda: strength_curve(classifiers, "Cornr", (0,), lambda _: bare, bare), "'Corner'"
        )
        sideways: list[object] = ["sideways"]
        refuses(
            lambda: strength_curve(classifiers, "Corner", (0,), lambda _: bare, bare, *sideways),  # type: ignore[arg-type]
            "direction",
            "add, remove",
        )

    @pytest.mark.parametrize("values", [(), (0.0, math.nan), (math.inf,)])
    def test_values(
        self,
        values: tuple[float, ...],
        classifiers: AttributeClassifiers,
        bare: np.ndarray,
        refuses: Callable[..., str],
    ) -> None:
        refuses(
            lambda: strength_curve(classifiers, "Corner", values, lambda _: bare, bare), "finite"
        )

    @pytest.mark.parametrize("place", [(0, 0), (8, 3)])
    def test_an_edit_that_blows_up(
        self,
        place: tuple[int, int],
        classifiers: AttributeClassifiers,
        bare: np.ndarray,
        refuses: Callable[..., str],
    ) -> None:
        """Not a number is not above 0: a machine would say 'without'."""

        def explode(value: float) -> np.ndarray:
            edited = bare.copy()
            edited[3, 0, *place] = math.nan
            return edited

        refuses(
            lambda: strength_curve(classifiers, "Corner", (50,), explode, bare, "remove"),
            "Corner=50",
            "not finite",
        )

    def test_an_edit_of_other_images(
        self, classifiers: AttributeClassifiers, bare: np.ndarray
    ) -> None:
        with pytest.raises(ValueError, match="reconstructions"):
            strength_curve(classifiers, "Corner", (0,), lambda _: bare[1:], bare)

    def test_no_image_to_edit(self, labels: np.ndarray, refuses: Callable[..., str]) -> None:
        having = TEST[labels[TEST, 0] == 1]
        refuses(lambda: rows_to_edit(labels, NAMES, having, "Corner", "add"), "lack it", "to")
        without = TEST[labels[TEST, 0] == 0]
        refuses(lambda: rows_to_edit(labels, NAMES, without, "Corner", "remove"), "have it", "from")
        unknown = TEST[labels[TEST, 0] == -1]
        assert len(unknown)
        refuses(lambda: rows_to_edit(labels, NAMES, unknown, "Corner", "add"), "lack it")
