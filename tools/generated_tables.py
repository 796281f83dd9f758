"""Tables with known factors, drawn at random from families, to calibrate and test certificates.

A family fixes how features follow factors; all else is drawn: how many factors, how strong, how
noisy, of which law. Every family of `HELD_OUT` has a pattern of loadings, a response, a kind of
column or a law of factors that none of `CALIBRATION` has.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Family:
    """What a family of tables fixes; the rest is drawn."""

    pattern: tuple = ("simple",)
    response: str = "linear"
    columns: str = "real"
    laws: tuple = ("gaussian", "gaussian", "uniform", "laplace")
    correlated: bool = False
    unrelated: bool = False
    none: bool = False


CALIBRATION = {
    "simple": Family(),
    "cross": Family(pattern=("cross",)),
    "dense": Family(pattern=("dense",)),
    "saturating": Family(pattern=("simple", "cross"), response="tanh"),
    "ordinal": Family(pattern=("simple", "cross"), columns="ordinal"),
    "mixed": Family(pattern=("simple", "cross"), columns="mixed"),
    "correlated": Family(pattern=("simple", "cross"), correlated=True),
    "unrelated": Family(pattern=("simple", "cross"), unrelated=True),
    "minor": Family(pattern=("minor",), correlated=True),
    "items": Family(pattern=("minor",), columns="ordinal", correlated=True),
    "null": Family(none=True),
}
HELD_OUT = {
    "banded": Family(pattern=("banded",)),
    "bifactor": Family(pattern=("bifactor",)),
    "exponential": Family(response="exponential"),
    "counts": Family(columns="counts"),
    "network": Family(response="network"),
    "other-laws": Family(pattern=("simple", "cross"), laws=("skewed", "bimodal")),
}


@dataclass(frozen=True)
class Table:
    """A table and the factors that it was drawn from."""

    frame: pd.DataFrame
    factors: np.ndarray
    facts: dict = field(default_factory=dict)


def draw(family, generator):
    """Return a table of a family."""
    rows = int(np.exp(generator.uniform(np.log(200), np.log(2000))))
    count = int(generator.integers(2, 7))
    block = int(generator.integers(3, 7))
    if count * block > 30:
        block = 30 // count
    law = str(generator.choice(family.laws))
    noise = float(generator.uniform(0.2, 1.3))
    pattern = str(generator.choice(family.pattern))
    factors = standardised(LAWS[law](generator, (rows, count)))
    if family.correlated:
        share = generator.uniform(0.1, 0.6)
        factors = standardised(
            np.sqrt(share) * generator.standard_normal((rows, 1)) + np.sqrt(1 - share) * factors
        )
    loadings, factors = PATTERNS[pattern](generator, factors, block)
    signal = RESPONSES[family.response](generator, factors, loadings)
    if family.none:
        signal, factors = 0 * signal, factors[:, :0]
        noise = 1.0
    if family.unrelated:
        signal = np.hstack([signal, np.zeros((rows, int(generator.integers(2, 9))))])
    errors = noise * LAWS[str(generator.choice(["gaussian", "uniform"]))](generator, signal.shape)
    cells = COLUMNS[family.columns if not family.none else _any_kind(generator)](
        generator, signal, errors
    )
    order = generator.permutation(len(cells))
    frame = pd.DataFrame({f"x{place}": cells[index] for place, index in enumerate(order, 1)})
    facts = {"rows": rows, "law": law, "noise": noise, "pattern": pattern, "features": len(cells)}
    return Table(frame, factors, facts)


def standardised(values):
    return (values - values.mean(0)) / values.std(0)


def _bimodal(generator, shape):
    return generator.choice([-1.0, 1.0], size=shape) + 0.35 * generator.standard_normal(shape)


LAWS = {
    "gaussian": lambda generator, shape: generator.standard_normal(shape),
    "uniform": lambda generator, shape: generator.uniform(-np.sqrt(3), np.sqrt(3), shape),
    "laplace": lambda generator, shape: generator.laplace(0, np.sqrt(0.5), shape),
    "skewed": lambda generator, shape: generator.exponential(1, shape) - 1,
    "bimodal": _bimodal,
}


def _signs(generator, shape):
    return np.where(generator.random(shape) < 0.3, -1.0, 1.0)


def _simple(generator, factors, block):
    count = factors.shape[1]
    # Factors of unequal numbers of features, three at least, in half of the tables.
    sizes = np.full(count, block)
    if generator.random() < 0.5:
        sizes = generator.integers(3, block + 2, count)
    owner = np.repeat(np.arange(count), sizes)
    loadings = np.zeros((len(owner), count))
    size = generator.uniform(0.5, 1.0, len(owner)) * _signs(generator, len(owner))
    loadings[np.arange(len(owner)), owner] = size
    strengths = generator.uniform(0.6, 1.2, count) if generator.random() < 0.5 else 1.0
    return loadings * strengths, factors


def _cross(generator, factors, block):
    loadings, factors = _simple(generator, factors, block)
    share = generator.uniform(0.1, 0.8)
    for row in np.flatnonzero(generator.random(len(loadings)) < share):
        place = generator.integers(loadings.shape[1])
        if loadings[row, place] == 0:
            loadings[row, place] = generator.uniform(0.3, 0.9) * _signs(generator, ())
    return loadings, factors


def _minor(generator, factors, block):
    """Let features belong to one factor each, with small loadings on all others, as items do."""
    loadings, factors = _simple(generator, factors, block)
    size = generator.uniform(0.05, 0.2)
    return loadings + size * generator.standard_normal(loadings.shape), factors


def _dense(generator, factors, block):
    count = factors.shape[1]
    return generator.standard_normal((block * count, count)) / np.sqrt(count), factors


def _banded(generator, factors, block):
    """Let features load on two neighbouring factors, by an angle between these."""
    count = factors.shape[1]
    loadings = np.zeros((block * count, count))
    for row in range(len(loadings)):
        angle = generator.beta(0.5, 0.5) * np.pi / 2
        place = row % count
        loadings[row, place] += np.cos(angle)
        loadings[row, (place + 1) % count] += np.sin(angle)
    return generator.uniform(0.6, 1.0, (len(loadings), 1)) * loadings, factors


def _bifactor(generator, factors, block):
    """Let every feature load on the first factor, and on one of the others."""
    loadings, _ = _simple(generator, factors[:, 1:], block + 1)
    general = generator.uniform(0.3, 0.8, (len(loadings), 1))
    return np.hstack([general, loadings]), factors


PATTERNS = {
    "simple": _simple,
    "cross": _cross,
    "minor": _minor,
    "dense": _dense,
    "banded": _banded,
    "bifactor": _bifactor,
}


def _network(generator, factors, loadings):
    """Bend each feature by a small random network of the factors that it loads on."""
    signal = np.empty((len(factors), len(loadings)))
    for row, weights in enumerate(loadings):
        inner = factors @ (weights[:, None] * generator.uniform(0.3, 2.0, 4)[None])
        units = np.tanh(inner + generator.uniform(-1.5, 1.5, 4))
        signal[:, row] = units @ generator.uniform(0.2, 1.0, 4)
    return standardised(signal)


RESPONSES = {
    "linear": lambda generator, factors, loadings: factors @ loadings.T,
    "tanh": lambda generator, factors, loadings: np.tanh(
        generator.uniform(0.7, 2.0, len(loadings)) * (factors @ loadings.T)
    ),
    "exponential": lambda generator, factors, loadings: standardised(
        np.exp(generator.uniform(0.4, 1.0, len(loadings)) * (factors @ loadings.T))
    ),
    "network": _network,
}


def _real(generator, signal, errors):
    return list((signal + errors).T)


def _ordinal(generator, signal, errors, least=3):
    cells = []
    for values in (signal + errors).T:
        levels = int(generator.integers(least, 8))
        cuts = np.sort(generator.uniform(-1.3, 1.3, levels - 1)) * values.std() + values.mean()
        cells.append(np.digitize(values, cuts) + 1)
    return cells


def _binary(generator, signal, errors):
    shift = generator.uniform(-0.7, 0.7, signal.shape[1])
    return list(((signal + errors) > shift).astype(int).T)


def _mixed(generator, signal, errors):
    kinds = [_real, _ordinal, _binary]
    chosen = generator.integers(len(kinds), size=signal.shape[1])
    return [
        kinds[kind](generator, signal[:, [column]], errors[:, [column]])[0]
        for column, kind in enumerate(chosen)
    ]


def _counts(generator, signal, errors):
    rate = generator.uniform(0.5, 2.5, signal.shape[1]) + 0.8 * signal
    return list(generator.poisson(np.exp(np.minimum(rate, 5))).T)


COLUMNS = {"real": _real, "ordinal": _ordinal, "mixed": _mixed, "counts": _counts}


def _any_kind(generator):
    return str(generator.choice(["real", "real", "ordinal", "mixed"]))
