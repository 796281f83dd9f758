"""MIG: by how much one dimension knows more of a factor than any other."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, factor_information
from unweave.metrics.truth import Truth


def mutual_information_gap(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return the mean gap of the two largest mutual informations over the factor's entropy.

    Chen et al. (2018), equation 6.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K; a single dimension counts as beside one that knows nothing.
    truth : Truth
        Of the same rows; continuous factors in 20 bins.
    generator : numpy.random.Generator
    bins, most_rows : int
        As in Locatello et al. (2019).

    Returns
    -------
    dict
        ``value``, in [0, 1], and ``per_factor``.
    """
    information, entropies = factor_information(
        codes, truth, generator, bins=bins, most_rows=most_rows
    )
    ordered = np.sort(np.vstack([information, np.zeros_like(information[:1])]), axis=0)
    gaps = (ordered[-1] - ordered[-2]) / np.where(entropies > 0, entropies, 1)
    return {
        "value": float(gaps.mean()),
        "per_factor": dict(zip(truth.names, gaps.tolist(), strict=True)),
    }
