from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unweave.data import Factors, load_data

GRID = (2, 3, 4, 2, 2)
CLASSES = np.stack(np.unravel_index(np.arange(96), GRID), axis=1)
BITS = np.random.default_rng(0).integers(0, 2, (96, 5, 6)).astype(np.uint8)


def save(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path / "shapes.npz", **arrays)
    return path / "shapes.npz"


def factors_of(path: Path) -> Factors:
    factors = load_data(path).factors
    assert factors is not None
    return factors


def test_the_layout_of_dsprites(tmp_path: Path) -> None:
    metadata = np.array({"pickled": True}, dtype=object)
    path = save(tmp_path, imgs=BITS, latents_classes=CLASSES, metadata=metadata)
    dataset = load_data(path)
    np.testing.assert_array_equal(np.asarray(dataset.samples)[:, 0], 255 * BITS)
    assert dataset.factors is not None
    assert dataset.factors.names == ("shape", "scale", "orientation", "x", "y")
    assert dataset.factors.sizes == GRID
    np.testing.assert_array_equal(dataset.factors.values, CLASSES)
    assert dataset.source == str(path)
    assert load_data(dataset.source).fingerprint == dataset.fingerprint


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", ">i4"])
def test_black_and_white_in_any_dtype(tmp_path: Path, dtype: str) -> None:
    dataset = load_data(save(tmp_path, imgs=BITS.astype(dtype)))
    np.testing.assert_array_equal(np.asarray(dataset.samples)[:, 0], 255 * BITS)
    assert dataset.factors is None
    assert "no factors" in dataset.notes[0]


def test_bytes_and_channels_last(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (96, 5, 6, 3)).astype(np.uint8)
    dataset = load_data(save(tmp_path, imgs=pixels))
    np.testing.assert_array_equal(np.asarray(dataset.samples), pixels.transpose(0, 3, 1, 2))


def test_six_columns_with_a_constant_colour(tmp_path: Path) -> None:
    classes = np.concatenate([np.zeros((96, 1), int), CLASSES], axis=1)
    dataset = load_data(save(tmp_path, imgs=BITS, latents_classes=classes))
    assert dataset.factors is not None
    assert dataset.factors.names == ("shape", "scale", "orientation", "x", "y")
    assert "constant factors left out: color" in dataset.notes


def test_other_numbers_of_columns(tmp_path: Path) -> None:
    factors = factors_of(save(tmp_path, imgs=BITS, latents_classes=CLASSES[:, :2]))
    assert factors.names == ("factor 1", "factor 2")


def test_classes_with_gaps_are_closed(tmp_path: Path) -> None:
    factors = factors_of(save(tmp_path, imgs=BITS, latents_classes=CLASSES * 3 + 2))
    np.testing.assert_array_equal(factors.values, CLASSES)


def test_values_become_classes_if_they_repeat(tmp_path: Path) -> None:
    values = np.column_stack([CLASSES[:, 2] / 7, np.random.default_rng(0).normal(size=96)])
    factors = factors_of(save(tmp_path, imgs=BITS, latents_values=values))
    assert factors.sizes == (4, None)
    np.testing.assert_array_equal(factors.values[:, 0], CLASSES[:, 2])
    np.testing.assert_array_equal(factors.values[:, 1], values[:, 1])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"images": BITS}, ["no array 'imgs'"]),
        ({"imgs": BITS[0, 0]}, ["shape (6,)"]),
        ({"imgs": BITS.astype(float) * 2}, ["image 0", "2.0"]),
        ({"imgs": np.zeros((20, 4, 4, 4), np.uint8)}, ["1 or 3 channels"]),
        ({"imgs": np.full((20, 4, 4), None)}, ["dtype object"]),
        ({"imgs": np.asfortranarray(BITS)}, ["Fortran"]),
        ({"imgs": BITS, "latents_classes": CLASSES[:-1]}, ["latents_classes", "(95, 5)", "96"]),
        ({"imgs": BITS, "latents_classes": CLASSES[:, 0]}, ["latents_classes", "(96,)"]),
        ({"imgs": BITS, "latents_values": CLASSES * np.nan}, ["latents_values", "row 1"]),
        ({"imgs": BITS, "latents_classes": CLASSES.astype(object)}, ["latents_classes"]),
    ],
)
def test_refused(
    tmp_path: Path, arrays: dict[str, Any], words: list[str], refuses: Callable[..., str]
) -> None:
    path = save(tmp_path, **arrays)
    refuses(lambda: load_data(path), "shapes.npz", *words)


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.95])
def test_truncated(tmp_path: Path, kept: float, refuses: Callable[..., str]) -> None:
    path = save(tmp_path, imgs=BITS, latents_classes=CLASSES)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept if kept >= 1 else kept * len(raw))])
    refuses(lambda: load_data(path), "shapes.npz", "not a readable .npz")


def test_damaged_inside(tmp_path: Path, own_cache: Path, refuses: Callable[..., str]) -> None:
    path = save(tmp_path, imgs=BITS)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(bytes(raw))
    refuses(lambda: load_data(path), "shapes.npz", "again")
    assert not list(own_cache.rglob("*.npy"))
