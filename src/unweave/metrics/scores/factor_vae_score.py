"""FactorVAE score: the accuracy of a majority vote from the stillest dimension to a factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from unweave.metrics.score import FactorScore
from unweave.metrics.truth import FixedFactor, Truth, some_rows

_VOTES_AT_ONCE = 1_000
_STILL = 1e-9  # a variance, in units of the data's, that is no more than rounding


def factor_vae_score(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    samples: int = 64,
    train_votes: int = 10_000,
    test_votes: int = 5_000,
    deviation_rows: int = 10_000,
    least_deviation: float = 0.05,
) -> dict[str, Any]:
    """Return the accuracy of a majority vote from the stillest dimension to the fixed factor.

    Kim and Mnih (2018), Figure 2. In every vote a random factor is fixed at a random level,
    `samples` codes are drawn with it, each dimension is divided by its deviation over the data,
    and the dimension of least variance is named. `train_votes` votes decide which factor a
    dimension stands for; the score is the accuracy of that choice on `test_votes` others. Of
    several dimensions that do not move at all, a random one is named.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    samples, train_votes, test_votes, deviation_rows : int
        By default as published.
    least_deviation : float
        Dimensions of smaller standard deviation are left out.

    Returns
    -------
    dict
        ``value``, from 0 (no dimension is active) to 1; ``active``, the dimensions that count;
        ``factor_of``, for each of them the factor it stands for; ``per_factor``, its accuracy.
    """
    spread = codes[some_rows(len(codes), deviation_rows, generator)].std(0, dtype=np.float64)
    active = np.flatnonzero(spread >= least_deviation)
    if not len(active):
        return {"value": 0.0, "active": [], "factor_of": [], "per_factor": {}}
    # About a row of the data, in which equal values stay equal whatever constant is added.
    scaled = (codes[:, active].astype(np.float64) - codes[0, active]) / spread[active]
    factors = generator.integers(len(truth.names), size=train_votes + test_votes)
    fixed = FixedFactor(truth, generator)
    stillest = np.concatenate(
        [
            _stillest(scaled[fixed.groups(some, samples)].var(1), generator)
            for some in np.array_split(factors, -(-len(factors) // _VOTES_AT_ONCE))
        ]
    )
    votes = np.zeros((len(active), len(truth.names)), dtype=int)
    np.add.at(votes, (stillest[:train_votes], factors[:train_votes]), 1)
    factor_of = votes.argmax(1)
    fixed_factors = factors[train_votes:]
    right = factor_of[stillest[train_votes:]] == fixed_factors
    return {
        "value": float(right.mean()),
        "active": active.tolist(),
        "factor_of": [truth.names[factor] for factor in factor_of],
        "per_factor": {
            name: float(right[fixed_factors == factor].mean())
            for factor, name in enumerate(truth.names)
            if (fixed_factors == factor).any()
        },
    }


def _stillest(variances: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the place of each row's least variance, at random among those that do not move."""
    still = np.where(variances <= _STILL, generator.random(variances.shape) - 1, variances)
    return np.asarray(still.argmin(1))


SCORE = FactorScore(
    name="factor-vae-score",
    summary="majority vote from the stillest dimension to the fixed factor",
    source="Kim and Mnih (2018), Figure 2",
    higher_is_better=True,
    range=(0.0, 1.0),
    function=factor_vae_score,
    least_factors=2,
)
