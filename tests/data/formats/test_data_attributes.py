from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unweave.data import Dataset, load_data


def load(folder: Path) -> Dataset:
    return load_data(folder, image_size=8)


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))


def write_attributes(folder: Path, rows: list[str], header: str = "file,Smiling,Young") -> None:
    (folder / "attributes.csv").write_text("\n".join([header, *rows]), encoding="utf-8")


@pytest.mark.parametrize(("no", "yes"), [("0", "1"), ("-1", "1"), ("false", "True")])
def test_attributes(image_folder: Path, no: str, yes: str) -> None:
    plain = load(image_folder)
    assert plain.labels is None
    rows = [
        f"{name},{yes if k % 2 else no},{yes if k < 5 else no}"
        for k, name in enumerate(listing(image_folder))
    ]
    write_attributes(image_folder, rows[::-1])
    dataset = load(image_folder)
    assert dataset.labels is not None
    assert dataset.labels.names == ("Smiling", "Young")
    assert not dataset.labels.exclusive
    expected = [[k % 2, int(k < 5)] for k in range(20)]
    assert dataset.labels.values.tolist() == expected
    assert dataset.fingerprint != plain.fingerprint


class TestGaps:
    """What is not known is -1, and one note tells how much of it there is."""

    def rows(self, folder: Path) -> list[str]:
        return [f"{name},{k % 2},{int(k < 5)}" for k, name in enumerate(listing(folder))]

    def values(self, dataset: Dataset) -> list[list[int]]:
        assert dataset.labels is not None
        assert dataset.labels.values.dtype == np.int64
        values: list[list[int]] = dataset.labels.values.tolist()
        return values

    def test_images_without_row(self, image_folder: Path) -> None:
        write_attributes(image_folder, self.rows(image_folder)[3:])
        dataset = load(image_folder)
        assert self.values(dataset) == [
            [k % 2, int(k < 5)] if k >= 3 else [-1, -1] for k in range(20)
        ]
        assert dataset.notes == (
            "attributes.csv has no row for 3 of 20 images (first: image-00.png); "
            "they are used without labels",
        )

    def test_rows_without_image(self, image_folder: Path) -> None:
        rows = self.rows(image_folder)
        write_attributes(image_folder, rows)
        expected = load(image_folder)
        # Twice the same is no contradiction where it is nobody's; its empty cell is no gap.
        strangers = ["image-99.jpg,0,1", "image-99.jpg,,1"]
        write_attributes(image_folder, [*strangers, *rows])
        dataset = load(image_folder)
        assert expected.notes == ()
        assert dataset.fingerprint == expected.fingerprint
        assert dataset.notes == (
            "attributes.csv has 2 rows for images that are not there "
            "(first: 'image-99.jpg'), passed over",
        )

    @pytest.mark.parametrize("cell", ["", " ", "nan", "NaN", "NA", '""'])
    def test_empty_cells(self, image_folder: Path, cell: str) -> None:
        rows = self.rows(image_folder)
        rows[4] = f"image-04.png,0,{cell}"
        write_attributes(image_folder, rows)
        dataset = load(image_folder)
        assert self.values(dataset)[4] == [0, -1]
        assert dataset.notes == (
            "attributes.csv has 1 empty cell (first: 'Young' of image-04.png): not known there",
        )

    def test_minus_one_in_a_file_is_false(self, image_folder: Path) -> None:
        names = listing(image_folder)
        rows = [f"{name},{(-1) ** k},{(-1) ** (k // 2)}" for k, name in enumerate(names)]
        rows[7] = f"{names[7]},,-1"
        write_attributes(image_folder, rows)
        dataset = load(image_folder)
        expected = [[1 - k % 2, 1 - k // 2 % 2] for k in range(20)]
        expected[7] = [-1, 0]
        assert self.values(dataset) == expected
        assert len(dataset.notes) == 1

    def test_a_single_class(self, image_folder: Path) -> None:
        names = listing(image_folder)
        cells = ["1,0,"] * 19 + ["1,,"]
        rows = [f"{name},{cell}" for name, cell in zip(names, cells, strict=True)]
        write_attributes(image_folder, rows, header="file,Face,Hat,Young")
        assert load(image_folder).notes == (
            "attributes.csv has 21 empty cells (first: 'Young' of image-00.png): not known there",
            "attribute 'Face' is 1 for every image: it cannot be learned",
            "attribute 'Hat' is 0 for every image where it is known: it cannot be learned",
            "attribute 'Young' is not known of any image: it cannot be learned",
        )

    def test_a_lone_image(self, image_folder: Path) -> None:
        for name in listing(image_folder)[1:]:
            (image_folder / name).unlink()
        write_attributes(image_folder, ["image-00.png,1,0"])
        assert self.values(load(image_folder)) == [[1, 0]]

    def test_the_fingerprint_tells_unknown_from_false(self, image_folder: Path) -> None:
        rows = self.rows(image_folder)
        write_attributes(image_folder, rows)
        first = load(image_folder).fingerprint
        write_attributes(image_folder, rows[1:])
        assert load(image_folder).fingerprint != first


class TestBadAttributes:
    """Each names the file, the row and the mend."""

    def rows(self, folder: Path) -> list[str]:
        return [f"{name},0,1" for name in listing(folder)]

    @pytest.mark.parametrize("matched", [0, 1])
    def test_a_table_of_other_images(
        self, image_folder: Path, matched: int, refuses: Callable[..., str]
    ) -> None:
        rows = self.rows(image_folder)
        others = [f"image_{k}.png,0,1" for k in range(30, 40)]
        write_attributes(image_folder, others + rows[:matched])
        words = ("attributes.csv", f"names {matched} of the 20 images", "'image_30.png'")
        refuses(lambda: load(image_folder), *words, "did you mean 'image-")

    def test_a_table_of_one_image(self, image_folder: Path, refuses: Callable[..., str]) -> None:
        write_attributes(image_folder, self.rows(image_folder)[:1])
        refuses(lambda: load(image_folder), "names 1 of the 20 images", "add rows")

    def test_a_slip_in_a_row_without_image(
        self, image_folder: Path, refuses: Callable[..., str]
    ) -> None:
        write_attributes(image_folder, [*self.rows(image_folder), "gone.png,0,7"])
        refuses(lambda: load(image_folder), "row 21", "'Young'", "'7'")

    def test_twice(self, image_folder: Path, refuses: Callable[..., str]) -> None:
        rows = self.rows(image_folder)
        write_attributes(image_folder, [*rows, rows[3]])
        refuses(lambda: load(image_folder), "row 21", "'image-03.png'", "listed twice")

    @pytest.mark.parametrize("cell", ["2", "maybe", "-", "0.5", "nano"])
    def test_a_cell(self, image_folder: Path, cell: str, refuses: Callable[..., str]) -> None:
        rows = self.rows(image_folder)
        rows[4] = f"image-04.png,1,{cell}"
        write_attributes(image_folder, rows)
        refuses(lambda: load(image_folder), "row 5", "'Young'", repr(cell), "0 or 1")

    def test_no_attribute(self, image_folder: Path, refuses: Callable[..., str]) -> None:
        write_attributes(image_folder, listing(image_folder), header="file")
        refuses(lambda: load(image_folder), "no attribute column")

    def test_same_name(self, image_folder: Path, refuses: Callable[..., str]) -> None:
        write_attributes(image_folder, self.rows(image_folder), header="file,a,a")
        refuses(lambda: load(image_folder), "two have the same")
