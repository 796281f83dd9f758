import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import load_data
from unweave.data.sources.smallnorb import BYTES, INTEGERS, PARTS, read_matrix

COUNT = 36
# Instances of the training and of the testing part, as the files' names say.
INSTANCES = ((4, 6, 7, 8, 9), (0, 1, 2, 3, 5))


def matrix(array: np.ndarray, magic: int) -> bytes:
    sizes = [*array.shape, *[1] * (3 - array.ndim)]
    return struct.pack(f"<{2 + len(sizes)}i", magic, array.ndim, *sizes) + array.tobytes()


def columns(part: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(COUNT)
    instance = np.array(INSTANCES[part])[rows // 5 % 5]
    info = np.stack([instance, rows % 9, 2 * (rows % 18), rows % 6], axis=1)
    return (rows % 5).astype("<i4"), info.astype("<i4")


def pairs(part: int) -> np.ndarray:
    return np.random.default_rng(part).integers(0, 256, (COUNT, 2, 96, 96)).astype(np.uint8)


def files() -> dict[str, bytes]:
    found = {}
    for part, name in enumerate(PARTS):
        category, info = columns(part)
        found[f"{name}-dat.mat"] = matrix(pairs(part), BYTES)
        found[f"{name}-cat.mat"] = matrix(category, INTEGERS)
        found[f"{name}-info.mat"] = matrix(info, INTEGERS)
    return found


def save(folder: Path, contents: dict[str, bytes], suffix: str = "") -> None:
    for name, raw in contents.items():
        zipped = gzip.compress(raw, 1) if suffix else raw
        (folder / f"{name}{suffix}").write_bytes(zipped)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    place = tmp_path / "smallnorb"
    place.mkdir()
    return place


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_published_files(folder: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unweave.data.sources.smallnorb._ROWS", 20)
    save(folder, files(), suffix)
    dataset = load_data("smallnorb")
    assert (dataset.name, dataset.source) == ("smallnorb", "smallnorb")
    assert dataset.samples.shape == (2 * COUNT, 1, 64, 64)
    for row in (0, 1, 19, 20, 35, 36, 71):
        left = pairs(row // COUNT)[row % COUNT, 0]
        wanted = np.asarray(Image.fromarray(left).resize((64, 64), Image.Resampling.LANCZOS))
        np.testing.assert_array_equal(dataset.samples[row, 0], wanted)
    factors = dataset.factors
    assert factors is not None
    assert factors.names == ("category", "elevation", "azimuth", "lighting", "instance")
    assert factors.sizes == (5, 9, 18, 6, 10)
    assert factors.values[0].tolist() == [0, 0, 0, 0, 4]
    assert factors.values[23].tolist() == [3, 5, 5, 5, 9]
    assert factors.values[COUNT + 7].tolist() == [2, 7, 7, 1, 1]
    assert dataset.rows("test").tolist() == list(range(COUNT, 2 * COUNT))
    assert len(dataset.rows("validation")) == 6
    assert load_data("smallnorb").fingerprint == dataset.fingerprint


def test_the_size_of_the_files(folder: Path) -> None:
    save(folder, files())
    dataset = load_data("smallnorb:image_size=96")
    np.testing.assert_array_equal(dataset.samples[3, 0], pairs(0)[3, 0])


def test_matrices_of_one_axis(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(matrix(np.array([5, 6], "<i4"), INTEGERS))
    assert read_matrix(path, INTEGERS).tolist() == [5, 6]


TRAINING = f"{PARTS[0]}-dat.mat"


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        (TRAINING, lambda raw: b"", ["ends early"]),
        (TRAINING, lambda raw: raw[:10], ["ends early"]),
        (TRAINING, lambda raw: raw[:-1], ["ends early"]),
        (TRAINING, lambda raw: raw + b"x", ["longer than its header"]),
        (TRAINING, lambda raw: raw[::-1], ["0x1e3d4c55"]),
        (TRAINING, lambda raw: matrix(np.zeros((20, 2, 9, 9), "u1"), BYTES), ["(20, 2, 9, 9)"]),
        (TRAINING, lambda raw: matrix(columns(0)[0], INTEGERS), ["0x1e3d4c54", "0x1e3d4c55"]),
        (f"{PARTS[1]}-cat.mat", lambda raw: raw[:-4], ["ends early"]),
        (f"{PARTS[1]}-cat.mat", lambda raw: matrix(columns(0)[0][1:], INTEGERS), ["(35,)"]),
        (f"{PARTS[0]}-info.mat", lambda raw: matrix(columns(0)[0], INTEGERS), ["(36, 4)"]),
        (f"{PARTS[0]}-info.mat", lambda raw: raw[:8] + bytes(8) + raw[16:], ["shape"]),
    ],
)
def test_damaged_files(
    folder: Path,
    name: str,
    damage: Callable[[bytes], bytes],
    suffix: str,
    words: list[str],
    refuses: Callable[..., str],
    own_cache: Path,
) -> None:
    contents = files()
    save(folder, contents | {name: damage(contents[name])}, suffix)
    refuses(lambda: load_data("smallnorb"), f"{name}{suffix}", "again", *words)
    assert not list(own_cache.rglob("*.*"))


@pytest.mark.parametrize("kept", [5, 0.5, 0.999])
def test_truncated_gzip(
    folder: Path, kept: float, refuses: Callable[..., str], own_cache: Path
) -> None:
    save(folder, files(), ".gz")
    path = folder / f"{TRAINING}.gz"
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept if kept >= 1 else kept * len(raw))])
    refuses(lambda: load_data("smallnorb"), path.name, "again")
    assert not list(own_cache.rglob("*.*"))


def test_a_missing_file(
    folder: Path, refuses: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*args: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("unweave.data.files.fetching.fetch_file", offline)
    contents = files()
    del contents[f"{PARTS[1]}-info.mat"]
    save(folder, contents)
    refuses(lambda: load_data("smallnorb"), f"{PARTS[1]}-info.mat.gz", "smallnorb", "put")
