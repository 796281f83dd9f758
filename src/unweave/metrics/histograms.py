"""Mutual information between codes in bins of equal width and discrete factors."""

from __future__ import annotations

import numpy as np

from unweave.metrics.truth import Truth, some_rows
from unweave.statistics import bins_of_equal_width, entropy

BINS = 20
MOST_ROWS = 10_000


def factor_information(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return I(z_k; v_f) and H(v_f) in nats, K x F and F.

    Plug-in estimates over `most_rows` random rows, each dimension cut into `bins` bins of
    equal width between its least and its largest value.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows.
    generator : numpy.random.Generator
    bins, most_rows : int
        By default as in Locatello et al. (2019).
    """
    rows = some_rows(len(codes), most_rows, generator)
    levels = truth.levels[rows]
    binned = bins_of_equal_width(codes[rows].astype(np.float64), bins)
    information = np.zeros((codes.shape[1], len(truth.names)))
    entropies = np.zeros(len(truth.names))
    for f, (column, size) in enumerate(zip(levels.T, truth.sizes, strict=True)):
        entropies[f] = _entropy(np.bincount(column))
        for k, places in enumerate(binned.T):
            joint = np.bincount(places * size + column, minlength=bins * size)
            of_bins = joint.reshape(bins, size).sum(1)
            information[k, f] = _entropy(of_bins) + entropies[f] - _entropy(joint)
    # Rounding leaves a hair of information where there is none.
    information[information < 1e-12] = 0
    return information, entropies


def _entropy(counts: np.ndarray) -> float:
    # Most cells of a joint histogram are empty: only the others need a logarithm.
    return float(entropy(counts[counts > 0] / counts.sum()))
