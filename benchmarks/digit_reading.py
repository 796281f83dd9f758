"""What is read off digits: their class, by a network of its own, and their style, by moments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from unweave.data import Dataset
from unweave.runs.tensors import load_tensors, save_tensors

STYLES = ("stroke width", "slant", "width")
READER_SEED = 20_260_101
_EPOCHS, _BATCH, _PEAK_RATE = 2, 100, 4e-3


class DigitReader(nn.Module):
    """A small convolutional classifier that shares nothing with the models it judges."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_stage(1, 16),
            *_stage(16, 32),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, 128, bias=False),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits, N x 10, of N x 1 x 28 x 28 images in [0, 1]."""
        logits: torch.Tensor = self.layers(images)
        return logits

    def read(self, images: np.ndarray) -> np.ndarray:
        """Return the class of each of N x 1 x 28 x 28 images in [0, 1]."""
        self.eval()
        with torch.inference_mode():
            parts = [self(part).argmax(1) for part in torch.split(torch.from_numpy(images), 1000)]
        return torch.cat(parts).numpy()


def digit_reader(dataset: Dataset, place: Path) -> DigitReader:
    """Return the classifier stored at `place`; train it and store it there if there is none.

    Parameters
    ----------
    dataset : Dataset
        MNIST; its training split alone is learned from.
    place : pathlib.Path
        A .safetensors file.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(READER_SEED)
        reader = DigitReader()
        if place.exists():
            reader.load_state_dict(load_tensors(place)[0])
        else:
            _train(reader, dataset)
            save_tensors(place, reader.state_dict())
    return reader


def pixels(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return images of a dataset as float32 in [0, 1]."""
    return np.asarray(dataset.samples[rows]).astype(np.float32) / 255


def styles(images: np.ndarray) -> np.ndarray:
    """Return how digits are written: three figures each, blind to position and to darkness.

    With I the ink, m its mass and mu_pq its central moments about its centre (y downward):

    - stroke width = 2 m / sum |grad I|, in pixels: twice the area over the outline, since
      the total variation of a blurred shape is the length of its outline (co-area formula);
    - slant = −mu_11 / mu_02, the shear that sets the digit upright, positive to the right;
    - width = sqrt((mu_20 − mu_11² / mu_02) / m), in pixels: the horizontal spread once upright.

    Parameters
    ----------
    images : numpy.ndarray
        N x 1 x H x W in [0, 1], ink being 1.

    Returns
    -------
    numpy.ndarray
        N x 3, float64, in the order of `STYLES`.
    """
    ink = images[:, 0].astype(np.float64)
    mass = ink.sum((1, 2)).clip(1e-9)
    down, across = (np.arange(side, dtype=np.float64) for side in ink.shape[1:])
    y = down[:, None] - ((ink.sum(2) @ down) / mass)[:, None, None]
    x = across[None, :] - ((ink.sum(1) @ across) / mass)[:, None, None]
    mu20, mu02, mu11 = ((ink * part).sum((1, 2)) for part in (x * x, y * y, x * y))
    shear = mu11 / mu02.clip(1e-9)
    width = np.sqrt((mu20 - mu11 * shear).clip(0) / mass)
    return np.stack([2 * mass / _total_variation(ink).clip(1e-9), -shear, width], axis=1)


def _total_variation(ink: np.ndarray) -> np.ndarray:
    """Return the sum of gradients' lengths of each of N x H x W images."""
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    down = np.diff(padded, axis=1)[:, :, :-1]
    across = np.diff(padded, axis=2)[:, :-1]
    return np.asarray(np.hypot(down, across).sum((1, 2)))


def _stage(before: int, after: int) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, 5, padding=2, bias=False)
    return [convolution, nn.MaxPool2d(2), nn.BatchNorm2d(after), nn.ReLU()]


def _train(reader: DigitReader, dataset: Dataset) -> None:
    assert dataset.labels is not None
    rows = dataset.rows("train")
    images = torch.from_numpy(pixels(dataset, rows))
    classes = torch.from_numpy(dataset.labels.values[rows])
    kept = len(rows) // _BATCH * _BATCH
    order = torch.cat([torch.randperm(len(rows))[:kept] for _ in range(_EPOCHS)])
    optimiser = torch.optim.Adam(reader.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, _PEAK_RATE, total_steps=len(order) // _BATCH
    )
    reader.train()
    for batch in torch.split(order, _BATCH):
        optimiser.zero_grad()
        loss = functional.cross_entropy(reader(images[batch]), classes[batch])
        torch.autograd.backward(loss)
        optimiser.step()
        rate.step()
