"""Pictures as people keep them: class subfolders, other suffixes, names in any case."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import load_data
from unweave.data.formats.images import class_folders


def save(path: Path, grey: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    format = {".jfif": "JPEG"}.get(path.suffix)
    Image.fromarray(np.full((8, 8), grey, np.uint8)).save(path, format=format)


def test_subfolders_are_classes(tmp_path: Path) -> None:
    for number in range(20):
        save(tmp_path / ("cats" if number % 4 else "dogs") / f"{number:02d}.png", number)
    dataset = load_data(tmp_path, image_size=8)
    assert dataset.labels is not None
    assert dataset.labels.names == ("cats", "dogs")
    assert dataset.labels.exclusive
    samples = np.asarray(dataset.samples)
    for image, label in zip(samples[:, 0, 0, 0], dataset.labels.values, strict=True):
        assert (image % 4 == 0) == (label == 1)


@pytest.mark.parametrize(
    "names",
    [
        ["a/0.png", "a/1.png"],
        ["a/0.png", "a/1.png", "b/0.png"],
        ["a/0.png", "a/1.png", "b/0.png", "b/1.png", "2.png"],
        ["a/x/0.png", "a/x/1.png", "b/x/0.png", "b/x/1.png"],
    ],
)
def test_other_subfolders_are_none(names: list[str]) -> None:
    assert class_folders(names) is None


def test_runs_of_before_know_their_data(tmp_path: Path) -> None:
    """Early runs hold the fingerprint that the same pictures have without classes."""
    for number in range(20):
        save(tmp_path / "one" / ("a" if number % 2 else "b") / f"{number:02d}.png", number)
        save(tmp_path / "two" / "x" / ("a" if number % 2 else "b") / f"{number:02d}.png", number)
    with_classes, without = (load_data(tmp_path / name, image_size=8) for name in ("one", "two"))
    assert without.labels is None
    assert without.former is not None
    assert with_classes.fingerprint != without.fingerprint
    assert with_classes.matches(without.former())


@pytest.mark.parametrize("suffix", [".tif", ".tiff", ".jfif", ".TIF"])
def test_other_suffixes(suffix: str, tmp_path: Path) -> None:
    for number in range(16):
        save(tmp_path / f"{number:02d}{suffix}", 10 * number)
    samples = np.asarray(load_data(tmp_path, image_size=8).samples)
    assert samples[:, 0, 0, 0].tolist() == [10 * number for number in range(16)]


def test_attributes_in_any_case(tmp_path: Path) -> None:
    for number in range(16):
        save(tmp_path / f"{number}.png", number)
    lines = [f"{number}.png,{number % 2}" for number in range(16)]
    (tmp_path / "Attributes.CSV").write_text("\n".join(["file,Odd", *lines]))
    dataset = load_data(tmp_path, image_size=8)
    assert dataset.labels is not None
    assert dataset.labels.names == ("Odd",)
