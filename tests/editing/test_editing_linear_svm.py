"""Linear machines on pixels, held against scikit-learn's own; subsamples whose make-up is known."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.svm import SVC, LinearSVC

from unweave.editing import linear_svm
from unweave.editing.linear_svm import LinearSVM, balanced_rows, train_svms

SHAPE = (3, 8, 8)


def planted_images(
    count: int, share: float, contrast: float = 0.15, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Noise of sd 0.2; where the attribute is, a corner of 3 x 3 is brighter. N x 1 labels."""
    generator = np.random.default_rng(seed)
    labels = (generator.permutation(count) < share * count).astype(np.int64)[:, None]
    images = 0.4 + 0.2 * generator.standard_normal((count, *SHAPE))
    images[labels[:, 0] == 1, :, :3, :3] += contrast
    return (images.clip(0, 1) * 255).round().astype(np.uint8), labels


def centred(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Pixels as the penalty is meant for, with the centre and the scale that made them so."""
    pixels = images.reshape(len(images), -1) / 255
    centre = pixels.mean(0)
    scale = float(np.sqrt(((pixels - centre) ** 2).sum(1).mean()))
    return (pixels - centre) / scale, centre, scale


def only_subsample(labels: np.ndarray, name: str = "Corner") -> np.ndarray:
    generator = np.random.default_rng([0, 0, linear_svm._key(name)])
    return balanced_rows(labels[:, 0], linear_svm.MOST, generator)


def test_the_margins_are_those_of_the_kernel_machine() -> None:
    images, labels = planted_images(300, 0.3)
    rows = np.arange(200)
    machine = train_svms(images, labels, ["Corner"], rows, runs=1)
    assert machine.weights.shape == (1, 1, 192)
    drawn = only_subsample(labels[rows])
    pixels, centre, scale = centred(images[drawn])
    oracle = SVC(C=linear_svm.PENALTY, kernel="linear", class_weight="balanced")
    oracle.fit(pixels, labels[drawn, 0])
    unseen = (images[200:].reshape(100, -1) / 255 - centre) / scale
    wanted = oracle.decision_function(unseen)
    found = machine.margins(images[200:])
    assert found.shape == (100, 1, 1)
    # Both solve to a tolerance of 1e-3.
    np.testing.assert_allclose(found[:, 0, 0], wanted, atol=5e-3)
    np.testing.assert_allclose(machine.weights[0, 0] * scale, oracle.coef_[0], atol=5e-3)


def test_it_is_close_to_the_primal_machine() -> None:
    """LinearSVC penalises the offset too, which a large intercept scaling makes negligible."""
    images, labels = planted_images(300, 0.3)
    rows = np.arange(200)
    drawn = only_subsample(labels[rows])
    pixels, centre, scale = centred(images[drawn])
    settings = {"loss": "hinge", "class_weight": "balanced", "intercept_scaling": 10.0}
    oracle = LinearSVC(C=linear_svm.PENALTY, max_iter=200_000, tol=1e-5, **settings)
    oracle.fit(pixels, labels[drawn, 0])
    wanted = oracle.decision_function((images[200:].reshape(100, -1) / 255 - centre) / scale)
    found = train_svms(images, labels, ["Corner"], rows, runs=1).margins(images[200:])[:, 0, 0]
    assert np.corrcoef(found, wanted)[0, 1] > 0.999
    np.testing.assert_allclose(found, wanted, atol=0.05)


def test_bytes_and_their_share_of_white_are_the_same_image() -> None:
    images, labels = planted_images(120, 0.5)
    machine = train_svms(images, labels, ["Corner"], np.arange(120), runs=2)
    scaled = (images / 255).astype(np.float32)
    np.testing.assert_allclose(machine.margins(scaled), machine.margins(images), atol=1e-5)
    again = train_svms(scaled, labels, ["Corner"], np.arange(120), runs=2)
    np.testing.assert_allclose(again.margins(images), machine.margins(images), atol=5e-3)


def test_one_machine_or_several_side_by_side() -> None:
    images, _ = planted_images(700, 0.5)
    weights = np.random.default_rng(1).standard_normal((2, 3, 192)).astype(np.float32)
    offset = np.arange(6, dtype=np.float32).reshape(2, 3)
    margins = LinearSVM(weights, offset).margins(images)
    assert margins.shape == (700, 2, 3)
    alone = LinearSVM(weights[1, 2], offset[1, 2]).margins(images)
    assert alone.shape == (700,)
    np.testing.assert_allclose(margins[:, 1, 2], alone, atol=1e-4)
    np.testing.assert_allclose(alone, images.reshape(700, -1) / 255 @ weights[1, 2] + 5, atol=1e-4)
    assert LinearSVM(weights, offset).margins(images[:0]).shape == (0, 2, 3)


def test_an_attribute_of_three_in_a_hundred_is_not_passed_over() -> None:
    """A machine without class weights calls everything 'without' and is 97 % right."""
    images, labels = planted_images(2_000, 0.03, contrast=0.25)
    rows, unseen = np.arange(1_000), np.arange(1_000, 2_000)
    said = train_svms(images, labels, ["Corner"], rows).margins(images[unseen])[:, :, 0] > 0
    having = labels[unseen, 0] == 1
    assert 20 < having.sum() < 40
    assert said[having].mean() > 0.85
    assert said[~having].mean() < 0.1


def test_a_machine_does_not_depend_on_which_others_are_asked_for() -> None:
    images, corner = planted_images(300, 0.3)
    other = np.random.default_rng(4).integers(0, 2, (300, 1))
    rows = np.arange(300)
    alone = train_svms(images, corner, ["Corner"], rows, runs=2)
    both = train_svms(images, np.hstack([other, corner]), ["Other", "Corner"], rows, runs=2)
    np.testing.assert_allclose(both.weights[:, 1], alone.weights[:, 0], atol=5e-3)
    assert not np.allclose(alone.weights[0], alone.weights[1], atol=5e-2)
    seeded = train_svms(images, corner, ["Corner"], rows, runs=2, seed=1)
    assert not np.allclose(seeded.weights, alone.weights, atol=5e-2)


def test_a_shared_gram_matrix_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = planted_images(300, 0.3)
    kinds = []
    gram_of = linear_svm._SharedGram.of

    def noted(shared: linear_svm._SharedGram, drawn: np.ndarray) -> np.ndarray:
        kinds.append(shared.gram is not None)
        return gram_of(shared, drawn)

    monkeypatch.setattr(linear_svm._SharedGram, "of", noted)
    shared = train_svms(images, labels, ["Corner"], np.arange(300))
    monkeypatch.setattr(linear_svm, "LARGEST_SHARED_GRAM", 0)
    separate = train_svms(images, labels, ["Corner"], np.arange(300))
    assert kinds == [True] * 5 + [False] * 5
    np.testing.assert_allclose(shared.margins(images), separate.margins(images), atol=5e-3)


def test_many_pixels_are_multiplied_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    images, _ = planted_images(40, 0.5)
    whole = linear_svm._gram(images)
    pixels = images.reshape(40, -1) / 255
    wanted = (pixels - pixels.mean(0)) @ (pixels - pixels.mean(0)).T
    np.testing.assert_allclose(whole, wanted, atol=1e-4)
    monkeypatch.setattr(linear_svm, "_COLUMNS", 50)
    np.testing.assert_allclose(linear_svm._gram(images), whole, atol=1e-4)


def test_images_that_are_all_the_same_are_classified_the_same() -> None:
    images = np.full((40, *SHAPE), 128, np.uint8)
    labels = (np.arange(40) % 2)[:, None]
    machine = train_svms(images, labels, ["Corner"], np.arange(40), runs=1)
    assert np.isfinite(machine.margins(images)).all()
    assert len(np.unique(machine.margins(images))) == 1


class TestSubsamples:
    @staticmethod
    def drawn(without: int, having: int, most: int, seed: int = 0) -> tuple[int, int]:
        labels = np.random.default_rng(9).permutation(np.repeat([0, 1, -1], [without, having, 7]))
        rows = balanced_rows(labels, most, np.random.default_rng(seed))
        assert (np.diff(rows) > 0).all()
        assert (labels[rows] >= 0).all()
        return int((labels[rows] == 0).sum()), int((labels[rows] == 1).sum())

    def test_the_rarer_class_is_kept_as_far_as_there_is_room(self) -> None:
        assert self.drawn(900, 30, 200) == (170, 30)
        assert self.drawn(30, 900, 200) == (30, 170)
        assert self.drawn(900, 800, 200) == (100, 100)

    def test_few_images_are_not_all_drawn(self) -> None:
        assert self.drawn(100, 20, 2_500) == (80, 20)
        assert self.drawn(5, 5, 2_500) in ((4, 5), (5, 4))

    def test_other_seeds_draw_others(self) -> None:
        labels = np.repeat([0, 1], [100, 20])
        one, two, one_again = (
            balanced_rows(labels, 2_500, np.random.default_rng(seed)).tolist() for seed in (1, 2, 1)
        )
        assert one == one_again != two

    @pytest.mark.parametrize(("without", "having"), [(40, 0), (0, 40), (40, 4), (4, 40)])
    def test_a_class_of_too_few_is_refused(
        self, without: int, having: int, refuses: Callable[..., str]
    ) -> None:
        labels = np.repeat([0, 1, -1], [without, having, 30])[:, None]
        images = np.zeros((len(labels), *SHAPE), np.uint8)
        refuses(
            lambda: train_svms(images, labels, ["Mustache"], np.arange(len(labels))),
            "Mustache",
            f"{having} training images have it",
            f"{without} do not",
            "leave it out",
        )


def test_real_faces_are_told_apart(real_data: object) -> None:
    from unweave.data import load_data

    faces = load_data("celeba")
    assert faces.labels is not None
    names = ("Eyeglasses", "Smiling", "Male")
    labels = faces.labels.values[:, [faces.labels.names.index(name) for name in names]]
    started = time.process_time()
    machine = train_svms(faces.samples, labels, names, faces.rows("train"), runs=1)
    # 6 attributes in 5 runs took 26 s on a busy core; this is a tenth of it.
    assert time.process_time() - started < 60
    test = faces.rows("test")
    said = machine.margins(np.asarray(faces.samples[test]))[:, 0] > 0
    for place, least in enumerate((0.75, 0.82, 0.84)):
        real = labels[test, place] == 1
        balanced = (said[real, place].mean() + 1 - said[~real, place].mean()) / 2
        assert balanced > least, names[place]
