"""The strength protocol on a run whose edits paint a patch as brightly as they are asked to."""

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest

from unweave.data import Dataset, load_data
from unweave.editing import strength as strength_module
from unweave.editing.intensity_reader import IntensityReader
from unweave.editing.strength import strength
from unweave.runs.model import Model

RunOf = Callable[..., Model]
VALUES = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARE, PATCH, CONTRAST = 51, 16, 0.6
"""Pixels of a region, of which a patch is 16; the patch grows from 0.2 to 0.8."""


def lacking(planted: Dataset, name: str, value: int = 0) -> int:
    assert planted.labels is not None
    column = planted.labels.values[:, planted.labels.names.index(name)]
    return int((column[planted.rows("test")] == value).sum())


def test_the_error_falls_from_one_to_none_and_all_else_stays(
    planted: Dataset, planted_run: RunOf
) -> None:
    found = strength(planted_run(), ["Corner", "Edge"], VALUES)
    assert (found.data, found.split) == ("patches", "test")
    assert list(found.added) == ["Corner", "Edge"]
    assert found.removed == {}
    assert found.degrees is None
    for name, curve in found.added.items():
        assert curve.values == VALUES
        assert (curve.error[0], curve.error[-1]) == (1, 0)
        assert list(curve.error) == sorted(curve.error, reverse=True)
        assert (curve.error_sd[0], curve.error_sd[-1]) == (0, 0)
        assert (curve.svm_accuracy, curve.svm_misses, curve.error_reconstruction) == (1, 0, 1)
        wanted = np.array(VALUES) * CONTRAST * np.sqrt(PATCH / SHARE)
        np.testing.assert_allclose(curve.change_inside, wanted, atol=2e-3)
        np.testing.assert_allclose(curve.change_outside, 0, atol=1e-6)
        assert curve.others_flipped == (0,) * len(VALUES)
        # Images of which it is unknown whether they have a Corner are left out.
        assert curve.count == lacking(planted, name)
    assert lacking(planted, "Corner", -1) > 0


def test_an_edit_that_brightens_the_ground_is_found_out(planted_run: RunOf) -> None:
    curve = strength(planted_run(leak=0.3), ["Corner"], (0, 1)).added["Corner"]
    assert curve.change_outside[0] < 1e-3
    assert 0.2 < curve.change_outside[1] < 0.3


def test_an_edit_of_another_attribute_is_no_edit(planted_run: RunOf) -> None:
    """The decoder takes Corner's element for Edge's."""
    run = planted_run()
    run.module.decoder.names = ("Edge", "Corner")
    curve = strength(run, ["Corner", "Edge"], (0, 1)).added["Corner"]
    # Where Edge is in the image, the decoder has drawn a Corner, whatever is asked for.
    assert curve.error[0] == curve.error[1] == curve.error_reconstruction > 0
    assert curve.others_flipped[1] > curve.others_flipped[0] == 0
    assert curve.change_outside[1] > 0.1 > curve.change_inside[1] == 0


def test_removal_is_the_reverse(planted: Dataset, planted_run: RunOf) -> None:
    found = strength(planted_run(), ["Corner"], (0, 0.5, 1), remove=True)
    curve = found.removed["Corner"]
    assert (curve.direction, curve.values) == ("remove", (1, 0.5, 0))
    assert (curve.error[0], curve.error[-1], curve.error_reconstruction) == (1, 0, 1)
    assert curve.count == lacking(planted, "Corner", 1)
    assert found.notes == ()
    assert found.added == strength(planted_run(), ["Corner"], (0, 0.5, 1)).added


def test_what_no_test_image_has_is_not_removed_but_noted(
    planted: Dataset, planted_run: RunOf
) -> None:
    found = strength(planted_run(("Corner", "Stripe")), ["all"], (0, 1), remove=True)
    assert list(found.added) == ["Corner", "Stripe"]
    assert list(found.removed) == ["Corner"]
    (note,) = found.notes
    assert note.startswith("Stripe: no test image is known to have it")
    stripe = found.added["Stripe"]
    assert stripe.error == (1, 0)
    assert stripe.count == len(planted.rows("test"))
    # Nothing real to try the machines on: no accuracy, which JSON says by null.
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    shown = document["attributes"]["Stripe"]
    assert shown["svm_accuracy"] is shown["svm_misses"] is None
    assert shown["values"] == [0, 1]
    assert shown["error"] == [1, 0]
    assert len(shown["error_sd"]) == 2
    assert document["notes"] == [note]
    assert list(document["removed"]) == ["Corner"]


def test_an_attribute_is_measured_as_it_is_alone(planted_run: RunOf) -> None:
    run = planted_run()
    both, alone = (strength(run, names, (0.4, 0.5)).added for names in (["all"], ["Edge"] * 2))
    assert list(alone) == ["Edge"]
    assert both["Edge"] == dataclasses.replace(
        alone["Edge"], others_flipped=both["Edge"].others_flipped
    )
    assert alone["Edge"].others_flipped == ()
    other = strength(run, ["Edge"], (0.4, 0.5), seed=1).added["Edge"]
    assert (other.count, other.svm_accuracy) == (alone["Edge"].count, 1)


def other_data(planted: Dataset, rows: slice, **corner: int) -> Dataset:
    """Some of the images as other data; all of one class where it is given."""
    assert planted.labels is not None
    values = planted.labels.values[rows].copy()
    if corner:
        values[:, 0] = corner["corner"]
    labels = dataclasses.replace(planted.labels, values=values)
    plain = load_data(np.array(planted.samples[rows]))
    return dataclasses.replace(plain, name="others", labels=labels)


def test_other_data_is_edited_whole(planted: Dataset, planted_run: RunOf) -> None:
    others = other_data(planted, slice(0, 100))
    found = strength(planted_run(), ["Corner"], (0, 1), others)
    assert (found.data, found.split) == ("others", "all")
    assert others.labels is not None
    curve = found.added["Corner"]
    assert curve.count == (others.labels.values[:, 0] == 0).sum()
    assert (curve.error, curve.svm_accuracy) == ((1, 0), 1)
    # Its own data named again is its own data.
    own = strength(planted_run(), ["Corner"], (0, 1), planted.source)
    assert own == strength(planted_run(), ["Corner"], (0, 1))


def test_data_from_memory_is_passed_in(
    planted: Dataset, planted_run: RunOf, refuses: Callable[..., str]
) -> None:
    run = planted_run()
    wanted = strength(run, ["Corner"], (0, 1)).added
    run.data["source"] = ""
    assert strength(run, ["Corner"], (0, 1), planted).added == wanted
    refuses(lambda: strength(run, ["Corner"]), "from memory")
    others = other_data(planted, slice(0, 100))
    refuses(lambda: strength(run, ["Corner"], (0, 1), others), "from memory", "SVMs", "others")


class TestRefusals:
    """Each is one line that says what there is, and comes before the classifiers are trained."""

    @pytest.fixture(autouse=True)
    def no_training(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(*_: object, **__: object) -> None:
            raise AssertionError("the machines were trained")

        monkeypatch.setattr(strength_module, "train_classifiers", never)

    def test_names(self, planted_run: RunOf, refuses: Callable[..., str]) -> None:
        run = planted_run()
        refuses(
            lambda: strength(run, ["Edge", "Cornr"]),
            "unknown attribute 'Cornr'",
            "did you mean 'Corner'",
            "Corner, Edge",
        )
        refuses(lambda: strength(run, ["z0"]), "z0: not an attribute", "Corner, Edge")
        refuses(lambda: strength(run, []), "attributes=[]", "at least one attribute")

    @pytest.mark.parametrize("values", [(), (0, float("nan")), (float("inf"),)])
    def test_values(
        self, values: tuple[float, ...], planted_run: RunOf, refuses: Callable[..., str]
    ) -> None:
        refuses(lambda: strength(planted_run(), ["Edge"], values), "values", "finite")

    def test_models(self, planted_run: RunOf, refuses: Callable[..., str]) -> None:
        plain = planted_run((), "ae", decoder_input="nothing")
        refuses(lambda: strength(plain, ["Corner"]), "ae learned no labels", "mdd-ae-dcov")
        classes = planted_run(exclusive=True)
        refuses(
            lambda: strength(classes, ["Corner"]), "patches", "exclude each other", "swap classes"
        )

    def test_data_without_these_labels(
        self, planted: Dataset, planted_run: RunOf, refuses: Callable[..., str]
    ) -> None:
        bare = load_data(np.array(planted.samples[:50]))
        refuses(lambda: strength(planted_run(), ["Edge"], (0, 1), bare), "array", "Edge")
        wide = load_data(np.zeros((50, 1, 16, 12), np.uint8))
        refuses(lambda: strength(planted_run(), ["Edge"], (0, 1), wide), "1 x 16 x 12")


def test_a_single_class_is_refused(
    planted: Dataset, planted_run: RunOf, refuses: Callable[..., str]
) -> None:
    run = planted_run(("Corner", "Never"))
    counts = "0 training images have it and 192 do not"
    refuses(lambda: strength(run, ["Never"], (0, 1)), "Never", counts, "leave it out")
    found = strength(run, ["all"], (0, 1))
    assert list(found.added) == ["Corner"]
    assert found.notes[0].startswith("Never: left out")
    assert found.to_json()["notes"] == list(found.notes)
    have = other_data(planted, slice(0, 60), corner=1)
    refuses(lambda: strength(run, ["Corner"], (0, 1), have), "Corner", "lack it", "add it to")


def test_cartoon_faces_are_held_against_their_degrees(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from support import train_run

    train = IntensityReader.train
    monkeypatch.setattr(IntensityReader, "train", lambda data: train(data, steps=2))
    monkeypatch.setattr(strength_module, "DEGREES", (0.0, 1.0))
    faces = load_data("faces:count=120")
    changes = {"steps": 2, "channels": "4,4", "units": "8", "latent_dim": 4, "compile": "no"}
    run = train_run("mdd-ae-dcov", faces, changes=changes, progress=False)
    found = strength(run, ["Smiling"], (0, 1))
    assert found.degrees is not None
    assert faces.labels is not None
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))["degrees"]
    # Of all attributes, whichever are measured.
    assert tuple(document) == faces.labels.names
    smiling = document["Smiling"]
    assert smiling["asked"] == [0, 1]
    assert set(smiling["others"]) == set(faces.labels.names) - {"Smiling"}
    assert smiling["cost"]["true_inside"] > 0
    assert isinstance(smiling["reader_r2"], float)
