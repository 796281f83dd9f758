from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unweave.data import load_data
from unweave.data.files.fingerprint import fingerprint_of
from unweave.data.sources import mpi3d

SIZES = (2, 2, 2, 3, 2, 2, 2)
COUNT = int(np.prod(SIZES))
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 64, 64, 3)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the files belong; the grid is smaller than the published one."""
    monkeypatch.setattr(mpi3d, "SIZES", SIZES)
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    place = tmp_path / "mpi3d"
    place.mkdir()
    return place


def test_the_published_grid() -> None:
    assert mpi3d.SIZES == (6, 6, 2, 3, 3, 40, 40)
    assert np.prod(mpi3d.SIZES) == 1_036_800


def test_the_published_layout(folder: Path) -> None:
    np.savez(folder / "mpi3d_toy.npz", images=IMAGES)
    dataset = load_data("mpi3d")
    assert (dataset.name, dataset.source) == ("mpi3d", "mpi3d")
    np.testing.assert_array_equal(np.asarray(dataset.samples), IMAGES.transpose(0, 3, 1, 2))
    factors = dataset.factors
    assert factors is not None
    assert factors.names == (
        "object_color", "object_shape", "object_size", "camera_height", "background_color",
        "horizontal_axis", "vertical_axis",
    )  # fmt: skip
    assert factors.sizes == SIZES
    in_grid = IMAGES.reshape(*SIZES, 64, 64, 3)
    for row in (0, 1, 2, 57, COUNT - 1):
        cell = tuple(factors.values[row].astype(int))
        np.testing.assert_array_equal(dataset.samples[row], in_grid[cell].transpose(2, 0, 1))
    assert factors.values[1].tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert factors.values[-1].tolist() == [1, 1, 1, 2, 1, 1, 1]
    # So it was in early runs.
    assert dataset.matches(fingerprint_of(np.asarray(dataset.samples)))


def test_variants_are_files(folder: Path, refuses: Callable[..., str]) -> None:
    np.savez_compressed(folder / "mpi3d_toy.npz", images=IMAGES)
    np.savez_compressed(folder / "mpi3d_real.npz", images=255 - IMAGES)
    real = load_data("mpi3d:variant=real")
    assert real.source == "mpi3d:variant=real"
    np.testing.assert_array_equal(real.samples[5], 255 - load_data("mpi3d").samples[5])
    refuses(
        lambda: load_data("mpi3d:variant=realistic"),
        "mpi3d:variant=realistic", "put mpi3d/mpi3d_realistic.npz", "UNWEAVE_DATA",
        "https://huggingface.co/datasets/waleedgondal/mpi3d/resolve/main/mpi3d_realistic.npz",
    )  # fmt: skip
    refuses(lambda: load_data("mpi3d:variant=reel"), "'reel'", "did you mean 'real'")


@pytest.mark.parametrize(
    ("name", "images", "words"),
    [
        ("imgs", IMAGES, ["no array 'images'"]),
        ("images", IMAGES[:-1], ["(191, 64, 64, 3)", "192 x 64 x 64 x 3"]),
        ("images", IMAGES[:, :32, :32], ["(192, 32, 32, 3)"]),
        ("images", IMAGES.astype(np.float32), ["float32", "uint8"]),
    ],
)
def test_refused(
    folder: Path, name: str, images: np.ndarray, words: list[str], refuses: Callable[..., str]
) -> None:
    np.savez(folder / "mpi3d_toy.npz", **{name: images})
    refuses(lambda: load_data("mpi3d"), "mpi3d_toy.npz", *words)


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.999])
def test_truncated(folder: Path, kept: float, refuses: Callable[..., str], own_cache: Path) -> None:
    path = folder / "mpi3d_toy.npz"
    np.savez(path, images=IMAGES)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept * len(raw))])
    refuses(lambda: load_data("mpi3d"), "mpi3d_toy.npz", "again")
    assert not list(own_cache.rglob("*.*"))


def test_damaged_inside(folder: Path, refuses: Callable[..., str], own_cache: Path) -> None:
    path = folder / "mpi3d_toy.npz"
    np.savez(path, images=IMAGES)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(bytes(raw))
    refuses(lambda: load_data("mpi3d"), "mpi3d_toy.npz", "images", "again")
    assert not list(own_cache.rglob("*.*"))
