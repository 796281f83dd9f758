from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from unweave.data import load_data

SIZES = (3, 2, 2, 4)
FACES = np.random.default_rng(0).integers(0, 256, (*SIZES, 7, 9)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    place = tmp_path / "faces3d"
    place.mkdir()
    return place


def save(folder: Path, suffix: str, **arrays: np.ndarray) -> Path:
    path = folder / f"faces3d{suffix}"
    if suffix == ".mat":
        savemat(path, arrays, do_compression=True)
    else:
        np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_the_stated_layout(folder: Path, suffix: str, dtype: str) -> None:
    save(folder, suffix, images=FACES if dtype == "uint8" else FACES / 255)
    dataset = load_data("faces3d")
    assert (dataset.name, dataset.source) == ("faces3d", "faces3d")
    assert dataset.samples.shape == (48, 1, 7, 9)
    factors = dataset.factors
    assert factors is not None
    assert factors.names == ("identity", "azimuth", "elevation", "lighting")
    assert factors.sizes == SIZES
    for row in range(48):
        cell = tuple(factors.values[row].astype(int))
        np.testing.assert_array_equal(dataset.samples[row, 0], FACES[cell])
    assert factors.values[1].tolist() == [0, 0, 0, 1]
    assert load_data("faces3d").fingerprint == dataset.fingerprint


def test_a_factor_of_one_value_is_left_out(folder: Path) -> None:
    save(folder, ".npz", images=FACES[:, :1])
    dataset = load_data("faces3d")
    assert dataset.factors is not None
    assert dataset.factors.names == ("identity", "elevation", "lighting")
    assert "constant factors left out: azimuth" in dataset.notes


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("faces", FACES, ["no array 'images'", "identities x azimuths"]),
        ("images", FACES.reshape(48, 7, 9), ["(48, 7, 9)", "identities x azimuths"]),
        ("images", FACES * 2.0, ["not in 0 to 1"]),
        ("images", FACES[:1, :1], ["8 images", "at least 16"]),
    ],
)
def test_refused(
    folder: Path,
    suffix: str,
    name: str,
    array: np.ndarray,
    words: list[str],
    refuses: Callable[..., str],
) -> None:
    path = save(folder, suffix, **{name: array})
    refuses(lambda: load_data("faces3d"), path.name, *words)


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
@pytest.mark.parametrize("kept", [0, 200, 0.5, 0.98])
def test_truncated(
    folder: Path, suffix: str, kept: float, refuses: Callable[..., str], own_cache: Path
) -> None:
    path = save(folder, suffix, images=FACES)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept if kept >= 1 else kept * len(raw))])
    refuses(lambda: load_data("faces3d"), path.name, "again")
    assert not list(own_cache.rglob("*.*"))


def test_newer_matlab_files_are_not_read(folder: Path, refuses: Callable[..., str]) -> None:
    text = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (folder / "faces3d.mat").write_bytes(text + bytes(600))
    refuses(lambda: load_data("faces3d"), "faces3d.mat", "-v7")
