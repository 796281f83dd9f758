"""Grey images as colour images, and the reverse: what a model of the other kind reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from unweave.data.dataset import Dataset
from unweave.data.files.fingerprint import fingerprint_of

# ITU-R BT.601, in units of 2⁻¹⁶, as Pillow's mode L has it.
_LUMA = (19595, 38470, 7471)


class Recoloured:
    """The samples of a dataset with one channel in place of three, or three in place of one.

    Parameters
    ----------
    dataset : Dataset
        Images with one channel or three.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        count, channels, *sides = dataset.samples.shape
        self._change = _in_colour if channels == 1 else _in_grey
        self.shape: tuple[int, ...] = (count, 4 - channels, *sides)
        self.dtype = np.dtype(np.uint8)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        images = np.array(self._dataset.samples[rows])
        return self._change(torch.from_numpy(images)).numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype=dtype)

    def draw_on(self, device: torch.device) -> Callable[[torch.Tensor], torch.Tensor]:
        """Return a function that draws samples by index on a device."""
        draw = self._dataset.draw_on(device)
        return lambda rows: self._change(draw(rows))


def with_channels(dataset: Dataset, channels: int) -> Dataset:
    """Return images in grey or in colour; other data is returned as it is.

    Grey is the luma of ITU-R BT.601, Y = 0.299 R + 0.587 G + 0.114 B; colour repeats the grey.

    Parameters
    ----------
    dataset : Dataset
    channels : int
        1 or 3; with another number nothing is changed.
    """
    if dataset.kind != "images" or {dataset.sample_shape[0], channels} != {1, 3}:
        return dataset
    what = "grey pictures in three equal channels" if channels == 3 else "colours as their grey"
    return replace(
        dataset,
        samples=Recoloured(dataset),
        fingerprint=fingerprint_of(dataset.fingerprint, "channels", channels),
        notes=(*dataset.notes, f"read as the model's images are: {what}"),
        redraw=None,
        former=None,
    )


def _in_colour(images: torch.Tensor) -> torch.Tensor:
    return images.repeat_interleave(3, dim=-3)


def _in_grey(images: torch.Tensor) -> torch.Tensor:
    parts = (weight * part.int() for weight, part in zip(_LUMA, images.unbind(-3), strict=True))
    return ((sum(parts, torch.tensor(1 << 15, device=images.device)) >> 16).byte()).unsqueeze(-3)
