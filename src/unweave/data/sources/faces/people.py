"""The people drawn in `faces`: their own shapes and colours, apart from the attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

PEOPLE_SEED = 2019

# Lengths in pixels of 64, half widths and half heights; the others in their own units.
TRAITS: Mapping[str, tuple[float, float]] = {
    "face_width": (14.0, 17.5),
    "face_height": (18.0, 21.0),
    "jaw": (0.0, 0.35),
    "eye_distance": (6.2, 7.8),
    "eye_size": (2.6, 3.6),
    "eye_colour": (0.0, 1.0),
    "brow_height": (5.6, 7.4),
    "brow_thickness": (0.7, 1.4),
    "brow_tilt": (-0.25, 0.25),
    "nose_length": (3.5, 6.5),
    "nose_width": (1.4, 2.6),
    "mouth_width": (5.0, 6.6),
    "lip_colour": (0.0, 1.0),
    "hair_length": (0.0, 25.0),
    "hair_volume": (2.0, 5.0),
    "fringe": (4.0, 8.5),
    "skin_tone": (0.0, 1.0),
    "hair_colour": (0.0, 1.0),
    "background_hue": (0.3, 0.85),
    "background_value": (0.45, 0.95),
    "shirt_hue": (0.0, 0.85),
    "shirt_value": (0.3, 0.9),
    "shift_right": (-2.0, 2.0),
    "shift_down": (-1.5, 1.5),
    "turn": (-1.8, 1.8),
}
"""A person's traits and their ranges; `turn` moves the features to the right on the head."""

_PALETTES: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "eye_colour": ((70, 42, 24), (110, 92, 40), (60, 120, 70), (50, 100, 170)),
    "lip_colour": ((122, 46, 46), (176, 64, 70), (206, 92, 108)),
    "skin_tone": ((122, 80, 54), (152, 100, 68), (188, 130, 90), (220, 162, 118)),
    "hair_colour": ((24, 20, 24), (58, 36, 26), (96, 54, 30), (124, 46, 24)),
}


@dataclass(frozen=True)
class People:
    """People to be drawn.

    Attributes
    ----------
    traits : numpy.ndarray
        N x T, float64 in [0, 1]: each trait's place in its range, in the order of `TRAITS`.
    """

    traits: np.ndarray

    def __len__(self) -> int:
        return len(self.traits)

    def __getitem__(self, rows: Any) -> People:
        """Return some of the people: a slice, or an array of indices or bools."""
        return People(self.traits[rows])

    def trait(self, name: str) -> np.ndarray:
        """Return one trait in its own units, N float32."""
        low, high = TRAITS[name]
        place = self.traits[:, list(TRAITS).index(name)]
        measured: np.ndarray = (low + (high - low) * place).astype(np.float32)
        return measured

    def colour(self, name: str) -> np.ndarray:
        """Return the colour that a trait names, N x 3 float32 in 0 to 255."""
        palette = np.array(_PALETTES[name], dtype=np.float32)
        place = self.trait(name) * np.float32(len(palette) - 1)
        before = np.minimum(place.astype(np.int64), len(palette) - 2)
        share = (place - before.astype(np.float32))[:, np.newaxis]
        mixed: np.ndarray = palette[before] + share * (palette[before + 1] - palette[before])
        return mixed

    def tint(self, part: str, saturation: float) -> np.ndarray:
        """Return the colour of the background or the shirt, N x 3 float32 in 0 to 255."""
        sixths = 6 * self.trait(f"{part}_hue")
        value = 255 * self.trait(f"{part}_value")
        channels = []
        for start in (5, 3, 1):
            k = (start + sixths) % 6
            ramp = np.clip(np.minimum(k, 4 - k), 0, 1)
            channels.append(value * (1 - np.float32(saturation) * ramp))
        return np.stack(channels, axis=1)


def invent_people(count: int, seed: int = PEOPLE_SEED) -> People:
    """Invent people: all traits uniform over their ranges and independent.

    Parameters
    ----------
    count : int
        How many people.
    seed : int
        The first people of a seed are the same whatever the count.
    """
    generator = np.random.default_rng([seed, 0])
    return People(generator.random((count, len(TRAITS))))
