"""The 1,797 handwritten digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits as load_sklearn_digits

from unweave.data.dataset import Dataset, Labels
from unweave.data.fingerprint import fingerprint_of
from unweave.data.splits import split_rows

WHITE = 16


def load_digits(*, source: str = "digits") -> Dataset:
    """Load the digits: images 1797 x 1 x 8 x 8 and their classes."""
    pixels, classes = load_sklearn_digits(return_X_y=True)
    images = np.round(pixels * (255 / WHITE)).astype(np.uint8).reshape(-1, 1, 8, 8)
    names = tuple(str(digit) for digit in range(10))
    return Dataset(
        name="digits",
        samples=images,
        splits=split_rows(len(images)),
        fingerprint=fingerprint_of(images, classes.astype(np.int64)),
        source=source,
        labels=Labels(names, classes.astype(np.int64), exclusive=True),
    )
