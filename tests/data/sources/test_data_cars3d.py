import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from unweave.data import load_data
from unweave.data.files.decoding import resize_images

NAMES = ("car_007_mesh.mat", "car_001_mesh.mat", "car_012_mesh.mat")


def mesh(number: int) -> np.ndarray:
    """Return smooth views: 128 x 128 x 3 x 24 azimuths x 4 elevations."""
    x = np.arange(128)
    plane = np.add.outer(x, x)[:, :, None, None, None] // 2
    channel, azimuth, elevation = np.ogrid[:3, :24, :4]
    return ((plane + 10 * number + 20 * channel + azimuth + 24 * elevation) % 128).astype(np.uint8)


def matlab(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    savemat(file, arrays)
    return file.getvalue()


CARS = {name: matlab(im=mesh(k), mask=np.zeros(3)) for k, name in enumerate(NAMES)}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    (tmp_path / "cars3d").mkdir()
    return tmp_path


def save(root: Path, cars: dict[str, bytes]) -> Path:
    path = root / "cars3d" / "nips2015-analogy-data.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        others = {"data/shapes48.mat": b"x", "data/cars/list.txt": b"", "data/sprites/a.mat": b"x"}
        for name, raw in (
            others | {f"data/cars/{name}": raw for name, raw in cars.items()}
        ).items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path


def test_the_published_archive(root: Path) -> None:
    save(root, CARS)
    dataset = load_data("cars3d")
    assert (dataset.name, dataset.source) == ("cars3d", "cars3d")
    assert dataset.samples.shape == (288, 3, 64, 64)
    factors = dataset.factors
    assert factors is not None
    assert factors.names == ("elevation", "azimuth", "object")
    assert factors.sizes == (4, 24, 3)
    in_order = [1, 0, 2]  # sorted by name, not as they lie in the archive
    for row in (0, 1, 2, 3, 72, 100, 287):
        elevation, azimuth, car = factors.values[row].astype(int)
        view = mesh(in_order[car])[..., azimuth, elevation]
        wanted = Image.fromarray(view).resize((64, 64), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(dataset.samples[row], np.asarray(wanted).transpose(2, 0, 1))
    assert factors.values[4].tolist() == [0, 1, 1]
    assert "3 of the 183 cars are there" in dataset.notes
    assert load_data("cars3d").fingerprint == dataset.fingerprint


@pytest.mark.parametrize("folder", ["cars3d/data/cars", "cars3d/cars"])
def test_the_unpacked_folder(root: Path, folder: str) -> None:
    place = root / folder
    place.mkdir(parents=True)
    for name, raw in CARS.items():
        (place / name).write_bytes(raw)
    unpacked = load_data("cars3d")
    save(root, CARS)
    np.testing.assert_array_equal(unpacked.samples, np.asarray(load_data("cars3d").samples))


def test_other_sizes(root: Path) -> None:
    save(root, {NAMES[0]: CARS[NAMES[0]]})
    dataset = load_data("cars3d:image_size=128")
    assert dataset.source == "cars3d:image_size=128"
    np.testing.assert_array_equal(dataset.samples[0], mesh(0)[..., 0, 0].transpose(2, 0, 1))
    np.testing.assert_array_equal(dataset.samples[1], mesh(0)[..., 1, 0].transpose(2, 0, 1))
    assert dataset.factors is not None
    assert dataset.factors.names == ("elevation", "azimuth")


def test_resizing_keeps_a_mean_and_a_place() -> None:
    image = np.zeros((1, 128, 128), np.uint8)
    image[0, :64] = 200
    small = resize_images(image, 64)
    assert small.shape == (1, 1, 64, 64)
    assert (small[0, 0, :28] == 200).all()
    assert (small[0, 0, 36:] == 0).all()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", ["car_001_mesh.mat", "again"]),
        (b"no matrix at all" * 20, ["car_001_mesh.mat", "again"]),
        (matlab(mask=mesh(0)), ["car_001_mesh.mat", "no array 'im'"]),
        (matlab(im=mesh(0)[..., :3]), ["(128, 128, 3, 24, 3)", "128 x 128 x 3 x 24 x 4"]),
        (matlab(im=mesh(0) / 255), ["float64", "uint8"]),
        (CARS[NAMES[1]][:5000], ["car_001_mesh.mat", "again"]),
    ],
)
def test_refused(
    root: Path, raw: bytes, words: list[str], refuses: Callable[..., str], own_cache: Path
) -> None:
    save(root, CARS | {"car_001_mesh.mat": raw})
    refuses(lambda: load_data("cars3d"), "nips2015-analogy-data.tar.gz", *words)
    assert not list(own_cache.rglob("*.*"))


@pytest.mark.parametrize("kept", [0, 300, 0.3, 0.9])
def test_truncated(root: Path, kept: float, refuses: Callable[..., str], own_cache: Path) -> None:
    path = save(root, CARS)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept if kept >= 1 else kept * len(raw))])
    refuses(lambda: load_data("cars3d"), path.name, "not a readable tar file", "again")
    assert not list(own_cache.rglob("*.*"))


def test_an_archive_without_cars(root: Path, refuses: Callable[..., str]) -> None:
    save(root, {})
    refuses(lambda: load_data("cars3d"), "nips2015-analogy-data.tar.gz", "no file like")
