"""What several runs make of the same rows: all that evidence is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.interpretation.columns import FeatureValues
from unweave.interpretation.fvh_lt import Decode
from unweave.interpretation.gas import UNMATCHED, Alignment, greedy_alignment
from unweave.interpretation.rotate import informative_latent
from unweave.interpretation.turns import find_turn
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.runs.model import Model
from unweave.statistics import correlations


@dataclass(frozen=True)
class Observed:
    """Codes of some rows by R runs, of which one is the reference, and the rows' features.

    Attributes
    ----------
    codes : numpy.ndarray
        Posterior means of the reference's P informative dimensions, N x P.
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


_BASE_CODES, _STEP = 128, 0.1


def observe(
    models: Sequence[Model],
    dataset: Dataset,
    rows: np.ndarray,
    *,
    threshold: float = INFORMATIVE_NATS,
    seed: int = 0,
) -> tuple[Observed, Alignment, tuple[int, ...]]:
    """Return what the runs make of some rows, their alignment, and the reference's dimensions.

    Raises
    ------
    RequestError
        If a run's codes are not finite, or none of its dimensions is informative.
    """
    means, noise, places = [], [], []
    for model in models:
        mean, log_variance = model.latent(dataset, rows)
        if not np.isfinite(mean).all() or np.isnan(log_variance).any():
            raise RequestError(f"{model.title}: its codes are not finite; train it again")
        found = informative_latent(mean, log_variance, threshold)
        kept = model.module.kept
        found = found if kept is None else found[found < kept]
        if not len(found):
            raise RequestError(
                f"{model.title}: no dimension is informative (collapsed); there is nothing to "
                "certify"
            )
        means.append(mean.astype(float))
        noise.append(np.exp(log_variance.astype(float)).mean(0))
        places.append(found)
    alignment = greedy_alignment(means, [each.tolist() for each in places])
    first = alignment.reference
    others = [run for run in range(len(models)) if run != first]
    own = places[first]
    pairs = np.where(alignment.permutations == UNMATCHED, 0, np.abs(alignment.correlations))
    values = FeatureValues(models[first], dataset, rows, means[first])
    features = values.filled(np.arange(len(rows)))
    varies = values.variances > 0
    scales = np.sqrt(values.variances[varies])
    centre = means[first].mean(0)

    def decode(codes: np.ndarray) -> np.ndarray:
        full = np.repeat(centre[None], len(codes), axis=0)
        full[:, own] = codes
        return np.asarray(values.decode(full.astype(np.float32))[:, varies] / scales)

    seen = features[:, varies]
    observed = Observed(
        means[first][:, own],
        noise[first][own],
        tuple(means[run][:, places[run]] for run in others),
        pairs[others][:, own],
        (seen - seen.mean(0)) / scales,
        decode,
        seed,
    )
    return observed, alignment, tuple(own.tolist())


def best_overlap(codes: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return the largest absolute correlation of each code with any of the axes, P; 0 of none."""
    if not axes.shape[1]:
        return np.zeros(codes.shape[1])
    return np.asarray(np.abs(correlations(codes, axes)).max(1))
