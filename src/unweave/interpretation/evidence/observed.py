"""Codes of the same rows by several runs, and the rows' features: what evidence is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.interpretation.columns import FeatureValues
from unweave.interpretation.fvh_lt import Decode
from unweave.interpretation.gas import UNMATCHED, greedy_alignment
from unweave.interpretation.rotate import informative_latent
from unweave.interpretation.turns import find_turn
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.runs.model import Model
from unweave.statistics import correlations

_BASE_CODES, _STEP = 128, 0.1


@dataclass(frozen=True)
class Observed:
    """Codes of some rows by R runs, of which one is the reference, and the rows' features.

    Attributes
    ----------
    dimensions : tuple of int
        The reference's P informative dimensions.
    reference : int
        The run that is closest to all others, or that was asked for.
    codes : numpy.ndarray
        Posterior means of these, N x P.
    variances : numpy.ndarray
        Mean variances of their posteriors, P.
    others : tuple of numpy.ndarray
        Informative posterior means of each of the R − 1 other runs, N x P_r.
    matched : numpy.ndarray
        Absolute correlations with the dimensions that GAS matches with these, (R − 1) x P; 0
        without a match.
    features : numpy.ndarray
        Standardised features that vary, N x J.
    decode : callable
        The reference's decoder: from n x P codes to n x J standardised features; the other
        dimensions stay at their means.
    seed : int
        Seed of all that is drawn.
    """

    dimensions: tuple[int, ...]
    reference: int
    codes: np.ndarray
    variances: np.ndarray
    others: tuple[np.ndarray, ...]
    matched: np.ndarray
    features: np.ndarray
    decode: Decode
    seed: int = 0

    @property
    def count(self) -> int:
        """The number P of dimensions that are looked at."""
        return int(self.codes.shape[1])

    @cached_property
    def simple_axes(self) -> np.ndarray:
        """Codes turned by varimax, uncorrelated with variance 1, N x M.

        As `rotate` turns them: with the M directions that the features share. A single dimension
        is its own axis; M is 0 where no turn can be found.
        """
        if self.count < 2:
            return np.asarray((self.codes - self.codes.mean(0)) / self.codes.std(0))
        try:
            decoded = self.decode(self.codes)
            turn = find_turn(self.codes, self.features, decoded=decoded, seed=self.seed)
        except RequestError:
            return np.zeros((len(self.codes), 0))
        return turn.apply(self.codes)[:, : turn.kept]

    @cached_property
    def loadings(self) -> np.ndarray:
        """Pattern loadings, J x P: coefficients of the features on codes of variance 1."""
        standardised = (self.codes - self.codes.mean(0)) / self.codes.std(0)
        return np.asarray(np.linalg.lstsq(standardised, self.features, rcond=None)[0].T)

    @cached_property
    def effects(self) -> np.ndarray:
        """Derivatives ∂x̂_j/∂z_k at real codes, in deviations of both, M x J x P."""
        generator = np.random.default_rng(self.seed)
        rows = generator.permutation(len(self.codes))[:_BASE_CODES]
        base, steps = self.codes[rows], _STEP * self.codes.std(0)
        found = []
        for k, step in enumerate(steps):
            ahead, behind = base.copy(), base.copy()
            ahead[:, k] += step
            behind[:, k] -= step
            found.append((self.decode(ahead) - self.decode(behind)) / (2 * _STEP))
        return np.stack(found, axis=2)


def observe(
    models: Sequence[Model],
    dataset: Dataset,
    rows: np.ndarray,
    *,
    threshold: float = INFORMATIVE_NATS,
    reference: int | None = None,
    seed: int = 0,
) -> Observed:
    """Return what runs make of some rows of a table; the parameters are those of `certify`.

    Raises
    ------
    RequestError
        If a run's codes are not finite, or none of its dimensions is informative.
    """
    runs = [_posteriors(model, dataset, rows, threshold) for model in models]
    alignment = greedy_alignment(
        [each.means for each in runs], [each.informative.tolist() for each in runs], reference
    )
    first = alignment.reference
    own, others = runs[first], [run for run in range(len(runs)) if run != first]
    pairs = np.where(alignment.permutations == UNMATCHED, 0, np.abs(alignment.correlations))
    features, decode = _features(models[first], dataset, rows, own)
    return Observed(
        tuple(own.informative.tolist()),
        first,
        own.means[:, own.informative],
        own.variances[own.informative],
        tuple(runs[run].means[:, runs[run].informative] for run in others),
        pairs[others][:, own.informative],
        features,
        decode,
        seed,
    )


class _Posteriors(NamedTuple):
    """Posterior means, N x K, mean variances, K, and the informative dimensions of a run."""

    means: np.ndarray
    variances: np.ndarray
    informative: np.ndarray


def _posteriors(model: Model, dataset: Dataset, rows: np.ndarray, threshold: float) -> _Posteriors:
    mean, log_variance = model.latent(dataset, rows)
    if not np.isfinite(mean).all() or np.isnan(log_variance).any():
        raise RequestError(f"{model.title}: its codes are not finite; train it again")
    found = informative_latent(mean, log_variance, threshold)
    kept = model.module.kept
    found = found if kept is None else found[found < kept]
    if not len(found):
        raise RequestError(
            f"{model.title}: no dimension is informative (collapsed), so there is nothing to "
            "certify; train it longer or with a smaller weight of KL"
        )
    return _Posteriors(mean.astype(float), np.exp(log_variance.astype(float)).mean(0), found)


def _features(
    model: Model, dataset: Dataset, rows: np.ndarray, run: _Posteriors
) -> tuple[np.ndarray, Decode]:
    """Return standardised features that vary, and their decoder from informative codes."""
    values = FeatureValues(model, dataset, rows, run.means)
    varies = values.variances > 0
    scales = np.sqrt(values.variances[varies])
    seen = values.filled(np.arange(len(rows)))[:, varies]
    centre = run.means.mean(0)

    def decode(codes: np.ndarray) -> np.ndarray:
        full = np.repeat(centre[None], len(codes), axis=0)
        full[:, run.informative] = codes
        return np.asarray(values.decode(full.astype(np.float32))[:, varies] / scales)

    return (seen - seen.mean(0)) / scales, decode


def best_overlap(codes: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return the largest absolute correlation of each code with any of the axes, P; 0 of none."""
    if not axes.shape[1]:
        return np.zeros(codes.shape[1])
    return np.asarray(np.abs(correlations(codes, axes)).max(1))
