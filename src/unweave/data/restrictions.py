"""Restricted training rows: two correlated factors, or combinations of factors left out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from unweave.data.dataset import Dataset
from unweave.data.factors import Factors
from unweave.data.options import Option, Value
from unweave.data.splits import MINIMUM_ROWS, Splits
from unweave.errors import RequestError, nearest, shown

RESTRICTION_SEED = 2021
_PAIR = re.compile(r"(?P<one>.+)/(?P<other>.+)@(?P<strength>[^@/]+)")
_RANGE = re.compile(r"(?P<low>.*?)(?P<dots>\.\.)?(?P<high>(?(dots).*))")


@dataclass(frozen=True)
class Restriction:
    """An option of any data with factors that restricts the rows to learn from.

    Attributes
    ----------
    option : Option
        Its value is what is asked for, in words of its own.
    splits : callable
        ``splits(dataset, factors, text)`` returns the restricted splits.
    """

    option: Option
    splits: Callable[[Dataset, Factors, str], Splits]


def correlated(dataset: Dataset, factors: Factors, text: str) -> Splits:
    """Keep training and validation rows in which two factors are correlated.

    Träuble et al. (2021), equation 1: p(c₁, c₂) ∝ exp(−(c₁ − α c₂)² / 2σ²). Both factors
    are scaled to [0, 1] here, so that α is 1 and σ is in units of their ranges. A row is kept
    with this probability, by a fixed seed. Test rows stay as they are: of all combinations.

    Parameters
    ----------
    dataset : Dataset
    factors : Factors
    text : str
        ``A/B@σ``: the names of two factors, and σ.
    """
    found = _PAIR.fullmatch(text)
    if found is None:
        raise RequestError(f"correlated={text}: write two factors and σ, such as shape/scale@0.2")
    one, other = (_column(factors, found[part], "correlated") for part in ("one", "other"))
    if one == other:
        raise RequestError(f"correlated={text}: names one factor twice; name two")
    strength = _number(found["strength"], f"correlated={text}: σ")
    if not 0 < strength < math.inf:
        raise RequestError(f"correlated={text}: σ must be above 0, such as 0.2")
    first, second = (_unit(factors.values[:, column]) for column in (one, other))
    chance = np.exp(-((first - second) ** 2) / (2 * strength**2))
    kept = np.random.default_rng(RESTRICTION_SEED).random(len(chance)) < chance
    return {
        name: rows if name == "test" else rows[kept[rows]] for name, rows in dataset.splits.items()
    }


def left_out(dataset: Dataset, factors: Factors, text: str) -> Splits:
    """Keep combinations of factors out of training: they are the test rows, and no others are.

    Parameters
    ----------
    dataset : Dataset
    factors : Factors
    text : str
        ``A=2/B=0..3``: rows of which A is 2 and B from 0 to 3; ``+`` between several of these.
        A discrete factor's values are class indices. An end of a range may be left open.
    """
    out = np.zeros(len(factors.values), dtype=bool)
    for combination in text.split("+"):
        chosen = np.ones(len(out), dtype=bool)
        for part in combination.split("/"):
            chosen &= _within(factors, part, text)
        if not chosen.any():
            raise RequestError(f"left_out={text}: no sample has {combination}; name values it has")
        out |= chosen
    rest = {name: rows[~out[rows]] for name, rows in dataset.splits.items()}
    train = np.sort(np.concatenate([rest["train"], rest["test"]]))
    return {"train": train, "validation": rest["validation"], "test": np.flatnonzero(out)}


RESTRICTIONS: Mapping[str, Restriction] = {
    each.option.name: each
    for each in (
        Restriction(
            Option(
                "correlated",
                None,
                str,
                "A/B@σ: training rows in which the factors A and B are correlated; σ in units of "
                "their ranges",
            ),
            correlated,
        ),
        Restriction(
            Option(
                "left_out",
                None,
                str,
                "A=2/B=0..3: rows of these factors are not learned from, and are the test rows; "
                "+ between several combinations",
            ),
            left_out,
        ),
    )
}
RESTRICTION_OPTIONS = tuple(each.option for each in RESTRICTIONS.values())


def restricted(dataset: Dataset, values: Mapping[str, Value]) -> Dataset:
    """Return a dataset with restricted training rows, where its options ask for that.

    Raises
    ------
    RequestError
        If the data has no factors, a factor is unknown, the request cannot be read, or too
        few rows are left.
    """
    for name, restriction in RESTRICTIONS.items():
        text = values.get(name)
        if text is None:
            continue
        if dataset.factors is None:
            raise RequestError(
                f"{name}={text}: {dataset.name} has no factors; leave it out, or give data with "
                "known factors, such as sprites"
            )
        splits = restriction.splits(dataset, dataset.factors, str(text))
        for split, rows in splits.items():
            least = MINIMUM_ROWS if split == "train" else 1
            if len(rows) < least:
                raise RequestError(
                    f"{name}={text}: leaves {len(rows)} {split} rows of {dataset.name}; at least "
                    f"{least} are needed"
                )
        note = f"{name}={text}: {len(splits['train']):,} of {len(dataset):,} to learn from"
        dataset = replace(dataset, splits=splits, notes=(*dataset.notes, note))
    return dataset


def _column(factors: Factors, name: str, option: str) -> int:
    if name not in factors.names:
        raise RequestError(
            f"{option}: unknown factor {shown(name)}{nearest(name, factors.names)} (there are: "
            f"{', '.join(factors.names)})"
        )
    return factors.names.index(name)


def _within(factors: Factors, part: str, text: str) -> np.ndarray:
    """Return which rows have a factor's value or a value of a range of it."""
    name, equals, asked = part.rpartition("=")
    if not equals:
        raise RequestError(f"left_out={text}: write factors and values, such as shape=0/x=16..31")
    values = factors.values[:, _column(factors, name, "left_out")]
    found = _RANGE.fullmatch(asked)
    assert found is not None
    ends = f"left_out={text}: a value of {name}"
    low = -math.inf if found["dots"] and not found["low"] else _number(found["low"], ends)
    high = low
    if found["dots"]:
        high = _number(found["high"], ends) if found["high"] else math.inf
    return np.asarray((low <= values) & (values <= high))


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RequestError(f"{what} is {text!r}; give a number") from None


def _unit(values: np.ndarray) -> np.ndarray:
    return np.asarray((values - values.min()) / np.ptp(values))
