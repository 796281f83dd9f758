"""Early runs hold another fingerprint of the same data: it must be known still.

The fingerprints below were computed by the code of that time, of the very files made here.
Nothing in them is resized, so that they do not depend on the version of Pillow.
"""

import gzip
import io
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.io import savemat

from unweave.data import Dataset, crop_of_run, load_data
from unweave.data.files.fingerprint import fingerprint_of

NORB = ("smallnorb-5x46789x9x18x6x2x96x96-training", "smallnorb-5x01235x9x18x6x2x96x96-testing")
MNIST = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte")


def pixels(*shape: int) -> np.ndarray:
    """Return bytes that are the same on every machine."""
    count = int(np.prod(shape))
    return (np.arange(count, dtype=np.int64) ** 2 % 251).astype(np.uint8).reshape(shape)


def save_images(folder: Path, suffix: str = ".png") -> list[str]:
    folder.mkdir(parents=True)
    names = [f"{k + 1:06d}{suffix}" for k in range(20)]
    for name, image in zip(names, pixels(20, 9, 9, 3), strict=True):
        Image.fromarray(image).save(folder / name, "PNG")
    return names


def make_images(root: Path) -> str:
    save_images(root / "pictures")
    return f"{root / 'pictures'}:image_size=9"


def make_labelled_images(root: Path) -> str:
    names = save_images(root / "pictures")
    lines = ["file,Hat,Smile", *(f"{name},{k % 2},{k % 3 % 2}" for k, name in enumerate(names))]
    (root / "pictures" / "attributes.csv").write_text("\n".join(lines))
    return f"{root / 'pictures'}:image_size=9"


def make_celeba(root: Path) -> str:
    folder = root / "celeba" / "img_align_celeba"
    folder.mkdir(parents=True)
    lines = ["20", "Bald Young"]
    for k, image in enumerate(pixels(20, 218, 178, 3)):
        Image.fromarray(image).save(folder / f"{k:06d}.jpg", "PNG")
        lines.append(f"{k:06d}.jpg {1 - 2 * (k % 2)} {1 - 2 * (k // 3 % 2)}")
    (root / "celeba" / "list_attr_celeba.txt").write_text("\n".join(lines))
    return "celeba:image_size=148"


def make_mnist(root: Path) -> str:
    (root / "mnist").mkdir()
    for images, count in zip(MNIST, (40, 20), strict=True):
        header = struct.pack(">4B3I", 0, 0, 8, 3, count, 5, 4)
        (root / "mnist" / images).write_bytes(header + pixels(count, 5, 4).tobytes())
        labels = images.replace("images-idx3", "labels-idx1")
        classes = (np.arange(count) % 7).astype(np.uint8).tobytes()
        raw = struct.pack(">4BI", 0, 0, 8, 1, count) + classes
        (root / "mnist" / f"{labels}.gz").write_bytes(gzip.compress(raw))
    return "mnist"


def make_npz(root: Path) -> str:
    np.savez(root / "shapes.npz", imgs=pixels(96, 5, 6))
    return str(root / "shapes.npz")


def make_npz_with_factors(root: Path) -> str:
    classes = np.stack(np.unravel_index(np.arange(96), (1, 2, 3, 4, 2, 2)), axis=1)
    np.savez(root / "shapes.npz", imgs=pixels(96, 5, 6), latents_classes=classes)
    return str(root / "shapes.npz")


def make_shapes3d(root: Path) -> str:
    (root / "shapes3d").mkdir()
    labels = np.stack(np.unravel_index(np.arange(96), (2, 3, 2, 2, 2, 2)), axis=1) / 8
    with h5py.File(root / "shapes3d" / "3dshapes.h5", "w") as file:
        file.create_dataset("images", data=pixels(96, 64, 64, 3))
        file.create_dataset("labels", data=labels)
    return "shapes3d"


def make_chairs3d(root: Path) -> str:
    for chair in range(3):
        folder = root / "chairs3d" / "rendered_chairs" / f"chair{chair}" / "renders"
        folder.mkdir(parents=True)
        for view in range(6):
            name = f"image_{view:03d}_p{20 + view % 2 * 10:03d}_t{view // 2:03d}_r096.png"
            Image.fromarray(pixels(12, 12, 3) + np.uint8(7 * chair + view)).save(folder / name)
    return "chairs3d:image_size=8"


def make_cars3d(root: Path) -> str:
    (root / "cars3d").mkdir()
    file = io.BytesIO()
    savemat(file, {"im": pixels(32, 32, 3, 24, 4)})
    with tarfile.open(root / "cars3d" / "nips2015-analogy-data.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("data/cars/car_001_mesh.mat")
        member.size = file.tell()
        file.seek(0)
        archive.addfile(member, file)
    return "cars3d:image_size=32"


def make_smallnorb(root: Path) -> str:
    def write(name: str, array: np.ndarray, magic: int) -> None:
        sizes = [*array.shape, *[1] * (3 - array.ndim)]
        header = struct.pack(f"<{2 + len(sizes)}i", magic, array.ndim, *sizes)
        (root / "smallnorb" / name).write_bytes(header + array.tobytes())

    (root / "smallnorb").mkdir()
    rows = np.arange(24)
    for shift, part in enumerate(NORB):
        write(f"{part}-dat.mat", pixels(24, 2, 96, 96) + np.uint8(shift), 0x1E3D4C55)
        write(f"{part}-cat.mat", (rows % 5).astype("<i4"), 0x1E3D4C54)
        info = np.stack([rows % 4 + shift, rows % 3, 2 * (rows % 6), rows % 2], axis=1)
        write(f"{part}-info.mat", info.astype("<i4"), 0x1E3D4C54)
    return "smallnorb:image_size=96"


def make_faces3d(root: Path) -> str:
    (root / "faces3d").mkdir()
    np.savez(root / "faces3d" / "faces3d.npz", images=pixels(3, 2, 2, 4, 7, 9))
    return "faces3d"


def make_table(root: Path) -> str:
    lines = ["length,colour,weight"]
    lines += [f"{k % 7},{'red' if k % 3 else 'blue'},{'' if k == 5 else k * k}" for k in range(40)]
    (root / "plants.csv").write_text("\n".join(lines))
    return str(root / "plants.csv")


def make_dataframe(root: Path) -> pd.DataFrame:
    return pd.DataFrame({"a": np.arange(40) % 7, "b": np.arange(40) % 3 == 0})


def make_array(root: Path) -> np.ndarray:
    return pixels(30, 3, 5, 6)


FORMER: dict[str, tuple[Callable[[Path], object], str]] = {
    "digits": (lambda root: "digits", "b07dda5bee96515536a44bb22da2173f"),
    "sprites": (
        lambda root: "sprites:scales=2,orientations=2,positions=4",
        "6de835088396e2ef96d5bccdedd5d396",
    ),
    "some sprites": (lambda root: "sprites:count=50,seed=3", "27510b0a3c770b47941d6682526c9756"),
    "images": (make_images, "abd612d669d0ef79096ef110651378b9"),
    "labelled images": (make_labelled_images, "5393989a9f16ca226d99dadddc9a73b6"),
    "celeba": (make_celeba, "f8eee45a00e47c8ca5a8b65947226ad2"),
    "mnist": (make_mnist, "29efb9745d32cc107dc5cd2043cc55de"),
    "npz": (make_npz, "f5c062302b83f2a062b304fccfea001f"),
    "npz with factors": (make_npz_with_factors, "b264dd8ce58294db83dd92e5a929e375"),
    "shapes3d": (make_shapes3d, "a8ad2ba94519eeed81b810686919baed"),
    "chairs3d": (make_chairs3d, "2cd977f5f57d12b3e6c2439a6589f695"),
    "cars3d": (make_cars3d, "beb013867acc2a3b170bbf625dd97f0e"),
    "smallnorb": (make_smallnorb, "be6e55c5edc120b3d12af41fb1d3ad58"),
    "faces3d": (make_faces3d, "d74c72ed75ca7b94851c4f53d5ed9bcf"),
    "table": (make_table, "8e7ecd3c7ae281ed3e6e52af09fcd022"),
    "DataFrame": (make_dataframe, "ab72d40e44dff0c1f566dc97a1c9a272"),
    "array": (make_array, "6be2d8b44b3632acd4108b1d7cc05bd4"),
}


def load(make: Callable[[Path], object], root: Path) -> Dataset:
    # A run of that time reads its table again by its schema, in the coding of that time.
    options = {"coding": "gaussian"} if make is make_table else {}
    return load_data(make(root), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", FORMER)
def test_the_fingerprint_of_an_earlier_run(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    make, former = FORMER[case]
    dataset = load(make, tmp_path)
    assert dataset.matches(former)
    assert dataset.matches(dataset.fingerprint)
    assert dataset.fingerprint != former
    assert not dataset.matches("")


def test_the_fingerprint_of_earlier_faces() -> None:
    faces = load_data("faces:count=20,seed=4")
    assert faces.factors is not None
    images = fingerprint_of(np.asarray(faces.samples))
    assert faces.matches(fingerprint_of(images, faces.factors.values))


def test_the_fingerprint_of_earlier_factor_analysis_tables() -> None:
    dataset = load_data("fa15:rows=40")
    assert dataset.factors is not None
    assert dataset.table is not None
    mean, sd = (
        np.array([getattr(c, key) for c in dataset.table.features]) for key in ("mean", "sd")
    )
    # What was hashed is the table in its own units, to the last bit: draw it again.
    generator = np.random.default_rng(2018)
    loadings = np.zeros((15, 3))
    loadings[np.arange(15), np.repeat(np.arange(3), (7, 5, 3))] = generator.uniform(0.5, 1.0, 15)
    scores = generator.uniform(-np.sqrt(3), np.sqrt(3), size=(40, 3))
    table = scores @ loadings.T + 0.1 * generator.standard_normal((40, 15))
    np.testing.assert_allclose((table - mean) / sd, np.asarray(dataset.samples), atol=1e-5)
    titles = [f"x{j}" for j in range(1, 16)]
    assert dataset.matches(fingerprint_of(fingerprint_of(titles, table), scores))


class TestTheCropOfARun:
    """Early runs do not name it: then the name of the data tells."""

    def test_it_is_named(self) -> None:
        assert crop_of_run({"name": "celeba", "crop": "central-square"}) == "central-square"
        assert crop_of_run({"name": "friends", "crop": "celeba-face"}) == "celeba-face"

    def test_it_is_not(self) -> None:
        assert crop_of_run({"name": "celeba"}) == "celeba-face"
        assert crop_of_run({"name": "friends"}) == "central-square"
