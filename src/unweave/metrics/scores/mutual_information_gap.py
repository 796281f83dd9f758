"""MIG, the gap in mutual information between the two dimensions that know a factor best."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, chance_corrected_information
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth
from unweave.statistics import gap_of_the_largest


def mutual_information_gap(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return the mean gap of the two largest mutual informations over the factor's entropy.

    Chen et al. (2018), equation 6, with both less what chance gives (see `FactorInformation`):
    so the score does not depend on the number of rows, and is 1 for the factors themselves.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K; a single dimension is compared with one that knows nothing.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    bins, most_rows : int
        By default as in Locatello et al. (2019).

    Returns
    -------
    dict
        ``value``, in [0, 1]; ``per_factor``; and ``uncorrected``, the gap of plain estimates.
    """
    found = chance_corrected_information(codes, truth, generator, bins=bins, most_rows=most_rows)
    gaps = _gaps(found.shares)
    plain = _gaps(found.plain) / np.where(found.entropies > 0, found.entropies, 1)
    return {
        "value": float(gaps.mean()),
        "per_factor": dict(zip(truth.names, gaps.tolist(), strict=True)),
        "uncorrected": float(plain.mean()),
    }


def _gaps(information: np.ndarray) -> np.ndarray:
    beside_nothing = np.vstack([information, np.zeros_like(information[:1])])
    return gap_of_the_largest(beside_nothing)


SCORE = FactorScore(
    name="mig",
    summary="mutual information gap between the two dimensions that know most",
    source="Chen et al. (2018), equation 6",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=mutual_information_gap,
    open_only=True,
)
