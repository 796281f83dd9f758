import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unweave.data import load_data
from unweave.data.formats.mnist import read_idx

RNG = np.random.default_rng(0)
TRAIN, TEST = (RNG.integers(0, 256, (count, 6, 5)).astype(np.uint8) for count in (60, 20))
TRAIN_LABELS, TEST_LABELS = (RNG.integers(0, 10, count).astype(np.uint8) for count in (60, 20))


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return header + array.tobytes()


@pytest.fixture(params=["", ".gz"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    files = {
        "train-images-idx3-ubyte": TRAIN,
        "train-labels-idx1-ubyte": TRAIN_LABELS,
        "t10k-images-idx3-ubyte": TEST,
        "t10k-labels-idx1-ubyte": TEST_LABELS,
    }
    place = tmp_path / "mnist"
    place.mkdir()
    for name, array in files.items():
        raw = idx(array)
        path = place / (name + request.param)
        path.write_bytes(gzip.compress(raw) if request.param else raw)
    return place


def test_a_folder(folder: Path) -> None:
    dataset = load_data(folder)
    assert dataset.sample_shape == (1, 6, 5)
    samples = np.asarray(dataset.samples)
    np.testing.assert_array_equal(samples[:, 0], np.concatenate([TRAIN, TEST]))
    assert dataset.labels is not None
    assert dataset.labels.exclusive
    np.testing.assert_array_equal(
        dataset.labels.values, np.concatenate([TRAIN_LABELS, TEST_LABELS])
    )
    assert dataset.rows("test").tolist() == list(range(60, 80))
    assert len(dataset.rows("validation")) == 10
    assert load_data(dataset.source).fingerprint == dataset.fingerprint


def test_the_built_in_name_finds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNWEAVE_DATA", str(folder.parent))
    dataset = load_data("mnist")
    assert (dataset.name, dataset.source) == ("mnist", "mnist")
    assert dataset.fingerprint == load_data(folder).fingerprint


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", ["not an idx file"]),
        (idx(TRAIN)[:9], ["not an idx file"]),
        (idx(TRAIN_LABELS), ["not an idx file", "3 dimensions"]),
        (b"\0\0\x0d\3" + idx(TRAIN)[4:], ["not an idx file"]),
        (idx(TRAIN)[:-1], ["1815 bytes", "header says 1816"]),
        (idx(TRAIN) + b"\0", ["more than 1816 bytes"]),
        (gzip.compress(idx(TRAIN))[:-9], ["cannot read"]),
        (b"\x1f\x8b" + b"\0" * 30, ["cannot read"]),
    ],
)
def test_damaged_files(
    tmp_path: Path, raw: bytes, words: list[str], refuses: Callable[..., str]
) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(raw)
    refuses(lambda: read_idx(path, 3), "train-images-idx3-ubyte.gz", "again", *words)


def test_a_missing_file(folder: Path, refuses: Callable[..., str]) -> None:
    next(folder.glob("t10k-labels*")).unlink()
    refuses(lambda: load_data(folder), str(folder), "t10k-labels-idx1-ubyte.gz")


def test_different_numbers(folder: Path, refuses: Callable[..., str]) -> None:
    next(folder.glob("t10k-labels*")).write_bytes(idx(TEST_LABELS[:-1]))
    refuses(lambda: load_data(folder), "20 images", "19 labels")


def test_different_sizes(folder: Path, refuses: Callable[..., str]) -> None:
    next(folder.glob("t10k-images*")).write_bytes(idx(TEST[:, :5]))
    refuses(lambda: load_data(folder), "1 x 6 x 5", "1 x 5 x 5")


@pytest.mark.parametrize("place", ["{dotted}", "raw/{plain}", "MNIST/raw/{plain}"])
def test_the_names_of_archivers_and_libraries(folder: Path, tmp_path: Path, place: str) -> None:
    for path in sorted(folder.iterdir()):
        target = (
            tmp_path
            / "kept"
            / place.format(plain=path.name, dotted=path.name.replace("-idx", ".idx"))
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert load_data(tmp_path / "kept").fingerprint == load_data(folder).fingerprint


def test_emnist_is_turned(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "emnist"
    kept.mkdir()
    for path in folder.iterdir():
        name = path.name.replace("t10k", "test")
        (kept / f"emnist-letters-{name}").write_bytes(path.read_bytes())
    pixels = np.asarray(load_data(kept).samples)[:, 0]
    np.testing.assert_array_equal(pixels, np.concatenate([TRAIN, TEST]).swapaxes(1, 2))


class TestKeras:
    """`mnist.npz` with x_train, y_train, x_test and y_test is the same data."""

    def save(self, path: Path, **changes: np.ndarray) -> Path:
        arrays = {
            "x_train": TRAIN, "y_train": TRAIN_LABELS, "x_test": TEST, "y_test": TEST_LABELS,
        }  # fmt: skip
        np.savez(path, **(arrays | changes))
        return path

    def test_it_is_the_folders_data(self, folder: Path, tmp_path: Path) -> None:
        path = self.save(tmp_path / "mnist.npz")
        found, four = load_data(path), load_data(folder)
        assert found.fingerprint == four.fingerprint
        assert found.rows("test").tolist() == four.rows("test").tolist()
        assert load_data(tmp_path).fingerprint == four.fingerprint
        assert load_data(found.source).fingerprint == four.fingerprint

    def test_the_built_in_name_finds_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "mnist").mkdir()
        self.save(tmp_path / "mnist" / "mnist.npz")
        monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
        assert load_data("mnist").sample_shape == (1, 6, 5)

    def test_colours_and_labels_in_a_column_as_cifar_has_them(self, tmp_path: Path) -> None:
        colours = {name: np.stack([part] * 3, 3) for name, part in
                   (("x_train", TRAIN), ("x_test", TEST))}  # fmt: skip
        path = self.save(tmp_path / "cifar.npz", **colours, y_train=TRAIN_LABELS[:, None])
        dataset = load_data(path)
        assert dataset.sample_shape == (3, 6, 5)
        assert dataset.labels is not None
        np.testing.assert_array_equal(dataset.labels.values[:60], TRAIN_LABELS)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"y_train": TRAIN_LABELS[:9]}, ["y_train", "60 images"]),
            ({"y_train": TRAIN_LABELS * 1.0}, ["y_train", "float64"]),
            ({"x_train": TRAIN / 255}, ["x_train", "uint8"]),
            ({"x_test": TEST[:, 1:]}, ["1 x 6 x 5", "1 x 5 x 5"]),
        ],
    )
    def test_refused(
        self,
        changes: dict[str, np.ndarray],
        words: list[str],
        tmp_path: Path,
        refuses: Callable[..., str],
    ) -> None:
        path = self.save(tmp_path / "mnist.npz", **changes)
        refuses(lambda: load_data(path), "mnist.npz", *words)
