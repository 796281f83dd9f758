"""The 1,797 handwritten digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.former import bytes_and_label_values
from unweave.data.labels import Labels
from unweave.data.source import Source

WHITE = 16


def read() -> Contents:
    """Read the digits: images 1797 x 1 x 8 x 8 and their classes."""
    from sklearn.datasets import load_digits  # It takes a second, and few need it.

    pixels, classes = load_digits(return_X_y=True)
    images = np.round(pixels * (255 / WHITE)).astype(np.uint8).reshape(-1, 1, 8, 8)
    names = tuple(str(digit) for digit in range(10))
    labels = Labels(names, classes.astype(np.int64), exclusive=True)
    return Contents(images, labels=labels, former=bytes_and_label_values)


SOURCE = Source(
    name="digits",
    description="1,797 handwritten digits, 8 x 8, from scikit-learn",
    kind="images",
    licence="CC BY 4.0 (UCI, Alpaydin and Kaynak 1998)",
    read=read,
)
