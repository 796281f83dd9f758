"""Former rules, by which runs written under them still find their data.

Fingerprints used to have a recipe for each reader. A run stores the fingerprint of its
training data, so each of these readers names its former recipe, and
`unweave.data.Dataset.matches` computes it where the present fingerprint differs. Runs also
used not to name the crop of pictures of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from unweave.data.files.crops import CELEBA_FACE, CENTRAL_SQUARE
from unweave.data.files.fingerprint import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from unweave.data.assemble import Contents


def samples_alone(contents: Contents) -> str:
    """Tables; arrays; `cars3d`, `faces3d`, `mpi3d`; `sprites`, by what draws them."""
    return contents.content


def samples_and_factor_values(contents: Contents) -> str:
    """`faces`; factor-analysis tables."""
    assert contents.factors is not None
    return fingerprint_of(contents.content, contents.factors.values)


def samples_and_factors(contents: Contents) -> str:
    """Files in dSprites' layout, with factors or without."""
    factors = contents.factors
    if factors is None:
        return contents.content
    return fingerprint_of(contents.content, list(factors.names), factors.values)


def samples_and_labels(contents: Contents) -> str:
    """Folders of images, with labels or without; CelebA."""
    labels = contents.labels
    if labels is None:
        return contents.content
    return fingerprint_of(contents.content, list(labels.names), labels.values)


def bytes_and_label_values(contents: Contents) -> str:
    """`digits`; MNIST's files. The samples were hashed together with their classes."""
    assert contents.labels is not None
    return fingerprint_of(np.asarray(contents.samples), contents.labels.values)


def samples_and_table(table: np.ndarray) -> Callable[[Contents], str]:
    """`shapes3d`, `chairs3d`, `smallnorb`: their factors as the files hold them."""
    return partial(_samples_and_table, table)


def _samples_and_table(table: np.ndarray, contents: Contents) -> str:
    return fingerprint_of(contents.content, table)


def crop_of_run(data: Mapping[str, Any]) -> str:
    """Return the crop that a run's configuration names for pictures of one's own.

    Parameters
    ----------
    data : mapping
        What the run's ``config.json`` says of its data. An early run does not name the
        crop: then, and only then, the name of the data tells it.
    """
    named = data.get("crop")
    if named is not None:
        return str(named)
    return CELEBA_FACE if data["name"] == "celeba" else CENTRAL_SQUARE
