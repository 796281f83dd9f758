"""Columns of attributes that are words or ratings, and the choice among them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unweave.data import UNKNOWN, Dataset, load_data
from unweave.data.options import attributes_option, source_text

HAIR = ["brown", "blond", "Brown", "black"] * 5
AGE = [str(18 + number) for number in range(20)]


def write(folder: Path, name: str = "attributes.csv", **columns: list[str]) -> None:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    lines = [",".join(["file", *(f'"{column}"' for column in columns)])]
    lines += [",".join(row) for row in zip(names, *columns.values(), strict=True)]
    (folder / name).write_text("\n".join(lines), encoding="utf-8")


def load(folder: Path, **options: object) -> Dataset:
    return load_data(folder, image_size=8, **options)


def column(dataset: Dataset, name: str) -> np.ndarray:
    assert dataset.labels is not None
    return np.asarray(dataset.labels.values[:, dataset.labels.names.index(name)])


def test_words_become_an_attribute_for_each_level(image_folder: Path) -> None:
    write(image_folder, hair=[*HAIR[:19], ""], Hat=["0", "1"] * 10)
    dataset = load(image_folder)
    assert dataset.labels is not None
    # Levels by frequency; spellings that differ in case alone are one.
    assert dataset.labels.names == ("hair=brown", "hair=blond", "hair=black", "Hat")
    assert dataset.labels.values.dtype == np.int64
    assert column(dataset, "hair=blond").tolist() == [*([0, 1, 0, 0] * 5)[:19], UNKNOWN]
    assert column(dataset, "hair=brown").tolist() == [*([1, 0, 1, 0] * 5)[:19], UNKNOWN]
    assert (dataset.labels.values[:19, :3].sum(1) == 1).all()
    assert "has 1 empty cell (first: 'hair' of more/image-19.png)" in dataset.notes[0]


def test_rare_levels_are_one(image_folder: Path) -> None:
    write(image_folder, hair=[*["brown", "blond"] * 8, "red", "grey", "white", "green"])
    labels = load(image_folder).labels
    assert labels is not None
    assert labels.names == ("hair=blond", "hair=brown", "hair=other (4 levels)")
    assert labels.values[:, 2].tolist() == [0] * 16 + [1] * 4


def test_ratings_are_scaled_and_their_bounds_kept(image_folder: Path) -> None:
    write(image_folder, age=[*AGE[:19], "n/a"], Hat=["0", "1"] * 10)
    dataset = load(image_folder)
    assert dataset.labels is not None
    assert dataset.labels.bounds == {"age": (18.0, 36.0)}
    assert dataset.labels.values.dtype == np.float32
    expected = [*(number / 18 for number in range(19)), UNKNOWN]
    np.testing.assert_allclose(column(dataset, "age"), expected, rtol=1e-6)
    assert column(dataset, "Hat").tolist() == [0, 1] * 10
    assert "attribute 'age': 18 to 36 is read as 0 to 1" in dataset.notes
    ages = dataset.labels.classes[:, 0]
    assert ages.tolist() == [0] * 10 + [1] * 9 + [UNKNOWN]


def test_degrees_within_0_and_1_stay_as_they_are(image_folder: Path) -> None:
    write(image_folder, smile=[f"{0.2 + number / 40:.3f}" for number in range(20)])
    dataset = load(image_folder)
    assert dataset.labels is not None
    np.testing.assert_allclose(
        column(dataset, "smile"), [round(0.2 + number / 40, 3) for number in range(20)], rtol=1e-6
    )
    assert dataset.labels.bounds == {"smile": (0.0, 1.0)}


@pytest.mark.parametrize(
    ("cells", "names", "values"),
    [
        (["yes", "No"] * 10, ("a",), [1, 0] * 10),
        (["x", ""] * 10, ("a",), [1, 0] * 10),
        (["on", "off"] * 10, ("a=off", "a=on"), None),
        (["1", "2"] * 10, ("a",), [0, 1] * 10),
        (["1,5", "4,5", "3,0", "2,25"] * 5, ("a",), [0, 1, 0.5, 0.25] * 5),
    ],
)
def test_other_cells(
    image_folder: Path, cells: list[str], names: tuple[str, ...], values: list[float] | None
) -> None:
    write(image_folder, a=[f'"{cell}"' for cell in cells])
    labels = load(image_folder).labels
    assert labels is not None
    assert labels.names == names
    if values is not None:
        np.testing.assert_allclose(labels.values[:, 0], values)


def test_what_cannot_be_learned_is_left_out_and_named(
    image_folder: Path, refuses: Callable[..., str]
) -> None:
    remarks = [f"seen on day {number} near the {number * 7}th house" for number in range(20)]
    days = [f"2024-01-{number + 1:02d}" for number in range(20)]
    ids = [str(number) for number in range(100, 120)]
    hats = ["0", "1"] * 10
    write(image_folder, Hat=hats, remark=remarks, id=ids, camera=["old"] * 20, taken=days)
    dataset = load(image_folder)
    assert dataset.labels is not None
    assert dataset.labels.names == ("Hat",)
    left = [note for note in dataset.notes if "is left out" in note]
    assert len(left) == 4
    assert "column 'remark' is left out (text, 20 distinct values)" in left[0]
    assert "column 'camera' is left out (old for every picture)" in left[2]
    refuses(
        lambda: load(image_folder, attributes=["remark"]),
        "attributes.csv", "attributes=remark", "left out (text, 20 distinct values)",
    )  # fmt: skip
    # Numbers that count the rows are a rating if they are asked for.
    assert load(image_folder, attributes="id").labels.bounds == {"id": (100.0, 119.0)}  # type: ignore[union-attr]
    write(image_folder, remark=remarks)
    refuses(lambda: load(image_folder), "no attribute that can be learned", "'remark'")


class TestAChoice:
    def test_columns_and_single_attributes(self, image_folder: Path) -> None:
        write(image_folder, hair=HAIR, Hat=["0", "1"] * 10, age=AGE)
        for chosen, names in (
            (["Hat"], ("Hat",)),
            ("age,Hat", ("Hat", "age")),
            (["hair"], ("hair=brown", "hair=black", "hair=blond")),
            (("hair=blond", "age"), ("hair=blond", "age")),
        ):
            dataset = load(image_folder, attributes=chosen)
            assert dataset.labels is not None
            assert dataset.labels.names == names
            again = load_data(dataset.source)
            assert again.fingerprint == dataset.fingerprint
            assert again.labels is not None
            assert again.labels.names == names
        assert not load(image_folder, attributes=["Hat"]).labels.bounds  # type: ignore[union-attr]

    def test_names_with_signs_that_part_options(self, image_folder: Path) -> None:
        write(image_folder, **{"a+b: 50%2C": ["0", "1"] * 10, "c": ["0", "1"] * 10})
        dataset = load(image_folder, attributes=["a+b: 50%2C"])
        assert load_data(dataset.source).fingerprint == dataset.fingerprint
        option = attributes_option()
        name = "a,b+c:%d=e"
        text = source_text("p", (option,), {"attributes": (name, "f")})
        assert option.read(text.removeprefix("p:attributes="), "p") == (name, "f")

    def test_a_slip_elsewhere_does_not_matter(
        self, image_folder: Path, refuses: Callable[..., str]
    ) -> None:
        write(image_folder, Hat=["0", "1"] * 10, Cap=["0"] * 19 + ["7"], age=[*AGE[:19], "old"])
        refuses(lambda: load(image_folder, attributes="Cap"), "row 20", "'Cap'", "'7'", "0 or 1")
        refuses(lambda: load(image_folder, attributes="age"), "row 20", "'old' is not a number")
        assert load(image_folder, attributes="Hat").labels is not None

    @pytest.mark.parametrize(
        ("chosen", "words"),
        [
            ("Hta", ["unknown attribute 'Hta'", "did you mean 'Hat'?", "there are: hair, Hat"]),
            ("hair=bron", ["did you mean 'hair=brown'?"]),
            ([], ["option attributes", "at least one name"]),
            (" , ", ["option attributes", "at least one name"]),
            (7, ["option attributes=7", "give names"]),
        ],
    )
    def test_refused(
        self, image_folder: Path, chosen: object, words: list[str], refuses: Callable[..., str]
    ) -> None:
        write(image_folder, hair=HAIR, Hat=["0", "1"] * 10)
        refuses(lambda: load(image_folder, attributes=chosen), *words)

    def test_a_folder_without_attributes(
        self, image_folder: Path, refuses: Callable[..., str]
    ) -> None:
        refuses(lambda: load(image_folder, attributes="Hat"), "no attributes.csv", "attributes=Hat")
