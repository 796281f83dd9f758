from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.data import Dataset, Sprites, load_data

FULL = (3, 6, 40, 32, 32)


def sprites_of(dataset: Dataset) -> Sprites:
    assert isinstance(dataset.samples, Sprites)
    return dataset.samples


@pytest.fixture(scope="module")
def full() -> Dataset:
    return load_data("sprites")


def test_the_grid_of_dsprites(full: Dataset) -> None:
    assert full.samples.shape == (737_280, 1, 64, 64)
    assert full.samples.dtype == np.uint8
    assert full.factors is not None
    assert full.factors.names == ("shape", "scale", "orientation", "x", "y")
    assert full.factors.sizes == FULL
    rows = np.array([0, 1, 31, 32, 1023, 1024, 40 * 1024, 6 * 40 * 1024, 737_279])
    expected = np.stack(np.unravel_index(rows, FULL), axis=1)
    np.testing.assert_array_equal(full.factors.values[rows], expected)


@settings(deadline=None)
@given(st.lists(st.integers(0, 737_279), min_size=1, max_size=20))
def test_index_of_inverts_the_factors(rows: list[int]) -> None:
    sprites = Sprites(FULL)
    assert sprites.index_of(sprites.classes_of(np.array(rows))).tolist() == rows


def test_every_sprite_is_binary_and_whole_at_every_position(full: Dataset) -> None:
    sprites = sprites_of(full)
    rng = np.random.default_rng(0)
    looks = np.stack([rng.integers(0, size, 200) for size in FULL[:3]], axis=1)
    corners = np.array([[x, y] for x in (0, 13, 31) for y in (0, 17, 31)])
    classes = np.concatenate(
        [np.repeat(looks, len(corners), axis=0), np.tile(corners, (len(looks), 1))], axis=1
    )
    images = sprites[sprites.index_of(classes)][:, 0]
    assert set(np.unique(images)) == {0, 255}
    areas = (images > 0).sum(axis=(1, 2)).reshape(len(looks), len(corners))
    assert (areas == areas[:, :1]).all()
    assert areas.min() > 40


def test_nothing_is_cut_off_at_the_template_border(full: Dataset) -> None:
    sprites = sprites_of(full)
    looks = np.array([[shape, 5, turn, 0, 0] for shape in range(3) for turn in range(40)])
    images = sprites[sprites.index_of(looks)][:, 0]
    # The template is 33 pixels wide; a whole sprite in the corner leaves the rest black.
    assert images[:, 33:].max() == images[:, :, 33:].max() == 0
    rows, columns = images.any(axis=(0, 2)), images.any(axis=(0, 1))
    assert np.flatnonzero(rows).max() <= 32
    assert np.flatnonzero(columns).max() <= 32


def test_positions_move_by_whole_pixels(full: Dataset) -> None:
    sprites = sprites_of(full)
    first = sprites[sprites.index_of(np.array([[2, 3, 7, 0, 0]]))][0, 0]
    for x, y in ((1, 0), (0, 1), (31, 31), (5, 20)):
        moved = sprites[sprites.index_of(np.array([[2, 3, 7, x, y]]))][0, 0]
        np.testing.assert_array_equal(moved, np.roll(first, (y, x), axis=(0, 1)))


def test_scale_is_linear_from_a_half_to_one(full: Dataset) -> None:
    sprites = sprites_of(full)
    classes = np.array([[shape, scale, 0, 16, 16] for shape in range(3) for scale in range(6)])
    areas = (sprites[sprites.index_of(classes)] > 0).sum(axis=(1, 2, 3)).reshape(3, 6)
    sizes = np.sqrt(areas / areas[:, 5:])
    np.testing.assert_allclose(sizes, np.tile(np.linspace(0.5, 1, 6), (3, 1)), atol=0.06)


def test_shapes_are_what_they_are_called(full: Dataset) -> None:
    sprites = sprites_of(full)
    square, ellipse, heart = (
        sprites[sprites.index_of(np.array([[shape, 5, 0, 16, 16]]))][0, 0] > 0 for shape in range(3)
    )

    def box(image: np.ndarray) -> tuple[int, int]:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1

    assert box(square) == (21, 21)
    assert square.sum() == 21 * 21
    height, width = box(ellipse)
    assert width == 31
    assert abs(height - 16) <= 1
    np.testing.assert_allclose(ellipse.sum(), np.pi * 15.5 * 8, rtol=0.05)
    np.testing.assert_array_equal(heart, heart[:, ::-1][:, np.r_[63, 0:63]])
    top, bottom = np.flatnonzero(heart.any(axis=1))[[0, -1]]
    middle = 16 + 15  # the frame column of the sprite's centre
    assert not heart[top, middle]  # the notch is up
    assert heart[bottom, middle]


def test_orientation_turns_anticlockwise(full: Dataset) -> None:
    sprites = sprites_of(full)
    classes = np.array([[2, 5, turn, 16, 16] for turn in range(40)])
    images = sprites[sprites.index_of(classes)][:, 0]
    for quarter in range(4):
        np.testing.assert_array_equal(
            _centred(np.rot90(_centred(images[0]), quarter)), _centred(images[10 * quarter])
        )
    assert len({image.tobytes() for image in images}) == 40


def _centred(image: np.ndarray) -> np.ndarray:
    """Cut the image to the box of the sprite."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_symmetries_of_square_and_ellipse(full: Dataset) -> None:
    sprites = sprites_of(full)
    for shape, distinct in ((0, 10), (1, 20), (2, 40)):
        classes = np.array([[shape, 5, turn, 16, 16] for turn in range(40)])
        images = sprites[sprites.index_of(classes)]
        assert len({image.tobytes() for image in images}) == distinct


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_torch_draws_what_numpy_draws(seed: int) -> None:
    dataset = load_data("sprites:positions=9,count=500")
    rows = np.random.default_rng(seed).integers(0, 500, 30)
    draw = dataset.draw_on(torch.device("cpu"))
    drawn = draw(torch.from_numpy(rows))
    assert drawn.dtype == torch.uint8
    np.testing.assert_array_equal(drawn.numpy(), dataset.samples[rows])


def test_ways_to_index() -> None:
    samples = load_data("sprites:orientations=2,positions=3,scales=2").samples
    everything = np.asarray(samples)
    count = 3 * 2 * 2 * 9
    assert everything.shape == (count, 1, 64, 64)
    np.testing.assert_array_equal(samples[:], everything)
    np.testing.assert_array_equal(samples[5], everything[5])
    np.testing.assert_array_equal(samples[-1], everything[-1])
    np.testing.assert_array_equal(samples[3:50:7], everything[3:50:7])
    mask = np.arange(count) % 3 == 0
    np.testing.assert_array_equal(samples[mask], everything[mask])
    np.testing.assert_array_equal(samples[[4, 4, -2]], everything[[4, 4, -2]])
    assert samples[[]].shape == (0, 1, 64, 64)
    for bad in (count, -count - 1, [0, count], 1.5):
        with pytest.raises(IndexError):
            samples[bad]


def test_a_random_part_of_the_grid(full: Dataset, refuses: Callable[..., str]) -> None:
    part = load_data("sprites", count=1000, seed=3)
    again = load_data(part.source)
    assert part.source == "sprites:count=1000,seed=3"
    assert part.fingerprint == again.fingerprint
    assert part.fingerprint != load_data("sprites", count=1000).fingerprint
    assert part.factors is not None
    assert len(np.unique(part.factors.values, axis=0)) == 1000
    sprites = sprites_of(part)
    rows = sprites.index_of(part.factors.values)
    assert rows.tolist() == list(range(1000))
    there = sprites_of(full).index_of(part.factors.values[:50])
    np.testing.assert_array_equal(sprites[:50], full.samples[there])
    absent = np.setdiff1d(np.arange(2000), sprites_of(full).index_of(part.factors.values))[:1]
    assert full.factors is not None
    classes = full.factors.values[absent]
    refuses(lambda: sprites.index_of(classes), "random part")


def test_constant_factors_are_left_out() -> None:
    dataset = load_data("sprites:shapes=1,scales=1,orientations=1,positions=8")
    assert dataset.factors is not None
    assert dataset.factors.names == ("x", "y")
    assert dataset.notes == ("constant factors left out: shape, scale, orientation",)
    found = sprites_of(dataset).index_of(dataset.factors.values[[3, 60]])
    assert found.tolist() == [3, 60]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shapes": 4}, ["shapes=4", "1 to 3"]),
        ({"positions": 33}, ["positions=33", "1 to 32"]),
        ({"scales": 0}, ["scales=0", "1 to 64"]),
        ({"orientations": -1}, ["orientations=-1", "1 to 360"]),
        ({"count": 10**7}, ["count=10000000", "737280"]),
        ({"count": 15}, ["15 images", "16"]),
        ({"count": 20, "seed": -1}, ["seed=-1"]),
    ],
)
def test_refused_options(
    options: dict[str, int], words: list[str], refuses: Callable[..., str]
) -> None:
    refuses(lambda: load_data("sprites", **options), *words)


def test_refused_classes(full: Dataset, refuses: Callable[..., str]) -> None:
    sprites = sprites_of(full)
    refuses(lambda: sprites.index_of(np.array([[0, 6, 0, 0, 0]])), "'scale'", "0 to 5")
    refuses(lambda: sprites.index_of(np.zeros((2, 3))), "(2, 3)")
