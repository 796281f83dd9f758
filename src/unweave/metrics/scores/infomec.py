"""InfoMEC: modularity, explicitness and compactness, in shares of the factors' information."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unweave.metrics.fitting import quiet
from unweave.metrics.score import FactorScore
from unweave.metrics.truth import Truth, some_rows
from unweave.statistics import bins_of_equal_count, entropy

MOST_ROWS = 10_000
NEIGHBOURS = 10
ITERATIONS = 100
# A dimension is discrete if it has few values, each ten times on average.
MOST_VALUES, FEWEST_REPEATS = 64, 10
# Of the tests of independence; the level is that of all pairs together.
BINS, LEVEL = 10, 0.01


def _ranges(codes: np.ndarray) -> np.ndarray:
    return np.asarray(np.ptp(codes, axis=0))


def _interquartile_ranges(codes: np.ndarray) -> np.ndarray:
    low, high = np.quantile(codes, [0.25, 0.75], axis=0)
    return np.asarray(high - low)


# How widely a dimension spreads, and the share of the widest above which it is active. Two
# published programs differ in this; the values of one are not those of the other.
PRUNING: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    "range": (_ranges, 1 / 20),
    "interquartile-range": (_interquartile_ranges, 1 / 10),
}


def infomec(
    codes: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
    *,
    pruning: str = "range",
    most_rows: int = MOST_ROWS,
) -> dict[str, Any]:
    """Return how exclusively, how fully and how compactly dimensions hold the factors.

    Hsu, Dorrell, Whittington, Wu and Finn (2023), with R_fk = I(v_f; z_k) / H(v_f) of the
    dimensions that are active. Modularity is the mean over dimensions of
    (max_f R_fk / Σ_f R_fk − 1/F) / (1 − 1/F), compactness the mean over factors of
    (max_k R_fk / Σ_k R_fk − 1/K) / (1 − 1/K), explicitness the mean over factors of
    1 − h_f(z) / log L_f: h_f is the log loss of a multinomial logistic regression without
    penalty, of classes of equal weight, on the rows that it learned from, and log L_f the loss of
    one that knows nothing of the L_f levels.

    The information is estimated by the distances of 10 neighbours (Ross, 2014), or by counts for
    dimensions of at most 64 values. What the definitions leave as 0/0 is 0 where nothing is known
    (such a dimension or factor counts as wholly spread) and 1 where there is but one factor, or
    one active dimension, and something is known. Estimates of information are seldom 0: a
    dimension of pure noise has as high a modularity as chance makes it, but ``beyond_chance``.

    Parameters
    ----------
    codes : numpy.ndarray
        N x K.
    truth : Truth
        The true factors of the same rows, continuous ones in 20 bins.
    generator : numpy.random.Generator
    pruning : {"range", "interquartile-range"}
        The rule by which dimensions are active that ``modularity`` and ``compactness`` use.
    most_rows : int
        Rows drawn where there are more.

    Returns
    -------
    dict
        ``modularity``, ``explicitness`` and ``compactness``, in [0, 1]; ``pruning``, the rule;
        ``active`` and ``by_pruning``, for each rule the active dimensions, and the values;
        ``beyond_chance``, the values if pairs that could well be independent (by tests of their
        counts, at 1 % for all together) share no information; ``per_factor``, the explicitness
        of each; ``information``, R, F x K.
    """
    rows = some_rows(len(codes), most_rows, generator)
    codes, levels = codes[rows].astype(np.float64), truth.levels[rows]
    shares = _information(codes, levels, generator)
    active = {rule: _active(codes, rule) for rule in PRUNING}
    values = {rule: _values(shares[:, places]) for rule, places in active.items()}
    beyond = np.where(_beyond_chance(codes, levels), shares, 0)[:, active[pruning]]
    explicit = _explicitness(codes, levels)
    return {
        **values[pruning],
        "explicitness": float(explicit.mean()),
        "pruning": pruning,
        "active": {rule: places.tolist() for rule, places in active.items()},
        "by_pruning": values,
        "beyond_chance": _values(beyond),
        "per_factor": dict(zip(truth.names, explicit.tolist(), strict=True)),
        "information": shares.tolist(),
    }


def _active(codes: np.ndarray, rule: str) -> np.ndarray:
    spread_of, share = PRUNING[rule]
    spread = spread_of(codes)
    return np.flatnonzero(spread > share * spread.max())


def _information(
    codes: np.ndarray, levels: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return I(v_f; z_k) / H(v_f), F x K; 0 for dimensions and factors that do not vary."""
    from sklearn.feature_selection import mutual_info_classif

    shares = np.zeros((levels.shape[1], codes.shape[1]))
    varying = np.flatnonzero(np.ptp(codes, axis=0) > 0)
    discrete = _are_discrete(codes)[varying]
    inputs = _standardised(codes)[:, varying]
    for place in np.flatnonzero(discrete):
        # Counts are of values, which are told apart by whole numbers.
        inputs[:, place] = np.unique(codes[:, varying[place]], return_inverse=True)[1]
    for f, column in enumerate(levels.T):
        counts = np.bincount(column)
        # Distances within a level need two rows of it.
        if counts.max() in (1, len(column)) or not len(varying):
            continue
        information = mutual_info_classif(
            inputs,
            column,
            discrete_features=discrete,
            n_neighbors=NEIGHBOURS,
            random_state=int(generator.integers(2**31)),
        )
        shares[f, varying] = information / entropy(counts / len(column))
    return shares


def _beyond_chance(codes: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return whether factors and dimensions are dependent, F x K, by G-tests of their counts."""
    from scipy.stats import chi2_contingency
    from scipy.stats.contingency import crosstab

    binned = bins_of_equal_count(codes, BINS)
    chances = [
        [
            chi2_contingency(
                crosstab(column, places).count, correction=False, lambda_="log-likelihood"
            ).pvalue
            for places in binned.T
        ]
        for column in levels.T
    ]
    level = LEVEL / (levels.shape[1] * codes.shape[1])
    return np.asarray(np.array(chances) < level)


def _values(shares: np.ndarray) -> dict[str, float]:
    return {"modularity": _exclusiveness(shares.T), "compactness": _exclusiveness(shares)}


def _explicitness(codes: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return 1 − h_f(z) / log L_f of every factor, at least 0."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    inputs = _indicators(codes[:, np.ptp(codes, axis=0) > 0])
    found = np.zeros(levels.shape[1])
    for f, column in enumerate(levels.T):
        classes = np.unique(column)
        if len(classes) < 2 or not inputs.shape[1]:
            continue
        with quiet():
            model = LogisticRegression(C=np.inf, class_weight="balanced", max_iter=ITERATIONS)
            loss = log_loss(column, model.fit(inputs, column).predict_proba(inputs))
        found[f] = max(0.0, 1 - float(loss) / np.log(len(classes)))
    return found


def _indicators(codes: np.ndarray) -> np.ndarray:
    """Return standardised dimensions, and an indicator of each value of discrete ones."""
    scaled, discrete = _standardised(codes), _are_discrete(codes)
    columns = [
        (values[:, None] == np.unique(values)).astype(np.float64) if is_discrete else row[:, None]
        for values, row, is_discrete in zip(codes.T, scaled.T, discrete, strict=True)
    ]
    return np.concatenate([np.empty((len(codes), 0)), *columns], axis=1)


def _are_discrete(codes: np.ndarray) -> np.ndarray:
    most = min(MOST_VALUES, len(codes) // FEWEST_REPEATS)
    return np.array([len(np.unique(column)) <= most for column in codes.T])


def _standardised(codes: np.ndarray) -> np.ndarray:
    spread = codes.std(0)
    return np.asarray((codes - codes.mean(0)) / np.where(spread > 0, spread, 1))


def _exclusiveness(shares: np.ndarray) -> float:
    """Return the rows' mean of (largest / sum − 1/n) / (1 − 1/n) over n columns."""
    if not shares.size:
        return 0.0
    count, total = shares.shape[1], shares.sum(1)
    if count == 1:
        return float((total > 0).mean())
    largest = np.where(total > 0, shares.max(1) / np.where(total > 0, total, 1), 1 / count)
    return float(((largest - 1 / count) / (1 - 1 / count)).mean())


_SOURCE = "Hsu, Dorrell, Whittington, Wu and Finn (2023), InfoMEC"
SCORES = (
    FactorScore(
        name="info-m",
        summary="does each active dimension know of one factor alone (InfoM)",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=infomec,
        shown="modularity",
    ),
    FactorScore(
        name="info-e",
        summary="how well a linear classifier tells the factors, in shares of ignorance (InfoE)",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=infomec,
        shown="explicitness",
    ),
    FactorScore(
        name="info-c",
        summary="is each factor known by one active dimension alone (InfoC)",
        source=_SOURCE,
        higher_is_better=True,
        range=(0.0, 1.0),
        function=infomec,
        shown="compactness",
    ),
)
