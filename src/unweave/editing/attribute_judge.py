"""Who judges edited pictures: classifiers of real ones, with what is known of their faults."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unweave.data import Samples
from unweave.editing.classifiers import MOST, PENALTY, RUNS, LinearSVM, train_svms
from unweave.editing.regions import SHARE, attribute_regions


@dataclass(frozen=True)
class AttributeJudge:
    """Who judges edited pictures, and how far it can be trusted.

    Attributes
    ----------
    attributes : tuple of str
        A names.
    svm : LinearSVM
        R runs of A machines: weights R x A x D.
    regions : numpy.ndarray
        bool, A x H x W: where each attribute shows.
    accuracy : numpy.ndarray
        A: balanced accuracy on real held-out images, mean over the runs; NaN where these
        have one class only.
    misses : numpy.ndarray
        A x 2: share of the real held-out images without (column 0) and with (column 1)
        the attribute that the machines take for the other; NaN where there is none.
    """

    attributes: tuple[str, ...]
    svm: LinearSVM
    regions: np.ndarray
    accuracy: np.ndarray
    misses: np.ndarray

    def verdicts(self, images: np.ndarray) -> np.ndarray:
        """Return whether each run takes each image for having each attribute: M x R x A."""
        said: np.ndarray = self.svm.decide(images) > 0
        return said


def train_judge(
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
) -> AttributeJudge:
    """Train the machines on real images, find the regions, and judge the judge.

    Parameters
    ----------
    images, labels, attributes, runs, most, penalty, seed : as for `train_svms`
    train, held_out : numpy.ndarray
        Row numbers of the images to learn from, and of those to test the machines on.
    share : float
        As for `attribute_regions`.

    Returns
    -------
    AttributeJudge

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
    said = svm.decide(np.asarray(images[held_out])) > 0
    misses = np.full((len(attributes), 2), math.nan)
    for place in range(len(attributes)):
        for value in (0, 1):
            of_class = said[labels[held_out, place] == value, :, place]
            if len(of_class):
                misses[place, value] = np.mean(of_class != value)
    return AttributeJudge(tuple(attributes), svm, regions, 1 - misses.mean(1), misses)
