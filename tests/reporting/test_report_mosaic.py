"""Tiles: pixel for pixel, in place."""

import numpy as np
import pytest

from unweave.reporting.mosaic import GAP, as_tile, mosaic, tile_side


def test_a_small_image_grows_by_a_whole_factor() -> None:
    image = np.array([[[0.0, 1.0], [0.5, 0.25]]])
    tile = as_tile(image, 7)
    assert tile.shape == (6, 6, 3)
    np.testing.assert_array_equal(tile[::3, ::3, 0], [[0, 255], [128, 64]])
    assert (tile[:3, 3:] == 255).all()


def test_a_large_image_shrinks_by_averaging() -> None:
    image = np.zeros((1, 40, 20))
    image[:, :, 10:] = 1
    tile = as_tile(image, 20)
    assert tile.shape == (20, 10, 3)
    assert (tile[:, :5] == 0).all()
    assert (tile[:, 5:] == 255).all()


def test_colours_stay() -> None:
    red = np.stack([np.ones((2, 2)), np.zeros((2, 2)), np.zeros((2, 2))])
    assert (as_tile(red, 2) == (255, 0, 0)).all()


def test_tiles_lie_at_their_lefts_and_tops_on_white() -> None:
    images = np.zeros((2, 3, 1, 8, 8))
    images[1, 2] = 0.2
    picture = mosaic(images, breaks=(2,))
    height, width = picture.tile
    assert picture.pixels.shape[:2] == (2 * height + GAP, 3 * width + 5 * GAP)
    top, left = picture.tops[1], picture.lefts[2]
    assert (picture.pixels[top : top + height, left : left + width] == 51).all()
    assert (picture.pixels[:, width : width + GAP] == 255).all()
    assert picture.pixels.min() == 0


@pytest.mark.parametrize("columns", [1, 5, 12, 40, 101])
def test_tiles_are_neither_too_small_nor_too_large(columns: int) -> None:
    assert 32 <= tile_side(columns) <= 128
