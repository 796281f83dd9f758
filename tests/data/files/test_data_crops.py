"""Crops have names, which datasets and runs hold."""

from collections.abc import Callable

import pytest

from unweave.data import crop_named
from unweave.data.files.crops import CROPS, FACE, HEIGHT, WIDTH, face_box


@pytest.mark.parametrize("name", CROPS)
@pytest.mark.parametrize("size", [(64, 64), (30, 80), (81, 30), (WIDTH, HEIGHT)])
def test_every_crop_is_a_square_within_any_picture(name: str, size: tuple[int, int]) -> None:
    left, top, right, bottom = crop_named(name)(*size)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert right - left == pytest.approx(bottom - top, rel=0.01)


def test_the_central_square() -> None:
    assert crop_named("central-square")(30, 80) == (0, 25, 30, 55)


def test_the_face_where_the_picture_is_in_the_shape_of_celeba() -> None:
    assert crop_named("celeba-face")(WIDTH, HEIGHT) == FACE
    half = crop_named("celeba-face")(WIDTH // 2, HEIGHT // 2)
    assert half == pytest.approx([edge / 2 for edge in FACE])
    assert crop_named("celeba-face")(80, 30) == (25, 0, 55, 30)


def test_refused(refuses: Callable[..., str]) -> None:
    refuses(lambda: face_box(80, 30), "80 x 30", "178 x 218")
    refuses(lambda: crop_named("celeba-fase"), "unknown crop", "did you mean 'celeba-face'")
