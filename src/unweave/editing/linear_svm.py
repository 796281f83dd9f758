"""Linear support vector machines on pixels, one for each attribute."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import SVC

from unweave.data import Samples, unit_scale
from unweave.errors import RequestError

RUNS = 5
MOST = 2_500
# Of 0.5, 1, 2, 4 and 8, 2 gave the best balanced accuracy on CelebA's validation images, mean
# of 40 attributes and 2 runs (0.774; 0.771 on the test images). Choosing for each attribute
# separately gave 0.772 on the test images: no gain worth a second pass over the data.
PENALTY = 2.0
FEWEST = 5
LARGEST_SHARED_GRAM = 8_000
_COMMON_SHARE = 0.8
_CHUNK = 512
_COLUMNS = 2_048


@dataclass(frozen=True)
class LinearSVM:
    """One linear support vector machine on pixels, or several side by side.

    Attributes
    ----------
    weights : numpy.ndarray
        float32 ... x D, for images of D = C H W values in [0, 1]; the leading axes count
        the machines; there are none for a single machine.
    offset : numpy.ndarray
        float32, of the shape of the leading axes.
    """

    weights: np.ndarray
    offset: np.ndarray

    def margins(self, images: np.ndarray) -> np.ndarray:
        """Return the margins; above 0 an image is classified as having the attribute.

        Parameters
        ----------
        images : numpy.ndarray
            N x C x H x W, uint8 or in [0, 1].

        Returns
        -------
        numpy.ndarray
            float32, N x the leading axes of the weights.
        """
        machines = self.weights.reshape(-1, self.weights.shape[-1]).T
        margins = [pixels @ machines for pixels in pixel_chunks(images)]
        shape = (len(images), *self.weights.shape[:-1])
        return np.asarray(np.concatenate(margins).reshape(shape) + self.offset)


def train_svms(
    images: Samples,
    labels: np.ndarray,
    attributes: Sequence[str],
    rows: np.ndarray,
    *,
    runs: int = RUNS,
    most: int = MOST,
    penalty: float = PENALTY,
    seed: int = 0,
) -> LinearSVM:
    """Train a class-weighted linear SVM per attribute on each of several seeded subsamples.

    The classifiers of the strength protocol in Song, Koyejo and Zhang (2019), Section 4.4.
    The dual problem is solved on the Gram matrix of the subsample, which has far fewer rows
    than pixels. An attribute's machines depend on its own labels, its name and the seed,
    not on which others are trained.

    Parameters
    ----------
    images : array-like
        All images, C x H x W each; uint8 or in [0, 1].
    labels : numpy.ndarray
        One row per image, one column per attribute: 1 with, 0 without, −1 unknown.
    attributes : sequence of str
        Names of the A columns.
    rows : numpy.ndarray
        The training images.
    runs : int
        Number R of subsamples.
    most : int
        Most images in a subsample (see `balanced_rows`).
    penalty : float
        C of the SVM, for centred pixels scaled to a mean squared norm of 1.
    seed : int
        Seed of the subsamples.

    Returns
    -------
    LinearSVM
        Weights R x A x D, offset R x A.

    Raises
    ------
    RequestError
        If an attribute has fewer than 5 training images with it, or without it.
    """
    rows = np.sort(rows)
    draws = [
        [
            rows[balanced_rows(column, most, np.random.default_rng([seed, run, _key(name)]), name)]
            for name, column in zip(attributes, labels[rows].T, strict=True)
        ]
        for run in range(runs)
    ]
    gram = _SharedGram(images, [drawn for drawn_in_run in draws for drawn in drawn_in_run])
    machines = [
        _train(images[drawn], labels[drawn, place], gram.of(drawn), penalty)
        for drawn_in_run in draws
        for place, drawn in enumerate(drawn_in_run)
    ]
    shape = (runs, len(attributes))
    return LinearSVM(
        np.stack([machine.weights for machine in machines]).reshape(*shape, -1),
        np.stack([machine.offset for machine in machines]).reshape(shape),
    )


def balanced_rows(
    labels: np.ndarray, most: int, generator: np.random.Generator, name: str = "the attribute"
) -> np.ndarray:
    """Draw a subsample that keeps as much of the rarer class as the size allows.

    The rarer class gives all of its images, up to half of the subsample; the commoner one
    fills the rest. It never gives more than four fifths of its images, so that subsamples
    of few images differ too.

    Parameters
    ----------
    labels : numpy.ndarray
        N values of 1, 0 and −1 (unknown, never drawn).
    most : int
        Largest size of the subsample.
    generator : numpy.random.Generator
    name : str
        The attribute's name in the error.

    Returns
    -------
    numpy.ndarray
        Sorted positions in `labels`.

    Raises
    ------
    RequestError
        If a class has fewer than 5 images.
    """
    without, having = (np.flatnonzero(labels == value) for value in (0, 1))
    if min(len(without), len(having)) < FEWEST:
        raise RequestError(
            f"{name}: {len(having)} training images have it and {len(without)} do not, but its "
            f"classifier needs {FEWEST} of each; leave it out or add images"
        )
    rare, common = sorted((without, having), key=len)
    rare_count = min(len(rare), most // 2)
    common_count = min(int(np.ceil(_COMMON_SHARE * len(common))), most - rare_count)
    parts = [
        generator.choice(among, count, replace=False)
        for among, count in ((rare, rare_count), (common, common_count))
    ]
    return np.sort(np.concatenate(parts))


def pixel_chunks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the images a few at a time, float32 n x D in [0, 1]."""
    for start in range(0, max(len(images), 1), _CHUNK):
        yield unit_pixels(images[start : start + _CHUNK])


def unit_pixels(images: np.ndarray) -> np.ndarray:
    """Return images, uint8 or in [0, 1], as float32 N x D in [0, 1]."""
    return unit_scale(images.reshape(len(images), int(np.prod(images.shape[1:]))))


class _SharedGram:
    """Inner products of images, computed once for all subsamples where these overlap enough."""

    def __init__(self, images: Samples, draws: Sequence[np.ndarray]) -> None:
        self.images = images
        self.rows = np.unique(np.concatenate(draws))
        separate = sum(len(drawn) ** 2 for drawn in draws)
        shared = len(self.rows) <= LARGEST_SHARED_GRAM and len(self.rows) ** 2 <= separate
        self.gram = _gram(images[self.rows]) if shared else None

    def of(self, drawn: np.ndarray) -> np.ndarray:
        """Return the n x n inner products of some of the rows."""
        if self.gram is None:
            return _gram(self.images[drawn])
        places = np.searchsorted(self.rows, drawn)
        return self.gram[np.ix_(places, places)]


def _gram(images: np.ndarray) -> np.ndarray:
    """Return the inner products of centred images, float32; some columns at a time."""
    flat = np.asarray(images).reshape(len(images), -1)
    gram = np.zeros((len(flat), len(flat)), np.float32)
    for start in range(0, flat.shape[1], _COLUMNS):
        pixels = unit_pixels(flat[:, start : start + _COLUMNS])
        # The origin does not matter to the machines, but it does to single precision.
        pixels -= pixels.mean(0)
        gram += pixels @ pixels.T
    return gram


def _train(images: Any, labels: np.ndarray, gram: np.ndarray, penalty: float) -> LinearSVM:
    """Solve the dual problem and return one weight per pixel."""
    means = gram.mean(0)
    gram = gram - means - means[:, None] + means.mean()
    scale = float(np.trace(gram)) / len(gram) or 1.0
    machine = SVC(C=penalty, kernel="precomputed", class_weight="balanced", cache_size=500)
    machine.fit(gram / scale, labels)
    coefficients = machine.dual_coef_[0].astype(np.float32) / scale
    pixels = unit_pixels(np.asarray(images))
    # The dual coefficients sum to 0, so centring the support vectors would change nothing.
    weights = coefficients @ pixels[machine.support_]
    return LinearSVM(weights, np.float32(machine.intercept_[0]) - weights @ pixels.mean(0))


def _key(name: str) -> int:
    return zlib.crc32(name.encode())
