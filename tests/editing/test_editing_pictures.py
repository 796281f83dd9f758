"""Picture files reach a model as its training images did."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import Dataset
from unweave.data.files.crops import FACE
from unweave.editing.pictures import read_pictures
from unweave.runs.model import Model

RunOf = Callable[..., Model]


def picture(path: Path, width: int, height: int, white: tuple[int, int, int, int]) -> Path:
    """Write a black picture with one white box: left, top, right, bottom."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = white
    pixels[top:bottom, left:right] = 255
    Image.fromarray(pixels).save(path)
    return path


def test_a_training_image_is_read_as_it_was(planted: Dataset, planted_run: RunOf) -> None:
    folder = Path(planted.source.rpartition(":")[0])
    read = read_pictures(planted_run(), [folder / "007.png", str(folder / "003.png")])
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, planted.samples[[7, 3]])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
def test_any_mode_becomes_the_models(mode: str, planted_run: RunOf, tmp_path: Path) -> None:
    run = planted_run()
    Image.new("RGB", (40, 30), "white").convert(mode).save(tmp_path / "a.png")
    for channels in (1, 3):
        run.data["shape"] = [channels, 16, 16]
        read = read_pictures(run, [tmp_path / "a.png"])
        assert read.shape == (1, channels, 16, 16)
        assert (read == 255).all()


def is_white(images: np.ndarray) -> bool:
    """Whether nothing but a hint of black, from across the crop's edge, is in the images."""
    return bool(images.min() > 200 and (images[..., 1:-1, 1:-1] > 230).all())


def test_the_central_square_is_what_counts(planted_run: RunOf, tmp_path: Path) -> None:
    path = picture(tmp_path / "wide.png", 64, 32, (16, 0, 48, 32))
    assert is_white(read_pictures(planted_run(), [path]))


def test_a_model_of_celeba_looks_at_the_face(planted_run: RunOf, tmp_path: Path) -> None:
    run = planted_run()
    run.data["name"] = "celeba"
    aligned = picture(tmp_path / "aligned.png", 178, 218, FACE)
    assert is_white(read_pictures(run, [aligned]))
    # Of any other shape the face's place is not known.
    wide = picture(tmp_path / "wide.png", 64, 32, (16, 0, 48, 32))
    assert is_white(read_pictures(run, [wide]))
    run.data["name"] = "another"
    assert (read_pictures(run, [aligned]) == 0).any()


def test_the_crop_is_what_the_run_holds(planted_run: RunOf, tmp_path: Path) -> None:
    run = planted_run()
    run.data["crop"] = "celeba-face"
    aligned = picture(tmp_path / "aligned.png", 178, 218, FACE)
    assert is_white(read_pictures(run, [aligned]))
    run.data |= {"name": "celeba", "crop": "central-square"}
    assert (read_pictures(run, [aligned]) == 0).any()


def test_refusals(planted_run: RunOf, tmp_path: Path, refuses: Callable[..., str]) -> None:
    run = planted_run()
    good = picture(tmp_path / "good.png", 20, 20, (0, 0, 1, 1))
    missing, broken = tmp_path / "missing.png", tmp_path / "broken.png"
    broken.write_bytes(good.read_bytes()[:40])
    refuses(lambda: read_pictures(run, [good, missing]), str(missing), "check the path")
    refuses(lambda: read_pictures(run, [good, broken]), str(broken), "decoded")
    for shape, words in (([1, 16, 12], "1 x 16 x 12"), ([15], "15")):
        run.data["shape"] = shape
        refuses(lambda: read_pictures(run, [good]), "mdd-ae-dcov", words, "square images")
