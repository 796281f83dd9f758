"""The layers of a face: hair, head, eyes, mouth, glasses, each a shape and a colour."""

from __future__ import annotations

import numpy as np

from unweave.data.sources.faces.canvas import (
    FRAME,
    Canvas,
    around,
    common,
    ellipse,
    mirrored,
    rounded_box,
    spread,
    union,
)
from unweave.data.sources.faces.people import People

_BLOND = np.array((244, 210, 104), dtype=np.float32)
_PALE = np.array((254, 240, 232), dtype=np.float32)
_WHITE = np.array((250, 250, 250), dtype=np.float32)
_DARK = np.array((18, 18, 24), dtype=np.float32)
_LENS_OPACITY = 0.6


def _towards(colour: np.ndarray, goal: np.ndarray, degree: np.ndarray) -> np.ndarray:
    mixed: np.ndarray = colour + degree[:, np.newaxis] * (goal - colour)
    return mixed


class Portrait:
    """Some faces, drawn together, layer upon layer."""

    def __init__(self, degrees: np.ndarray, people: People) -> None:
        self.people = people
        self.glasses, self.smile, blond, pale, self.moustache = degrees.T
        self.hair = _towards(people.colour("hair_colour"), _BLOND, blond)
        self.whiskers = people.colour("hair_colour") * np.float32(0.6)
        self.skin = _towards(people.colour("skin_tone"), _PALE, pale)
        self.middle = np.float32(FRAME / 2) + people.trait("shift_right")
        self.level = np.float32(34) + people.trait("shift_down")
        self.front = self.middle + people.trait("turn")
        self.eye_level = self.level - 2
        self.mouth_level = self.level + np.float32(0.66) * people.trait("face_height")
        self.canvas = Canvas(people.tint("background", 0.45))

    def drawn(self) -> np.ndarray:
        """Draw from the back to the front."""
        self._hair_behind()
        self._shoulders()
        self._head()
        self._nose()
        self._mouth()
        self._moustache()
        self._eyes()
        self._brows()
        self._hair_in_front()
        self._glasses()
        return self.canvas.finished()

    def _ellipse(
        self,
        x: np.ndarray,
        y: np.ndarray,
        width: np.ndarray,
        height: np.ndarray,
        colour: np.ndarray,
        pair: np.ndarray | None = None,
    ) -> None:
        """Paint an ellipse, or one on either side of x, as far as `pair` says."""
        offset = np.zeros_like(x) if pair is None else pair
        self.canvas.paint(
            around(x, y, width + offset, height),
            lambda u, v: ellipse(
                u - spread(x) if pair is None else mirrored(u, x, offset),
                v - spread(y),
                width,
                height,
            ),
            colour,
        )

    def _hair_behind(self) -> None:
        width = self.people.trait("face_width") + self.people.trait("hair_volume")
        height = self.people.trait("face_height") + self.people.trait("hair_volume")
        length = self.people.trait("hair_length")
        half = (length + 4) / 2

        def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            x, y = x - spread(self.middle), y - spread(self.level)
            crown = common(ellipse(x, y, width, height), y - spread(length))
            strands = rounded_box(
                x, y - spread(length - half), width, half, np.minimum(half, np.float32(5))
            )
            return union(crown, strands)

        reach = np.maximum(height, length)
        self.canvas.paint(
            around(self.middle, self.level, width, reach), distance, self.hair * np.float32(0.8)
        )

    def _shoulders(self) -> None:
        bottom = np.full_like(self.middle, FRAME)
        neck = np.full_like(self.middle, 6)
        self.canvas.paint(
            (self.middle - neck, self.level, self.middle + neck, bottom),
            lambda x, y: np.abs(x - spread(self.middle)) - spread(neck) + 0 * y,
            self.skin * np.float32(0.82),
        )
        across, up = np.full_like(bottom, 25), np.full_like(bottom, 9)
        self._ellipse(self.middle, bottom + 3, across, up, self.people.tint("shirt", 0.7))

    def _head(self) -> None:
        width, height = self.people.trait("face_width"), self.people.trait("face_height")
        ear = np.full_like(width, 2.6), np.full_like(width, 4)
        self._ellipse(self.middle, self.level, *ear, self.skin * np.float32(0.88), pair=width)
        jaw = spread(self.people.trait("jaw"))

        def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            y = y - spread(self.level)
            narrowing = 1 + jaw * np.maximum(y / spread(height), 0) ** 2
            return ellipse((x - spread(self.middle)) * narrowing, y, width, height)

        self.canvas.paint(around(self.middle, self.level, width, height), distance, self.skin)

    def _nose(self) -> None:
        length, width = self.people.trait("nose_length"), self.people.trait("nose_width")
        shade = self.skin * np.float32(0.76)
        thin = np.full_like(width, 0.7)
        self._ellipse(self.front, self.level + length / 2, thin, length / 2, shade)
        self._ellipse(self.front, self.level + length, width, np.full_like(width, 1.2), shade)

    def _mouth(self) -> None:
        half = self.people.trait("mouth_width") * (np.float32(0.85) + np.float32(0.3) * self.smile)
        corner = self.mouth_level + np.float32(0.4) - np.float32(2.4) * self.smile
        # How far the lips lie under the corners in the middle of the mouth.
        upper, lower = np.float32(1.9) * self.smile, np.float32(6.2) * self.smile

        def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            along = (x - spread(self.front)) / spread(half)
            arch = 1 - along * along
            middle = spread(corner) + spread((upper + lower) / 2) * arch
            opening = spread((lower - upper) / 2) * arch
            slope = spread((upper + lower) / half) * along
            vertical = (np.abs(y - middle) - opening) / np.sqrt(1 + slope * slope)
            return common(vertical, (np.abs(along) - 1) * spread(half))

        lip = np.float32(0.9)
        # At the corners the lips stand as steeply as the smile: they reach further up than wide.
        reach = 2 * lip * np.sqrt(1 + ((upper + lower) / half) ** 2)
        top, bottom = corner - reach, corner + lower + lip
        box = (self.front - half - lip, top, self.front + half + lip, bottom)
        self.canvas.paint(box, lambda x, y: distance(x, y) - lip, self.people.colour("lip_colour"))
        self.canvas.paint(box, lambda x, y: distance(x, y) + np.float32(0.5), _WHITE)

    def _moustache(self) -> None:
        level = self.mouth_level - np.float32(3.6)
        thick = np.float32(1.1) + np.float32(1.4) * self.moustache
        half = np.full_like(thick, 4.2)
        inset = np.full_like(thick, 3.1)
        droop = np.float32(0.18)

        def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            along = mirrored(x, self.front, inset)
            return ellipse(along, y - spread(level) - droop * along, half, thick)

        self.canvas.paint(
            around(self.front, level, half + inset, thick + 1),
            distance,
            self.whiskers,
            self.moustache,
        )

    def _eyes(self) -> None:
        size, apart = self.people.trait("eye_size"), self.people.trait("eye_distance")
        iris = np.float32(0.62) * size
        colour = self.people.colour("eye_colour")
        for width, height, paint in (
            (size, np.float32(0.78) * size, _WHITE),
            (iris, iris, colour),
            (iris / 2, iris / 2, _DARK),
        ):
            self._ellipse(self.front, self.eye_level, width, height, paint, pair=apart)

    def _brows(self) -> None:
        apart, height = self.people.trait("eye_distance"), self.people.trait("brow_height")
        tilt, thick = self.people.trait("brow_tilt"), self.people.trait("brow_thickness")
        level, half = self.eye_level - height, np.full_like(height, 3.4)

        def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            along = mirrored(x, self.front, apart)
            return ellipse(along, y - spread(level) - spread(tilt) * along, half, thick)

        self.canvas.paint(
            around(self.front, level, apart + half, thick + 1), distance, self.whiskers
        )

    def _hair_in_front(self) -> None:
        width, height = self.people.trait("face_width"), self.people.trait("face_height")
        volume = np.float32(0.6) * self.people.trait("hair_volume")
        opening = np.float32(0.93) * width, height + 6 - self.people.trait("fringe")

        def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            x, y = x - spread(self.middle), y - spread(self.level)
            cap = ellipse(x, y, width + volume, height + volume)
            return common(common(cap, y), -ellipse(x, y - 6, *opening))

        box = around(self.middle, self.level, width + volume, height + volume)
        self.canvas.paint((*box[:3], self.level), distance, self.hair)

    def _glasses(self) -> None:
        apart = self.people.trait("eye_distance")
        half = np.full_like(apart, 4.7), np.full_like(apart, 4.1)
        corner = np.full_like(apart, 3)
        rim = np.float32(0.75)
        temple = self.people.trait("face_width")

        def lens(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            across = mirrored(x, self.front, apart)
            return rounded_box(across, y - spread(self.eye_level), *half, corner)

        def frame(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            bar = np.abs(y - spread(self.eye_level) + 1) - rim
            bar = common(bar, np.abs(x - spread(self.middle)) - spread(temple))
            glass = lens(x, y)
            return union(common(bar, -glass), np.abs(glass) - rim)

        box = around(
            self.front, self.eye_level, np.maximum(apart + half[0], temple + 2) + 1, half[1] + 1
        )
        self.canvas.paint(box, lens, _DARK, np.float32(_LENS_OPACITY) * self.glasses)
        self.canvas.paint(box, frame, _DARK, self.glasses)
