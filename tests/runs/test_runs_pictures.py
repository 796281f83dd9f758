"""Pictures of other sizes, colours and depths, read as a run's own images were."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import unweave as uw
from support import train_run
from unweave.cli import run_command
from unweave.data import load_data, with_channels

SIDE = 8


def save_pictures(folder: Path, count: int = 20, side: int = SIDE, grey: bool = False) -> Path:
    folder.mkdir()
    generator = np.random.default_rng(count)
    for number in range(count):
        pixels = generator.integers(0, 256, (side, side, 1 if grey else 3)).astype(np.uint8)
        Image.fromarray(pixels[..., 0] if grey else pixels).save(folder / f"{number:02d}.png")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="module")
def colour(place: Path) -> uw.Model:
    return _trained(place / "colour", place / "run", save_pictures(place / "colour"))


@pytest.fixture(scope="module")
def grey(place: Path) -> uw.Model:
    folder = save_pictures(place / "grey", grey=True)
    return _trained(folder, place / "grey-run", folder)


def _trained(folder: Path, out: Path, _: Path) -> uw.Model:
    data = load_data(folder, image_size=SIDE)
    return train_run("vae", data, {"latent_dim": 2, "channels": "4"}, steps=1, out=out)


def test_the_models_size_is_taken_for_a_folder(colour: uw.Model, place: Path) -> None:
    own = colour.dataset(place / "colour")  # no image_size asked
    assert own.sample_shape == (3, SIDE, SIDE)
    assert own.fingerprint == colour.data["fingerprint"]
    other = save_pictures(place / "large", count=3, side=20)
    assert colour.encode(other).shape == (3, 2)
    wanted = load_data(other, image_size=SIDE)
    np.testing.assert_array_equal(colour.encode(other), colour.encode(wanted))
    with pytest.raises(uw.RequestError, match="3 x 6 x 6"):
        colour.dataset(f"{other}:image_size=6")  # What is asked for counts.


def test_grey_pictures_into_a_colour_model(colour: uw.Model, place: Path) -> None:
    folder = save_pictures(place / "few-grey", count=4, grey=True)
    plain = load_data(folder, image_size=SIDE)
    assert plain.sample_shape == (1, SIDE, SIDE)
    read = colour.dataset(folder)
    assert "three equal channels" in read.notes[-1]
    np.testing.assert_array_equal(np.asarray(read.samples), np.repeat(plain.samples, 3, axis=1))
    by_hand = colour.encode(np.repeat(plain.samples, 3, axis=1))
    np.testing.assert_array_equal(colour.encode(folder), by_hand)
    assert np.asarray(colour.edit(folder, {"z0": 1.0})).shape == (4, 3, SIDE, SIDE)
    assert uw.evaluate(colour, folder, ["rmse"])["count"] == 4


def test_colours_into_a_grey_model(grey: uw.Model, place: Path) -> None:
    folder = save_pictures(place / "few-colours", count=4)
    read = grey.dataset(folder)
    expected = []
    for path in sorted(folder.iterdir()):
        with Image.open(path) as opened:
            expected.append(np.asarray(opened.convert("L")))
    np.testing.assert_array_equal(np.asarray(read.samples)[:, 0], expected)
    drawn = read.draw_on(torch.device("cpu"))(torch.tensor([2, 1])).numpy()
    np.testing.assert_array_equal(drawn[:, 0], [expected[2], expected[1]])
    assert read.fingerprint != load_data(folder, image_size=SIDE).fingerprint
    assert with_channels(read, 1) is read


def test_a_dark_picture_is_read_the_same_alone_and_in_company(colour: uw.Model) -> None:
    """No pixel of it is above 1: among others that is black, and so it is alone."""
    generator = np.random.default_rng(0)
    dark = generator.integers(0, 2, (1, 3, SIDE, SIDE)).astype(np.uint8)
    bright = generator.integers(0, 256, (5, 3, SIDE, SIDE)).astype(np.uint8)
    assert colour.data["white"] == 255
    together = colour.encode(np.concatenate([bright, dark]))[-1]
    np.testing.assert_allclose(colour.encode(dark)[0], together, rtol=0, atol=1e-6)
    assert np.asarray(load_data(dark).samples).max() == 255  # Nobody says what white is.
    assert np.asarray(load_data(dark, white=255).samples).max() == 1


@pytest.mark.parametrize(
    ("array", "white"),
    [
        (np.eye(SIDE, dtype=np.uint8), 1),
        (np.eye(SIDE, dtype=np.uint8) * 255, 255),
        (np.eye(SIDE) > 0, 1),
        (np.eye(SIDE), 1),
        (np.eye(SIDE) / 2, 255),
    ],
)
def test_what_white_was_is_kept(array: np.ndarray, white: int, tmp_path: Path) -> None:
    images = np.repeat(array[None], 16, axis=0)
    dataset = load_data(images)
    assert dataset.white == white
    np.savez(tmp_path / "a.npz", imgs=images)
    written = load_data(tmp_path / "a.npz")
    assert (written.white == 1) == (set(np.unique(written.samples)) <= {0, 255})
    np.testing.assert_array_equal(written.samples, dataset.samples)


def test_white_of_an_npz_and_bad_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, imgs=np.arange(16, dtype=np.uint8)[:, None, None] * np.ones((4, 4), np.uint8))
    assert np.asarray(load_data(path, white=15).samples)[:, 0, 0, 0].tolist() == list(
        range(0, 256, 17)
    )
    with pytest.raises(uw.RequestError, match="imgs: value 15 is above white=7; give its white"):
        load_data(f"{path}:white=7")
    with pytest.raises(uw.RequestError, match="white=0: give a whole number from 1 to 255"):
        load_data(path, white=0)


def test_names_of_files_stand_beside_their_codes(colour: uw.Model, place: Path) -> None:
    names = [f"{number:02d}.png" for number in range(20)]
    frame = colour.encode(place / "colour", as_frame=True)
    assert frame.index.name == "file"
    assert frame.index.tolist() == names
    some = colour.encode(place / "colour", np.array([3, 1]), as_frame=True)
    assert some.index.tolist() == [names[3], names[1]]
    out = place / "codes.csv"
    arguments = ["encode", place / "run", "--data", place / "colour", "--out", out]
    assert run_command(list(map(str, arguments))) == 0
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["file", "z0", "z1"]
    assert [row[0] for row in rows[1:]] == names
    np.testing.assert_allclose(
        np.array([row[1:] for row in rows[1:]], float), frame.to_numpy(), rtol=1e-5
    )
    # Codes and factors are still read from such a file: the names only label the rows.
    factors = np.arange(20) % 2
    assert uw.score(out, factors, "sap")["row_labels"] == ["file"]
    uw.save_codes(colour, place / "codes.npz", place / "colour")
    with np.load(place / "codes.npz") as stored:
        assert stored["files"].tolist() == names
        assert stored["codes"].shape == (20, 2)
    uw.save_codes(colour, place / "array.csv", np.zeros((2, 3, SIDE, SIDE), np.uint8))
    assert (place / "array.csv").read_text().startswith("z0,z1\n")
