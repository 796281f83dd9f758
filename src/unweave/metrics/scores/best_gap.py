"""DCIMIG: each factor's best information gap among the dimensions that know it best."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.histograms import BINS, MOST_ROWS, factor_information
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth
from unweave.statistics import gap_of_the_largest


def best_gap(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    bins: int = BINS,
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return Σ_f max_k G_kf / Σ_f H(v_f).

    Sepliarskaia, Kiseleva and de Rijke (2019), 3CharM. G_kf is the gap of the two
    largest I(z_k; ·) if f is the factor that dimension k knows most of, else 0.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins; a single factor is
        compared with one of which nothing is known.
    generator : numpy.random.Generator
    bins, most_rows : int
        By default those of MIG.

    Returns
    -------
    dict
        ``value``, in [0, 1], and ``per_factor``, max_k G_kf / H(v_f).
    """
    information, entropies = factor_information(
        codes, truth, generator, bins=bins, most_rows=most_rows
    )
    gaps = gap_of_the_largest(np.hstack([information, np.zeros_like(information[:, :1])]), axis=1)
    own = np.zeros_like(information)
    own[np.arange(len(gaps)), information.argmax(1)] = gaps
    best, whole = own.max(0), entropies.sum()
    shares = best / np.where(entropies > 0, entropies, 1)
    return {
        "value": float(best.sum() / whole) if whole > 0 else 0.0,
        "per_factor": dict(zip(truth.names, shares.tolist(), strict=True)),
    }


SCORE = FactorScore(
    name="dcimig",
    summary="best information gap among the dimensions that know a factor best (3CharM)",
    source="Sepliarskaia, Kiseleva and de Rijke (2019), 3CharM",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=best_gap,
)
