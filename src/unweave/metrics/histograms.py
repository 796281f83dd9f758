"""Mutual information between codes in equal bins and discrete factors."""

from __future__ import annotations

import numpy as np

from unweave.metrics.truth import Truth, some_rows

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
        Of the same rows.
    generator : numpy.random.Generator
    bins, most_rows : int
        As in Locatello et al. (2019).
    """
    rows = some_rows(len(codes), most_rows, generator)
    levels = truth.levels[rows]
    binned = _binned(codes[rows].astype(np.float64), bins)
    information = np.zeros((codes.shape[1], len(truth.names)))
    entropies = np.zeros(len(truth.names))
    for f, (column, size) in enumerate(zip(levels.T, truth.sizes, strict=True)):
        entropies[f] = _entropy(np.bincount(column))
        for k, places in enumerate(binned.T):
            joint = np.bincount(places * size + column, minlength=bins * size)
            parts = joint.reshape(bins, size).sum(1)
            information[k, f] = _entropy(parts) + entropies[f] - _entropy(joint)
    # Rounding makes a hair of nothing.
    information[information < 1e-12] = 0
    return information, entropies


def _binned(codes: np.ndarray, bins: int) -> np.ndarray:
    low, width = codes.min(0), np.ptp(codes, axis=0)
    share = (codes - low) / np.where(width > 0, width, 1)
    return np.asarray((share * bins).astype(np.int64).clip(0, bins - 1))


def _entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
