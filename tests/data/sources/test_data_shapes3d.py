from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from unweave.data import load_data

SIZES = (2, 3, 2, 2, 2, 2)
HUES = np.arange(10) / 10
VALUES = (HUES, HUES, HUES, np.linspace(0.75, 1.25, 8), np.arange(4.0), np.linspace(-30, 30, 15))
CLASSES = np.indices(SIZES).reshape(6, -1).T
LABELS = np.stack([VALUES[f][CLASSES[:, f]] for f in range(6)], axis=1)
IMAGES = np.random.default_rng(0).integers(0, 256, (96, 64, 64, 3)).astype(np.uint8)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    place = tmp_path / "shapes3d" / "3dshapes.h5"
    place.parent.mkdir()
    return place


def save(path: Path, **arrays: Any) -> None:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            # The published chunks are as flat: many images, few of their pixels.
            chunks = (40, 8, 16, 1) if np.ndim(array) == 4 and len(array) >= 40 else None
            zipped = "gzip" if chunks else None
            file.create_dataset(name, data=array, chunks=chunks, compression=zipped)


def test_the_published_layout(path: Path) -> None:
    save(path, images=IMAGES, labels=LABELS)
    dataset = load_data("shapes3d")
    assert (dataset.name, dataset.source) == ("shapes3d", "shapes3d")
    assert dataset.samples.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(dataset.samples), IMAGES.transpose(0, 3, 1, 2))
    assert dataset.factors is not None
    assert dataset.factors.names == (
        "floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation",
    )  # fmt: skip
    assert dataset.factors.sizes == SIZES
    np.testing.assert_array_equal(dataset.factors.values, CLASSES)
    assert sum(len(rows) for rows in dataset.splits.values()) == 96
    assert load_data("shapes3d").fingerprint == dataset.fingerprint


def test_many_pieces_make_the_same_images(
    path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    monkeypatch.setattr("unweave.data.sources.shapes3d.CHUNK_BYTES", 1)
    save(path, images=IMAGES, labels=LABELS)
    np.testing.assert_array_equal(
        np.asarray(load_data("shapes3d").samples), IMAGES.transpose(0, 3, 1, 2)
    )
    assert len(list((own_cache / "packed").glob("*.npy"))) == 1


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"labels": LABELS}, ["no array 'images'"]),
        ({"images": IMAGES}, ["no array 'labels'"]),
        ({"images": IMAGES[:, :32], "labels": LABELS}, ["(96, 32, 64, 3)", "64 x 64 x 3"]),
        ({"images": IMAGES / 255, "labels": LABELS}, ["float64", "uint8"]),
        ({"images": IMAGES[:50], "labels": LABELS}, ["labels has shape (96, 6)", "50 x 6"]),
        ({"images": IMAGES, "labels": LABELS[:, :5]}, ["labels has shape (96, 5)"]),
        ({"images": IMAGES, "labels": LABELS * np.nan}, ["labels", "not numbers"]),
        ({"images": IMAGES[:9], "labels": LABELS[:9]}, ["9 images", "at least 16"]),
    ],
)
def test_refused(
    path: Path, arrays: dict[str, Any], words: list[str], refuses: Callable[..., str]
) -> None:
    save(path, **arrays)
    refuses(lambda: load_data("shapes3d"), "3dshapes.h5", *words)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_truncated(path: Path, kept: float, refuses: Callable[..., str], own_cache: Path) -> None:
    save(path, labels=LABELS, images=IMAGES)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept if kept >= 1 else kept * len(raw))])
    refuses(lambda: load_data("shapes3d"), "3dshapes.h5", "again")
    assert not list(own_cache.rglob("*.*"))


def test_damaged_inside(path: Path, refuses: Callable[..., str], own_cache: Path) -> None:
    save(path, labels=LABELS, images=IMAGES)
    raw = path.read_bytes()
    middle = len(raw) // 2
    path.write_bytes(raw[:middle] + bytes(2000) + raw[middle + 2000 :])
    refuses(lambda: load_data("shapes3d"), "3dshapes.h5", "again")
    assert not list(own_cache.rglob("*.*"))


def test_a_folder_of_that_name_is_no_array(path: Path, refuses: Callable[..., str]) -> None:
    with h5py.File(path, "w") as file:
        file.create_group("images")
    refuses(lambda: load_data("shapes3d"), "no array 'images'")
