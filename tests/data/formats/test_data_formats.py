"""The contract of every kind of path, and the proof that a new kind is one file."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image

from unweave.data import FORMATS, Dataset, Format, formats, load_data

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 12, 10), np.uint8)
ROWS = np.random.default_rng(1).normal(size=(20, 3))


def image_folder(path: Path) -> Path:
    folder = path / "pictures"
    folder.mkdir()
    for number, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


def celeba_folder(path: Path) -> Path:
    folder = path / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    lines = [f"{number:02d}.jpg {1 - 2 * (number % 2)}" for number in range(20)]
    for line in lines:
        image = Image.fromarray(np.full((109, 89), 7 * int(line[:2]), np.uint8))
        image.save(folder / "img_align_celeba" / line.split()[0])
    (folder / "list_attr_celeba.txt").write_text("\n".join(["20", "Smiling", *lines]))
    return folder


def mnist_folder(path: Path) -> Path:
    folder = path / "digits"
    folder.mkdir()
    for part in ("train", "t10k"):
        images = struct.pack(">4B3I", 0, 0, 8, 3, *PIXELS.shape) + PIXELS.tobytes()
        labels = struct.pack(">4BI", 0, 0, 8, 1, 20) + bytes(range(5)) * 4
        (folder / f"{part}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    return folder


def npz_file(path: Path) -> Path:
    np.savez(path / "shapes.npz", imgs=PIXELS, latents_values=ROWS)
    return path / "shapes.npz"


def csv_file(path: Path) -> Path:
    pd.DataFrame(ROWS, columns=["a", "b", "c"]).to_csv(path / "rows.csv", index=False)
    return path / "rows.csv"


def parquet_folder(path: Path) -> Path:
    folder = path / "parts"
    folder.mkdir()
    frame = pd.DataFrame(ROWS, columns=["a", "b", "c"])
    frame[:9].to_parquet(folder / "part-0.parquet")
    frame[9:].to_parquet(folder / "part-1.parquet")
    (folder / "_SUCCESS").touch()
    return folder


EXAMPLES: dict[str, tuple[Callable[[Path], Any], ...]] = {
    "arrow": (lambda path: pa.table({name: ROWS[:, j] for j, name in enumerate("abc")}),),
    "array": (lambda path: PIXELS, lambda path: torch.from_numpy(ROWS)),
    "celeba": (celeba_folder,),
    "images": (image_folder,),
    "mnist": (mnist_folder,),
    "npz": (npz_file,),
    "pairs": (lambda path: (ROWS, ROWS), lambda path: (PIXELS, torch.from_numpy(PIXELS))),
    "parquet-folder": (parquet_folder,),
    "table": (csv_file, lambda path: pd.DataFrame(ROWS, columns=["a", "b", "c"])),
}
"""Something small of every kind: add to it what a new format reads."""


def check_example(format: Format, given: Any, refuses: Callable[..., str]) -> Dataset:
    """Load an example of a format, and hold it against what every format promises."""
    takers = [name for name, each in FORMATS.items() if each.takes(given) and not each.fallback]
    assert takers == ([] if format.fallback else [format.name])
    dataset = load_data(given)
    count = len(dataset)
    assert format.kind in (dataset.kind, "either")
    assert dataset.samples.dtype == (np.uint8 if dataset.kind == "images" else np.float32)
    assert (dataset.table is None) == (dataset.kind == "images")
    together = np.sort(np.concatenate(list(dataset.splits.values())))
    np.testing.assert_array_equal(together, np.arange(count))
    if dataset.factors is not None:
        assert dataset.factors.values.shape == (count, len(dataset.factors.names))
    if dataset.labels is not None:
        assert len(dataset.labels.values) == count
    again = load_data(dataset.source or given, schema=dataset.table)
    assert again.fingerprint == dataset.fingerprint
    assert again.source == dataset.source
    assert dataset.matches(again.fingerprint)
    assert dataset.source == (str(given) if isinstance(given, Path) else "")
    refuses(lambda: load_data(given, colours=3), "unknown option 'colours'")
    return dataset


@pytest.mark.parametrize("name", FORMATS)
class TestEveryFormat:
    """What holds for any kind of path, or of data from memory."""

    def test_the_declaration(self, name: str) -> None:
        format = FORMATS[name]
        assert format.name == name
        assert format.becomes
        # A path is taken by its suffix or by a look at it; objects by their type.
        assert bool(format.suffixes) + (format.recognises is not None) <= 1
        assert format.suffixes or format.recognises or format.types
        assert format.what or not (format.recognises or format.types)
        for suffix in format.suffixes:
            assert suffix.startswith(".")
            assert suffix == suffix.casefold()
        for option in format.options:
            assert option.help
            assert option.read(option.default, name) == option.default

    def test_examples(self, name: str, tmp_path: Path, refuses: Callable[..., str]) -> None:
        assert EXAMPLES.get(name), f"add an example of {name!r} to EXAMPLES"
        for number, make in enumerate(EXAMPLES[name]):
            place = tmp_path / str(number)
            place.mkdir()
            check_example(FORMATS[name], make(place), refuses)

    def test_the_error_names_it(
        self, name: str, tmp_path: Path, refuses: Callable[..., str]
    ) -> None:
        format = FORMATS[name]
        path = tmp_path / "a.xlsx"
        path.write_text("x")
        looked_at = [format.what] if format.recognises else []
        refuses(lambda: load_data(path), "a.xlsx", "'.xlsx'", *format.suffixes, *looked_at)
        if format.types:
            refuses(lambda: load_data({"a": 1}), "dict", format.what)  # type: ignore[arg-type]


def test_no_suffix_is_claimed_twice() -> None:
    suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    assert len(set(suffixes)) == len(suffixes)


def test_suffixes_may_have_two_parts_and_capitals(tmp_path: Path) -> None:
    format = Format("gzipped", "a table", "table", lambda path: None, suffixes=(".csv.gz",))  # type: ignore[arg-type, return-value]
    for name, taken in (("a.csv.gz", True), ("A.CSV.GZ", True), ("a.gz", False), ("b", False)):
        (tmp_path / name).write_text("x")
        assert format.takes(tmp_path / name) is taken
    (tmp_path / "folder.csv.gz").mkdir()
    assert not format.takes(tmp_path / "folder.csv.gz")


class TestANewKindOfPathIsOneFile:
    """`examples/formats/npy.py`, put beside the others, is found by all that loop over them."""

    @pytest.fixture
    def npy(self, put_beside: Callable[..., Any]) -> Format:
        format: Format = put_beside(formats, FORMATS, "npy")
        return format

    def test_it_loads(self, npy: Format, tmp_path: Path, refuses: Callable[..., str]) -> None:
        images, rows = tmp_path / "images.npy", tmp_path / "rows.NPY"
        np.save(images, PIXELS)
        with rows.open("wb") as file:
            np.save(file, ROWS)
        dataset = check_example(npy, images, refuses)
        assert dataset.name == "images"
        np.testing.assert_array_equal(np.asarray(dataset.samples)[:, 0], PIXELS)
        table = check_example(npy, rows, refuses).table
        assert table is not None
        assert table.feature_names == ("x1", "x2", "x3")

    def test_damage_is_named(
        self, npy: Format, tmp_path: Path, refuses: Callable[..., str]
    ) -> None:
        (tmp_path / "a.npy").write_bytes(b"no array")
        refuses(lambda: load_data(tmp_path / "a.npy"), "a.npy", "not a readable .npy file", "again")

    def test_the_error_names_it(
        self, npy: Format, tmp_path: Path, refuses: Callable[..., str]
    ) -> None:
        (tmp_path / "a.xlsx").write_text("x")
        refuses(lambda: load_data(tmp_path / "a.xlsx"), ".npy")

    def test_without_it_such_a_file_is_refused(
        self, tmp_path: Path, refuses: Callable[..., str]
    ) -> None:
        np.save(tmp_path / "a.npy", PIXELS)
        refuses(lambda: load_data(tmp_path / "a.npy"), "'.npy' cannot be read")
