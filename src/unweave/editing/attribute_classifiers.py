"""Classifiers of attributes, trained on real images, and their errors on held-out ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unweave.data import Samples
from unweave.editing.linear_svm import MOST, PENALTY, RUNS, LinearSVM, train_svms
from unweave.editing.regions import SHARE, attribute_regions


@dataclass(frozen=True)
class AttributeClassifiers:
    """Classifiers that tell whether edited images show an attribute, and how reliable they are.

    Attributes
    ----------
    attributes : tuple of str
        The A names.
    svm : LinearSVM
        R runs of A classifiers: weights R x A x D.
    regions : numpy.ndarray
        bool, A x H x W: the pixels where each attribute shows.
    accuracy : numpy.ndarray
        A values: balanced accuracy on real held-out images, mean over the runs; NaN where
        these have one class only.
    misses : numpy.ndarray
        A x 2: share of the real held-out images without (column 0) and with (column 1) the
        attribute that are misclassified; NaN where there is none.
    """

    attributes: tuple[str, ...]
    svm: LinearSVM
    regions: np.ndarray
    accuracy: np.ndarray
    misses: np.ndarray

    def predictions(self, images: np.ndarray) -> np.ndarray:
        """Return whether each of M images has each attribute, by each run: bool, M x R x A."""
        predicted: np.ndarray = self.svm.margins(images) > 0
        return predicted


def train_classifiers(
    images: Samples,
    labels: np.ndarray,
    attributes: Sequence[str],
    *,
    train: np.ndarray,
    held_out: np.ndarray,
    runs: int = RUNS,
    most: int = MOST,
    penalty: float = PENALTY,
    share: float = SHARE,
    seed: int = 0,
) -> AttributeClassifiers:
    """Train classifiers on real images, find the attributes' regions, test on held-out images.

    Parameters
    ----------
    images, labels, attributes, runs, most, penalty, seed : as for `train_svms`
    train, held_out : numpy.ndarray
        Row numbers of the images to train on, and of those to test on.
    share : float
        Share of the pixels in a region; see `attribute_regions`.

    Returns
    -------
    AttributeClassifiers

    Raises
    ------
    RequestError
        If an attribute has fewer than 5 training images with it, or without it; or
        `share` is not between 0 and 1.
    """
    svm = train_svms(
        images, labels, attributes, train, runs=runs, most=most, penalty=penalty, seed=seed
    )
    regions = attribute_regions(images, labels, train, share)
    held_out = np.sort(held_out)
    predicted = svm.margins(np.asarray(images[held_out])) > 0
    misses = np.full((len(attributes), 2), math.nan)
    for place in range(len(attributes)):
        for value in (0, 1):
            of_class = predicted[labels[held_out, place] == value, :, place]
            if len(of_class):
                misses[place, value] = np.mean(of_class != value)
    return AttributeClassifiers(tuple(attributes), svm, regions, 1 - misses.mean(1), misses)
