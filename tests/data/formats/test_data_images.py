import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support import train_run
from unweave.data import Dataset, load_data, read_image

SIDE = 8


def load(folder: Path, image_size: int = SIDE) -> Dataset:
    return load_data(folder, image_size=image_size)


def save(path: Path, pixels: np.ndarray, mode: str | None = None, **options: object) -> Path:
    image = Image.fromarray(pixels.astype(np.uint8))
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def test_a_folder_in_the_order_of_its_paths(image_folder: Path) -> None:
    (image_folder / ".hidden.png").write_bytes(b"no image")
    (image_folder / ".thumbnails").mkdir()
    (image_folder / ".thumbnails" / "a.png").write_bytes(b"no image")
    (image_folder / "notes.txt").write_text("no image")
    dataset = load(image_folder)
    assert dataset.name == "pictures"
    assert dataset.sample_shape == (3, SIDE, SIDE)
    samples = np.asarray(dataset.samples)
    for k in range(20):
        assert (samples[k] == np.array([10 * k, 255 - 10 * k, 7])[:, None, None]).all()


def test_the_source_finds_the_same_data(image_folder: Path) -> None:
    dataset = load(image_folder)
    assert dataset.source == f"{image_folder}:image_size=8"
    again = load_data(dataset.source)
    assert again.fingerprint == dataset.fingerprint
    plain = load_data(image_folder)
    assert plain.source == str(image_folder)
    assert plain.sample_shape == (3, 64, 64)


def test_the_fingerprint_follows_content_not_place(image_folder: Path, tmp_path: Path) -> None:
    first = load(image_folder)
    moved = load(Path(shutil.copytree(image_folder, tmp_path / "elsewhere")))
    assert moved.fingerprint == first.fingerprint
    save(image_folder / "image-03.png", np.full((9, 9, 3), 1))
    assert load(image_folder).fingerprint != first.fingerprint


def test_all_grey_is_one_channel(tmp_path: Path) -> None:
    for k in range(16):
        shape = (10, 10) if k % 2 else (10, 10, 3)
        save(tmp_path / f"{k:02d}.png", np.full(shape, 9 * k))
    dataset = load(tmp_path)
    assert dataset.sample_shape == (1, SIDE, SIDE)
    assert np.asarray(dataset.samples)[:, 0, 0, 0].tolist() == [9 * k for k in range(16)]
    save(tmp_path / "15.png", np.full((10, 10, 3), (9, 9, 8)))
    assert load(tmp_path).sample_shape == (3, SIDE, SIDE)


@pytest.mark.parametrize("shape", [(8, 24), (24, 8)])
def test_the_central_square_is_kept(tmp_path: Path, shape: tuple[int, int]) -> None:
    pixels = np.zeros(shape)
    pixels[(slice(None), slice(8, 16)) if shape[1] > 8 else slice(8, 16)] = 200
    image = read_image(save(tmp_path / "a.png", pixels), SIDE, channels=1)
    assert (image == 200).all()


class TestFormats:
    """Every format gives a red image, 40 x 40."""

    @pytest.fixture
    def red(self) -> np.ndarray:
        return np.full((40, 40, 3), (250, 10, 20), dtype=np.uint8)

    @pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG", "a.bmp", "a.webp"])
    def test_colour(self, tmp_path: Path, red: np.ndarray, name: str) -> None:
        image = read_image(save(tmp_path / name, red), SIDE)
        assert np.abs(image.astype(int) - red[:SIDE, :SIDE].transpose(2, 0, 1)).max() < 8

    def test_palette(self, tmp_path: Path, red: np.ndarray) -> None:
        image = read_image(save(tmp_path / "a.png", red, "P"), SIDE)
        assert np.abs(image.astype(int) - red[:SIDE, :SIDE].transpose(2, 0, 1)).max() < 40

    def test_first_frame_of_a_gif(self, tmp_path: Path, red: np.ndarray) -> None:
        frames = [Image.fromarray(red), Image.fromarray(255 - red)]
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
        assert read_image(tmp_path / "a.gif", SIDE)[0].min() > 200

    def test_cmyk(self, tmp_path: Path, red: np.ndarray) -> None:
        image = read_image(save(tmp_path / "a.jpg", red, "CMYK"), SIDE)
        assert image[0].min() > 150 > 100 > image[1].max()

    def test_transparency_is_laid_over_white(self, tmp_path: Path, red: np.ndarray) -> None:
        clear = np.concatenate([red, np.full((40, 40, 1), 0, np.uint8)], axis=2)
        assert (read_image(save(tmp_path / "a.png", clear), SIDE) == 255).all()
        half = np.concatenate([red, np.full((40, 40, 1), 128, np.uint8)], axis=2)
        image = read_image(save(tmp_path / "b.png", half), SIDE)
        np.testing.assert_allclose(image[:, 0, 0], [252, 132, 137], atol=2)

    def test_transparent_palette(self, tmp_path: Path, red: np.ndarray) -> None:
        path = tmp_path / "a.gif"
        palette = Image.fromarray(red).convert("P", palette=Image.Palette.ADAPTIVE)
        palette.save(path, transparency=palette.getpixel((0, 0)))
        assert (read_image(path, SIDE) == 255).all()

    def test_sixteen_bits(self, tmp_path: Path) -> None:
        Image.fromarray(np.full((40, 40), 257 * 100, dtype=np.uint16)).save(tmp_path / "a.png")
        assert (read_image(tmp_path / "a.png", SIDE, channels=1) == 100).all()

    def test_one_bit(self, tmp_path: Path) -> None:
        image = read_image(save(tmp_path / "a.png", np.full((40, 40), 255), "1"), SIDE)
        assert (image == 255).all()

    def test_grey_with_alpha(self, tmp_path: Path) -> None:
        pixels = np.stack([np.full((40, 40), 30), np.full((40, 40), 255)], axis=2)
        image = read_image(save(tmp_path / "a.png", pixels), SIDE, channels=1)
        assert (image == 30).all()

    def test_the_cameras_rotation(self, tmp_path: Path) -> None:
        pixels = np.zeros((40, 40))
        pixels[:20] = 255
        exif = Image.Exif()
        exif[0x0112] = 6  # turn clockwise by 90 degrees: the top goes to the right
        image = read_image(save(tmp_path / "a.png", pixels, exif=exif), SIDE, channels=1)[0]
        assert image[:, -1].min() == 255
        assert image[:, 0].max() == 0


def test_a_folder_of_all_kinds(image_folder: Path) -> None:
    """Grey, RGBA, palette, 16-bit, turned by the camera and larger ones beside RGB ones."""
    pixels = np.full((30, 20, 3), (250, 10, 20))
    save(image_folder / "a.png", np.full((9, 9), 40))
    save(image_folder / "b.png", np.concatenate([pixels, np.zeros((30, 20, 1))], axis=2))
    save(image_folder / "c.png", pixels, "P")
    Image.fromarray(np.full((70, 50), 257 * 60, dtype=np.uint16)).save(image_folder / "d.png")
    pixels[:10] = 0
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    save(image_folder / "e.png", pixels, exif=exif)
    dataset = load(image_folder)
    grey, clear, palette, deep, turned = np.asarray(dataset.samples)[:5].astype(int)
    assert len(dataset) == 25
    assert (grey == 40).all()
    assert (clear == 255).all()
    assert np.abs(palette - np.array([250, 10, 20])[:, None, None]).max() < 40
    assert (deep == 60).all()
    # Of 30 rows the middle 20 are kept: the black ones, 5 to 9, come to lie below.
    assert turned[0, 0].min() > 240
    assert turned[0, -1].max() < 10


def test_fewer_than_sixteen(image_folder: Path, refuses: Callable[..., str]) -> None:
    for k in range(5):
        (image_folder / f"image-0{k}.png").unlink()
    # Enough to be encoded by a trained model; training itself asks for 16.
    dataset = load(image_folder)
    assert dataset.rows("test").tolist() == list(range(15))
    refuses(lambda: train_run("vae", dataset), str(image_folder), "15 images", "16")


def test_an_empty_folder(tmp_path: Path, refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(tmp_path), str(tmp_path), "0 images")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".bmp", ".webp"])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.6])
def test_a_truncated_image(
    image_folder: Path, own_cache: Path, suffix: str, kept: float, refuses: Callable[..., str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (50, 50, 3))
    path = save(image_folder / f"broken{suffix}", noise)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    refuses(lambda: load(image_folder), f"broken{suffix}", "cannot be decoded", "remove it")
    assert list((own_cache / "packed").iterdir()) == []


def test_a_text_that_calls_itself_an_image(image_folder: Path, refuses: Callable[..., str]) -> None:
    (image_folder / "a.png").write_text("not an image")
    refuses(lambda: load(image_folder), "a.png", "cannot be decoded")


def test_a_missing_image(tmp_path: Path, refuses: Callable[..., str]) -> None:
    refuses(lambda: read_image(tmp_path / "gone.png"), "gone.png", "check the path")


@pytest.mark.parametrize("size", [3, 1025, -1])
def test_image_size_out_of_range(
    image_folder: Path, size: int, refuses: Callable[..., str]
) -> None:
    refuses(lambda: load(image_folder, size), f"image_size={size}", "4 to 1024")


def test_unknown_option(image_folder: Path, refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(image_folder, imagesize=8), "'imagesize'", "'image_size'")
