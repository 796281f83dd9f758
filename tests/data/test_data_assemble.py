"""From contents to a dataset: one fingerprint, one splitting, and facts that are fields."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from unweave.data import Contents, Factors, Labels, assemble, load_data, split_rows
from unweave.data.files.fingerprint import fingerprint_of

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 1, 4, 4), np.uint8)
FACTORS = Factors(("x", "y"), np.random.default_rng(1).normal(size=(40, 2)), (None, None))
LABELS = Labels(("Hat", "Smile"), np.arange(80).reshape(40, 2) % 2, exclusive=False)
KNOWN = Contents(IMAGES, factors=FACTORS, labels=LABELS)

OTHER_IMAGES = IMAGES.copy()
OTHER_IMAGES[3, 0, 2, 2] ^= 1


def fingerprint(contents: Contents) -> str:
    return assemble(contents, "data").fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"samples": OTHER_IMAGES},
        {"samples": IMAGES.reshape(40, 1, 2, 8)},
        {"factors": None},
        {"factors": replace(FACTORS, names=("y", "x"))},
        {"factors": replace(FACTORS, values=FACTORS.values[::-1])},
        {"labels": None},
        {"labels": replace(LABELS, names=("Cap", "Smile"))},
        {"labels": replace(LABELS, values=1 - LABELS.values)},
    ],
)
def test_other_data_has_another_fingerprint(change: dict[str, object]) -> None:
    assert fingerprint(replace(KNOWN, **change)) != fingerprint(KNOWN)  # type: ignore[arg-type]


def test_factors_are_not_taken_for_labels() -> None:
    values = LABELS.values
    as_factors = Contents(IMAGES, factors=Factors(LABELS.names, values, (2, 2)))
    assert fingerprint(as_factors) != fingerprint(Contents(IMAGES, labels=LABELS))


def test_the_fingerprint_is_of_the_data_alone() -> None:
    plain = assemble(KNOWN, "data")
    splits = {name: rows[::-1] for name, rows in split_rows(40).items()}
    other = replace(KNOWN, notes=("read on a Monday",), splits=splits, crop="celeba-face")
    assert assemble(other, "other", "other:rows=3").fingerprint == plain.fingerprint
    # A reader that has hashed the samples itself need not have them hashed again.
    assert fingerprint(replace(KNOWN, content=fingerprint_of(IMAGES))) == plain.fingerprint


def test_tables_in_other_units_are_other_data() -> None:
    frame = pd.DataFrame(np.random.default_rng(2).normal(size=(40, 2)), columns=["a", "b"])
    metres, feet = load_data(frame), load_data(frame * 4)
    np.testing.assert_allclose(metres.samples[:], feet.samples[:], atol=1e-6)
    assert metres.fingerprint != feet.fingerprint
    assert load_data(frame.rename(columns={"a": "c"})).fingerprint != metres.fingerprint
    assert load_data(frame, schema=metres.table).fingerprint == metres.fingerprint


def test_splits() -> None:
    for name, rows in assemble(KNOWN, "data").splits.items():
        np.testing.assert_array_equal(rows, split_rows(40)[name])
    published = {"train": np.arange(30), "validation": np.arange(30, 35), "test": np.arange(35, 40)}
    assert assemble(replace(KNOWN, splits=published), "data").splits is published


def test_a_source_has_its_own_name_whatever_its_files_are_called() -> None:
    # A source may share the reader of MNIST's files without being MNIST.
    assert assemble(replace(KNOWN, name="mnist"), "fashion").name == "fashion"


class TestMatching:
    """A former fingerprint is computed only where the present one differs."""

    def test_it_is_computed_once_and_late(self) -> None:
        asked = []

        def former(contents: Contents) -> str:
            asked.append(contents.content)
            return "of old"

        dataset = assemble(replace(KNOWN, former=former), "data")
        assert dataset.matches(dataset.fingerprint)
        assert asked == []
        assert dataset.matches("of old")
        assert not dataset.matches("another")
        assert asked == [fingerprint_of(IMAGES)]

    def test_new_readers_need_none(self) -> None:
        dataset = assemble(KNOWN, "data")
        assert dataset.matches(dataset.fingerprint)
        assert not dataset.matches("of old")


def test_facts_are_fields() -> None:
    faces, table = load_data("faces:count=16"), load_data("fa15:rows=16")
    assert faces.synthetic
    assert table.synthetic
    assert load_data("sprites:count=16").synthetic
    assert not load_data("digits").synthetic
    assert not load_data(IMAGES).synthetic
    assert faces.redraw is not None
    assert table.redraw is None
    assert faces.crop == "central-square"


def test_faces_drawn_again_differ_in_their_intensities_alone() -> None:
    faces = load_data("faces:count=30,seed=7")
    assert faces.redraw is not None
    assert faces.factors is not None
    rows = np.array([4, 29, 0])
    same = faces.redraw.draw(rows, faces.redraw.factors[rows])
    np.testing.assert_array_equal(same, faces.samples[rows])
    values = faces.redraw.factors[rows].copy()
    values[:, 0] = 1 - values[:, 0].round()
    changed = (faces.redraw.draw(rows, values) != faces.samples[rows]).any(axis=1)
    # Eyeglasses act on the rows of the eyes.
    assert changed[:, 24:40].any()
    assert not changed[:, :24].any()
    assert not changed[:, 40:].any()
