import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import load_data

CHAIRS = ("b663f1e4", "1a6f615e", "f1ac7ca7")
VIEWS = [(p, t) for p in (20, 30) for t in (11, 23, 34)]


def grey(chair: int, view: int) -> int:
    return 20 + 60 * chair + 5 * view


def render(level: int, side: int = 60) -> bytes:
    """Return a colour image, white but for its middle two thirds, which are grey."""
    pixels = np.full((side, side, 3), 255, np.uint8)
    pixels[side // 6 : side - side // 6, side // 6 : side - side // 6] = level
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def renders() -> dict[str, bytes]:
    found = {"rendered_chairs/all_chair_names.mat": b"not read"}
    for chair, name in enumerate(CHAIRS):
        for view, (p, t) in enumerate(VIEWS):
            file = f"image_{view + 1:03d}_p{p:03d}_t{t:03d}_r096.png"
            found[f"rendered_chairs/{name}/renders/{file}"] = render(grey(chair, view))
    return found


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    (tmp_path / "chairs3d").mkdir()
    return tmp_path


def save(root: Path, files: dict[str, bytes]) -> Path:
    path = root / "chairs3d" / "rendered_chairs.tar"
    with tarfile.open(path, "w") as archive:
        for name, raw in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path


def test_the_published_archive(root: Path) -> None:
    save(root, renders())
    dataset = load_data("chairs3d")
    assert (dataset.name, dataset.source) == ("chairs3d", "chairs3d")
    assert dataset.samples.shape == (18, 1, 64, 64)
    factors = dataset.factors
    assert factors is not None
    assert factors.names == ("chair", "elevation", "azimuth")
    assert factors.sizes == (3, 2, 3)
    by_name = [1, 0, 2]
    for row in range(18):
        chair, elevation, azimuth = factors.values[row].astype(int)
        level = grey(by_name[chair], 3 * elevation + azimuth)
        # The grey middle is all that is left, up to what the filter sees of the white around.
        assert (dataset.samples[row, 0, 4:-4, 4:-4] == level).all()
    assert factors.values[:4].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 0]]
    assert "constant factors left out: distance" in dataset.notes
    assert "3 of the 1393 chairs are there" in dataset.notes
    assert load_data("chairs3d").fingerprint == dataset.fingerprint


def test_the_unpacked_folder(root: Path) -> None:
    for name, raw in renders().items():
        path = root / "chairs3d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    unpacked = load_data("chairs3d")
    save(root, renders())
    archived = load_data("chairs3d")
    assert archived.factors is not None
    assert unpacked.factors is not None
    np.testing.assert_array_equal(archived.factors.values, unpacked.factors.values)
    np.testing.assert_array_equal(np.asarray(archived.samples), np.asarray(unpacked.samples))


def test_other_sizes(root: Path) -> None:
    save(root, renders())
    dataset = load_data("chairs3d", image_size=16)
    assert dataset.sample_shape == (1, 16, 16)
    assert dataset.source == "chairs3d:image_size=16"


def test_a_damaged_render(root: Path, refuses: Callable[..., str], own_cache: Path) -> None:
    files = renders()
    name = next(name for name in files if name.endswith("_p030_t023_r096.png"))
    save(root, files | {name: files[name][:60]})
    refuses(lambda: load_data("chairs3d"), "rendered_chairs.tar", name, "cannot be decoded")
    assert not list(own_cache.rglob("*.*"))


@pytest.mark.parametrize("kept", [0, 700, 0.5, 0.7])
def test_truncated(root: Path, kept: float, refuses: Callable[..., str], own_cache: Path) -> None:
    path = save(root, renders())
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept if kept >= 1 else kept * len(raw))])
    refuses(lambda: load_data("chairs3d"), path.name, "not a readable tar file", "again")
    assert not list(own_cache.rglob("*.*"))


def test_too_few(root: Path, refuses: Callable[..., str]) -> None:
    save(root, dict(list(renders().items())[:8]))
    refuses(lambda: load_data("chairs3d"), "rendered_chairs.tar", "7 images", "at least 16")
    save(root, {"rendered_chairs/readme.png": b""})
    refuses(lambda: load_data("chairs3d"), "rendered_chairs.tar", "no file like")
