"""Factor analysis of latent spaces: signed loadings, communalities, factor correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.arguments import checked
from unweave.errors import RequestError
from unweave.interpretation.gas import Alignment
from unweave.interpretation.moments import gather_moments
from unweave.interpretation.parallel_analysis import (
    Adequacy,
    ParallelAnalysis,
    adequacy,
    parallel_analysis,
)
from unweave.interpretation.turns import pattern
from unweave.statistics import (
    correlations,
    finite_or_none,
    mean_interval,
    percentile_interval,
)

RESAMPLES = 200
MOST_FEATURES = 500  # beyond it, tables of loadings cannot be read, and partial correlations fail


@dataclass(frozen=True)
class FactorAnalysis:
    """Features and latent dimensions as a factor analysis reports them.

    Attributes
    ----------
    features : tuple of str
        J names.
    dimensions : tuple of int
        The m dimensions that stand as factors.
    loadings : numpy.ndarray
        Pattern: coefficients of standardised features on standardised codes, J x m, with signs;
        averaged over aligned runs.
    low, high : numpy.ndarray
        95 % intervals of the loadings, J x m: Student's over the runs, or a bootstrap over rows.
    interval_of : {"runs", "rows"}
    correlations : numpy.ndarray
        Of the factors, m x m.
    communalities : numpy.ndarray
        The share of each feature's variance that the factors explain together, J; a uniqueness
        is the rest.
    parallel : ParallelAnalysis
    adequacy : Adequacy
    """

    features: tuple[str, ...]
    dimensions: tuple[int, ...]
    loadings: np.ndarray
    low: np.ndarray
    high: np.ndarray
    interval_of: str
    correlations: np.ndarray
    communalities: np.ndarray
    parallel: ParallelAnalysis
    adequacy: Adequacy

    @property
    def uniquenesses(self) -> np.ndarray:
        """1 − communality, J."""
        return np.asarray(1 - self.communalities)

    @property
    def complexities(self) -> np.ndarray:
        """Hofmann's (1978) number of factors that a feature loads on, (Σ l²)² / Σ l⁴, J."""
        squares = self.loadings**2
        fourth = (squares**2).sum(1)
        return np.asarray(squares.sum(1) ** 2 / np.where(fourth > 0, fourth, np.nan))

    @property
    def ss_loadings(self) -> np.ndarray:
        """The variance that each factor explains, in units of a feature's, m: diag(Φ L'L)."""
        return np.asarray(np.diagonal(self.correlations @ self.loadings.T @ self.loadings))

    def to_json(self) -> dict[str, Any]:
        """Return all of it, with the names of R's psych and of factor_analyzer."""
        proportion = self.ss_loadings / len(self.features)
        document: dict[str, Any] = finite_or_none(
            {
                "factors": [f"z{k}" for k in self.dimensions],
                "features": list(self.features),
                "loadings": self.loadings.tolist(),
                "loadings_low": self.low.tolist(),
                "loadings_high": self.high.tolist(),
                "interval_of": self.interval_of,
                "communalities": self.communalities.tolist(),
                "uniquenesses": self.uniquenesses.tolist(),
                "complexities": self.complexities.tolist(),
                "ss_loadings": self.ss_loadings.tolist(),
                "proportion_var": proportion.tolist(),
                "cumulative_var": proportion.cumsum().tolist(),
                "phi": self.correlations.tolist(),
                "eigenvalues": self.parallel.eigenvalues.tolist(),
                "parallel_eigenvalues": self.parallel.random.tolist(),
                "suggested_factors": self.parallel.suggested,
                **self.adequacy.to_json(),
            }
        )
        return document


@checked
def factor_analysis(
    codes: np.ndarray | Sequence[np.ndarray],
    features: np.ndarray,
    names: Sequence[str] | None = None,
    *,
    informative: Sequence[Sequence[int]] | None = None,
    alignment: Alignment | None = None,
    seed: int = 0,
) -> FactorAnalysis:
    """Report codes of features, of one run or of several, as a factor analysis is reported.

    Parameters
    ----------
    codes : numpy.ndarray, or sequence of numpy.ndarray
        N x K; or those of each of R runs.
    features : numpy.ndarray
        N x J, of the same rows.
    names : sequence of str, optional
        Names of the features.
    informative : sequence of sequence of int, optional
        The dimensions of each run that count; all unless given.
    alignment : Alignment, optional
        How the dimensions of several runs correspond (`greedy_alignment`).
    seed : int
        Seed of shuffles and resamples.

    Raises
    ------
    RequestError
        If codes and features differ in length, or a value is not finite.
    """
    runs = [np.asarray(each, float) for each in ([codes] if _is_table(codes) else codes)]
    features = np.asarray(features, float)
    if any(len(each) != len(features) for each in runs):
        raise RequestError(f"{len(runs[0])} rows of codes, but {len(features)} of features")
    if not all(np.isfinite(each).all() for each in (*runs, features)):
        raise RequestError("codes and features have to be finite numbers")
    which = [list(each) for each in informative or [range(each.shape[1]) for each in runs]]
    names = tuple(names or (f"x{j}" for j in range(1, features.shape[1] + 1)))
    loadings = np.stack(
        [_aligned(run, runs, which, features, alignment) for run in range(len(runs))]
    )
    reference = 0 if alignment is None else alignment.reference
    dimensions = which[reference]
    mean = loadings.mean(0)[:, dimensions]
    if len(runs) > 1:
        low, high = np.apply_along_axis(mean_interval, 0, loadings[:, :, dimensions])
    else:
        low, high = _resampled(runs[0][:, dimensions], features, seed)
    own = runs[reference][:, dimensions]
    phi = correlations(own, own)
    np.fill_diagonal(phi, 1)
    varies = np.ptp(features, axis=0) > 0
    return FactorAnalysis(
        names,
        tuple(dimensions),
        mean,
        low,
        high,
        "runs" if len(runs) > 1 else "rows",
        phi,
        np.mean(
            [_explained(run[:, own], features) for run, own in zip(runs, which, strict=True)], 0
        ),
        parallel_analysis(features, seed=seed),
        _of_all(
            adequacy(correlations(features[:, varies], features[:, varies]), len(features)), varies
        ),
    )


def _is_table(codes: Any) -> bool:
    return hasattr(codes, "shape") and len(codes.shape) == 2


def _aligned(
    run: int,
    runs: Sequence[np.ndarray],
    which: Sequence[Sequence[int]],
    features: np.ndarray,
    alignment: Alignment | None,
) -> np.ndarray:
    """Return one run's loadings in the reference's order and with its signs, J x K."""
    table = np.zeros((features.shape[1], runs[run].shape[1]))
    table[:, which[run]] = pattern(runs[run][:, which[run]], features)
    if alignment is None:
        return table
    return np.asarray(alignment.aligned(run, table) * alignment.signs[run])


def _explained(codes: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return R² of each feature by linear regression on the codes, J."""
    if not codes.shape[1]:
        return np.zeros(features.shape[1])
    return np.asarray((pattern(codes, features) * correlations(features, codes)).sum(1))


def _resampled(codes: np.ndarray, features: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return bootstrap intervals of the loadings over groups of rows, J x m each."""
    moments = gather_moments(codes, lambda rows: features[rows], seed=seed)
    groups = len(moments.counts)
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES)
    products = moments.about(weights.astype(float))
    scaled = products.scaled(*products.deviations())
    inverse = np.linalg.pinv(scaled.gram, rcond=1e-8, hermitian=True)
    low, high = percentile_interval(np.swapaxes(inverse @ scaled.cross, 1, 2))
    return low, high


def _of_all(found: Adequacy, varies: np.ndarray) -> Adequacy:
    """Give constant features a place among the others."""
    each = np.full(len(varies), np.nan)
    each[varies] = found.kmo_per_feature
    return found._replace(kmo_per_feature=each)
