"""Crops of pictures: the part of an image that is kept, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from unweave.errors import RequestError, pick

Box = tuple[float, float, float, float]
Crop = Callable[[int, int], Box]

CENTRAL_SQUARE = "central-square"
CELEBA_FACE = "celeba-face"
# Width and height of CelebA's aligned images; left, top, right and bottom of the face.
WIDTH, HEIGHT = 178, 218
FACE = (15, 40, 163, 188)


def central_square(width: int, height: int) -> Box:
    """Return left, top, right and bottom of the largest square in the middle of an image."""
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def face_box(width: int, height: int) -> Box:
    """Return left, top, right and bottom of the face in an aligned image of CelebA.

    Raises
    ------
    RequestError
        If the size is not 178 x 218 pixels, enlarged or reduced.
    """
    if abs(width - height * WIDTH / HEIGHT) > 1:
        raise RequestError(
            f"it is {width} x {height} pixels, which is not the shape of an aligned image, "
            f"{WIDTH} x {HEIGHT}; use the images of img_align_celeba.zip"
        )
    across, down = width / WIDTH, height / HEIGHT
    left, top, right, bottom = FACE
    return left * across, top * down, right * across, bottom * down


def face_or_square(width: int, height: int) -> Box:
    """Return the face of an image in CelebA's shape, the central square of any other."""
    try:
        return face_box(width, height)
    except RequestError:
        return central_square(width, height)


CROPS: Mapping[str, Crop] = {CENTRAL_SQUARE: central_square, CELEBA_FACE: face_or_square}
"""How pictures of one's own are cropped, by the names that datasets and runs hold."""


def crop_named(name: str) -> Crop:
    """Return the crop of a name in `CROPS`: from width and height to the box that is kept.

    Raises
    ------
    RequestError
        If there is no crop of that name.
    """
    return CROPS[pick(name, CROPS, "crop")]
