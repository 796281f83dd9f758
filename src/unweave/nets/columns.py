"""The columns of a table as a network's inputs and outputs: who stands where, and in what form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from unweave.data import Column, TableSchema

LIKELIHOODS: Mapping[str, str] = {
    "real": "gaussian",
    "positive": "gaussian",
    "date": "gaussian",
    "time": "gaussian",
    "count": "negative-binomial",
    "binary": "bernoulli",
    "category": "categorical",
    "ordinal": "ordered-logit",
}


@dataclass(frozen=True)
class ColumnCode:
    """What networks and likelihoods need to know of one column of the samples.

    Attributes
    ----------
    likelihood : str
        One of `unweave.objectives.columns.registry.DISTRIBUTIONS`.
    levels : int
        The number of levels; 0 for numbers.
    mean, sd : float
        Own numbers are ``sample * sd + mean``; used for counts.
    blanks : bool
        Whether cells were blank in the training table.
    given : bool
        Whether encoder and decoder know it, and it is not learned.
    """

    likelihood: str = "gaussian"
    levels: int = 0
    mean: float = 0.0
    sd: float = 1.0
    blanks: bool = False
    given: bool = False

    @property
    def units(self) -> int:
        """The number of outputs that a decoder has for the column."""
        if self.given:
            return 0
        return self.levels if self.likelihood == "categorical" else 1


def likelihood_of(column: Column) -> str:
    """Return the name of a column's likelihood: that of its kind, but for narrow counts.

    No negative binomial has a variance under its mean; such counts, ratings for the most part,
    are taken for numbers.
    """
    if column.kind == "count" and column.sd**2 < column.mean:
        return "gaussian"
    return LIKELIHOODS[column.kind]


@dataclass(frozen=True)
class ColumnLayout:
    """The J columns of a table's samples, in order.

    Attributes
    ----------
    columns : tuple of ColumnCode
    """

    columns: tuple[ColumnCode, ...]

    @classmethod
    def of(cls, schema: TableSchema | None) -> ColumnLayout | None:
        """Return the layout of a table's columns; None for the coding "gaussian", and images."""
        if schema is None or schema.coding != "columns":
            return None
        return cls(
            tuple(
                ColumnCode(
                    likelihood_of(column),
                    0 if column.levels is None else len(column.levels),
                    column.mean,
                    column.sd,
                    column.blanks > 0 and not column.mark,
                    column.role == "given",
                )
                for column in schema.features
            )
        )

    @classmethod
    def of_numbers(cls, count: int) -> ColumnLayout:
        """Return the layout of real columns without blanks."""
        return cls((ColumnCode(),) * count)

    @property
    def is_plain(self) -> bool:
        """Whether all columns are numbers without blanks: samples are inputs and outputs."""
        return all(
            each.likelihood == "gaussian" and not each.blanks and not each.given
            for each in self.columns
        )

    @property
    def is_of_levels(self) -> bool:
        """Whether levels and counts alone are learned: no likelihood has a variance."""
        return all(self.columns[place].likelihood != "gaussian" for place in self.learned)

    @cached_property
    def learned(self) -> tuple[int, ...]:
        """The places of the columns that are learned, among all columns."""
        return tuple(place for place, each in enumerate(self.columns) if not each.given)

    @cached_property
    def given(self) -> tuple[int, ...]:
        """The places of the columns that are given."""
        return tuple(place for place, each in enumerate(self.columns) if each.given)

    @property
    def units(self) -> int:
        """The number of a decoder's outputs."""
        return sum(each.units for each in self.columns)

    @property
    def offsets(self) -> tuple[int, ...]:
        """The place of every column's first output among a decoder's."""
        places, total = [], 0
        for each in self.columns:
            places.append(total)
            total += each.units
        return tuple(places)

    def groups(self) -> dict[str, tuple[int, ...]]:
        """Return the places of the learned columns, by their likelihood."""
        found: dict[str, list[int]] = {}
        for place in self.learned:
            found.setdefault(self.columns[place].likelihood, []).append(place)
        return {name: tuple(places) for name, places in found.items()}


class ColumnInputs(nn.Module):
    """Samples as a network takes them: N x J with NaN to N x W without.

    Numbers stay as they are, 0 where blank; counts are log(1 + n), standardised as if they
    were lognormal; binary and ordinal levels lie evenly from −1 to 1, 0 where blank;
    a category has a 0 or 1 for each level, all 0 where blank. Other columns that have blanks
    in the training table have a further input, 1 where the cell is blank.

    Parameters
    ----------
    layout : ColumnLayout
    places : sequence of int
        The columns that are inputs.
    """

    steps: torch.Tensor
    shift: torch.Tensor
    scale: torch.Tensor
    is_count: torch.Tensor
    numbers: torch.Tensor
    categories: torch.Tensor
    level: torch.Tensor
    marked: torch.Tensor

    def __init__(self, layout: ColumnLayout, places: Sequence[int]) -> None:
        super().__init__()
        columns = [(place, layout.columns[place]) for place in places]
        numbers = [(at, each) for at, each in columns if each.likelihood != "categorical"]
        levels = [
            (at, level)
            for at, each in columns
            if each.likelihood == "categorical"
            for level in range(each.levels)
        ]
        marked = [at for at, each in numbers if each.blanks]
        scales = [_scale(each) for _, each in numbers]
        # Not part of the state: they follow from the table's schema.
        buffers = {
            "numbers": torch.tensor([at for at, _ in numbers], dtype=torch.long),
            "is_count": torch.tensor(
                [each.likelihood == "negative-binomial" for _, each in numbers]
            ),
            "steps": torch.tensor([[each.mean, each.sd] for _, each in numbers]).reshape(-1, 2),
            "shift": torch.tensor([shift for shift, _ in scales]),
            "scale": torch.tensor([scale for _, scale in scales]),
            "categories": torch.tensor([at for at, _ in levels], dtype=torch.long),
            "level": torch.tensor([float(level) for _, level in levels]),
            "marked": torch.tensor(marked, dtype=torch.long),
        }
        for name, value in buffers.items():
            self.register_buffer(name, value, persistent=False)
        self._counts = any(each.likelihood == "negative-binomial" for _, each in numbers)
        self.width = len(numbers) + len(levels) + len(marked)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        blank = samples.isnan()
        filled = samples.masked_fill(blank, 0.0)
        numbers = filled[:, self.numbers]
        if self._counts:
            counts = numbers * self.steps[:, 1] + self.steps[:, 0]
            # Never below 0 but for rounding; the other columns are not used.
            counts = torch.where(self.is_count, counts, 0.0).clamp_min(0)
            numbers = torch.where(self.is_count, counts.log1p(), numbers)
        numbers = (numbers - self.shift) / self.scale
        numbers = numbers.masked_fill(blank[:, self.numbers], 0.0)
        levels = (filled[:, self.categories] == self.level) & ~blank[:, self.categories]
        parts = [numbers, levels.to(samples.dtype), blank[:, self.marked].to(samples.dtype)]
        return torch.cat(parts, 1)


def _scale(column: ColumnCode) -> tuple[float, float]:
    """Return what is subtracted from a column's samples (log counts), and then divided by."""
    if column.likelihood == "negative-binomial":
        spread = math.sqrt(math.log1p((column.sd / (1 + column.mean)) ** 2))
        return math.log1p(column.mean), max(spread, 1e-3)
    if column.levels:
        half = max(column.levels - 1, 1) / 2
        return half, half
    return 0.0, 1.0
