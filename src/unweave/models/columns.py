"""The columns of a table within a model: its inputs, and the likelihood of every column."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from unweave.nets.columns import ColumnInputs, ColumnLayout
from unweave.objectives.columns.distribution import ColumnParameters, Distribution
from unweave.objectives.columns.gaussian import bounded
from unweave.objectives.columns.registry import DISTRIBUTIONS


class Widths(NamedTuple):
    """Widths of a table's networks: encoder inputs, decoder inputs beside the codes, outputs."""

    inputs: int
    given: int
    units: int


def table_columns(
    layout: ColumnLayout | None, features: int, variance: float = 1.0, learned: bool = False
) -> tuple[TableColumns | None, Widths]:
    """Return a table's columns as part of a model, and the widths of its networks.

    There is nothing to be known of columns that are all numbers without blanks, and have one
    fixed variance: samples are then the networks' inputs and outputs.

    Parameters
    ----------
    layout : ColumnLayout, optional
        By default `features` real columns.
    features : int
        J.
    variance, learned : float, bool
        See `TableColumns`.
    """
    layout = layout or ColumnLayout.of_numbers(features)
    if layout.is_plain and not learned:
        return None, Widths(features, 0, features)
    columns = TableColumns(layout, variance, learned)
    return columns, Widths(columns.inputs.width, columns.given.width, layout.units)


class TableColumns(nn.Module):
    """How a model takes the columns of a table in, and how likely it holds their cells.

    Parameters
    ----------
    layout : ColumnLayout
    variance : float
        Where the learned variances of Gaussian columns start.
    learned : bool
        Whether they are learned, a variance for each column.

    Attributes
    ----------
    inputs, given : ColumnInputs
        What the encoder is fed, and what the decoder is fed beside the codes.
    owners : numpy.ndarray
        E ints: the column that each of the values of `observed` belongs to.
    """

    learned_places: torch.Tensor
    order: torch.Tensor
    expected_order: torch.Tensor

    def __init__(self, layout: ColumnLayout, variance: float, learned: bool) -> None:
        super().__init__()
        self.layout = layout
        self.inputs = ColumnInputs(layout, range(len(layout.columns)))
        self.given = ColumnInputs(layout, layout.given)
        self.groups = nn.ModuleDict()
        for name, places in layout.groups().items():
            free = learned or name != "gaussian"
            start = float(np.log(variance)) if name == "gaussian" else None
            self.groups[name] = ColumnGroup(layout, name, places, free, start)
        grouped = [place for places in layout.groups().values() for place in places]
        self.register_buffer("learned_places", torch.tensor(layout.learned), persistent=False)
        # From the order of the groups to that of the columns.
        self.register_buffer("order", torch.tensor(np.argsort(grouped)), persistent=False)
        owners = np.concatenate([group.owners for group in self._groups])
        order = np.argsort(owners, kind="stable")
        self.register_buffer("expected_order", torch.from_numpy(order), persistent=False)
        self.owners: np.ndarray = owners[order]

    @property
    def _groups(self) -> list[ColumnGroup]:
        return [group for group in self.groups.values() if isinstance(group, ColumnGroup)]

    def log_probability(
        self, samples: torch.Tensor, decoded: torch.Tensor, variance: torch.Tensor
    ) -> torch.Tensor:
        """Return log p(cell|z) in nats of the learned columns, N x L; 0 where blank.

        Parameters
        ----------
        samples : torch.Tensor
            N x J, NaN where blank.
        decoded : torch.Tensor
            N x U: the decoder's outputs.
        variance : torch.Tensor
            Of Gaussian columns, where it is not learned: one for all, or one for each.
        """
        parts = [group.log_probability(samples, decoded, variance) for group in self._groups]
        return torch.cat(parts, 1)[:, self.order]

    def values(self, decoded: torch.Tensor, samples: torch.Tensor | None = None) -> torch.Tensor:
        """Return the expected number or the most likely level of every cell, N x J.

        Given columns are those of `samples`, or NaN.
        """
        parts = [group.law.likeliest(group.parameters_of(decoded)) for group in self._groups]
        return self._placed(torch.cat(parts, 1), decoded, samples)

    def draw(
        self,
        decoded: torch.Tensor,
        variance: torch.Tensor,
        generator: torch.Generator,
        samples: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return cells drawn from p(x|z), N x J; given columns as in `values`."""
        parts = [
            group.law.draw(group.parameters_of(decoded, variance), generator)
            for group in self._groups
        ]
        return self._placed(torch.cat(parts, 1), decoded, samples)

    def shares(self, decoded: torch.Tensor) -> list[tuple[list[int], torch.Tensor]]:
        """Return p of every level of the columns that have levels.

        Parameters
        ----------
        decoded : torch.Tensor
            N x U.

        Returns
        -------
        list of tuple
            For some columns their C places, and N x C x most levels; about 0 beyond a
            column's own.
        """
        return [
            (group.places.tolist(), group.law.log_shares(group.parameters_of(decoded)).exp())
            for group in self._groups
            if group.law.log_shares is not None
        ]

    def expected(self, decoded: torch.Tensor) -> torch.Tensor:
        """Return E x under p(x|z) in the form of `observed`, N x E."""
        parts = [group.expected(decoded) for group in self._groups]
        return torch.cat(parts, 1)[:, self.expected_order]

    def observed(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the learned cells as numbers whose expectations mean something, N x E.

        Numbers are standardised; a level of a binary or ordinal column is its share of the way
        from the first to the last; a category has the indicator of each level. Blanks are NaN.
        """
        parts = [group.observed(samples) for group in self._groups]
        return torch.cat(parts, 1)[:, self.expected_order]

    def _placed(
        self, learned: torch.Tensor, decoded: torch.Tensor, samples: torch.Tensor | None
    ) -> torch.Tensor:
        shape = decoded.shape[0], len(self.layout.columns)
        whole = decoded.new_full(shape, torch.nan) if samples is None else samples.clone()
        whole[:, self.learned_places] = learned[:, self.order].to(whole.dtype)
        return whole


class ColumnGroup(nn.Module):
    """The C columns of a table that have one likelihood.

    Parameters
    ----------
    layout : ColumnLayout
    name : str
        The likelihood's.
    places : sequence of int
        The columns, among all of the table's.
    has_free : bool
        Whether the free parameters are learned.
    start : float, optional
        Where they start, if not where the likelihood lets them start.
    """

    places: torch.Tensor
    units: torch.Tensor
    levels: torch.Tensor
    mean: torch.Tensor
    sd: torch.Tensor
    taken: torch.Tensor

    def __init__(
        self,
        layout: ColumnLayout,
        name: str,
        places: tuple[int, ...],
        has_free: bool,
        start: float | None = None,
    ) -> None:
        super().__init__()
        self.law: Distribution = DISTRIBUTIONS[name]
        columns = [layout.columns[place] for place in places]
        most = max(each.levels for each in columns)
        width = max(each.units for each in columns)
        offsets = np.array([layout.offsets[place] for place in places])[:, None]
        units = np.array([each.units for each in columns])[:, None]
        each_unit = np.arange(width)[None]
        buffers = {
            "places": torch.tensor(places),
            # Beyond a column's own units any will do: they are ignored.
            "units": torch.from_numpy(offsets + np.minimum(each_unit, units - 1)),
            "levels": torch.tensor([each.levels for each in columns]),
            "mean": torch.tensor([each.mean for each in columns]),
            "sd": torch.tensor([each.sd for each in columns]),
            "taken": torch.from_numpy(np.flatnonzero(each_unit < units)),
        }
        for key, value in buffers.items():
            self.register_buffer(key, value, persistent=False)
        self.owners = np.repeat(places, units[:, 0])
        free = [self.law.start(each.levels, most, each.mean, each.sd) for each in columns]
        values = torch.tensor(free).reshape(len(places), -1)
        self.free: nn.Parameter | None = None
        if has_free and values.numel():
            self.free = nn.Parameter(values if start is None else torch.full_like(values, start))

    def parameters_of(
        self, decoded: torch.Tensor, variance: torch.Tensor | None = None
    ) -> ColumnParameters:
        """Return the parameters of p(x|z) that a decoder's N x U outputs stand for."""
        if self.free is not None:
            free = bounded(self.free) if self.law.name == "gaussian" else self.free
        else:
            is_stated = variance is not None and self.law.name == "gaussian"
            start = torch.log(variance) if is_stated else decoded.new_zeros(())  # type: ignore[arg-type]
            free = start.reshape(-1, 1).expand(len(self.places), 1)
        outputs = decoded[:, self.units]
        return ColumnParameters(outputs, free, self.levels, self.mean, self.sd)

    def log_probability(
        self, samples: torch.Tensor, decoded: torch.Tensor, variance: torch.Tensor
    ) -> torch.Tensor:
        """Return log p(cell|z), N x C; 0 where blank."""
        values = samples[:, self.places]
        blank = values.isnan()
        # Filled before, not masked after: the gradient of a masked NaN is NaN.
        nats = self.law.log_probability(
            values.masked_fill(blank, 0.0), self.parameters_of(decoded, variance)
        )
        return nats.masked_fill(blank, 0.0)

    def expected(self, decoded: torch.Tensor) -> torch.Tensor:
        """Return expectations, N x (one for each column, or each level of a category)."""
        return self.law.expected(self.parameters_of(decoded)).flatten(1)[:, self.taken]

    def observed(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the cells in the form of `expected`, NaN where blank."""
        values = samples[:, self.places]
        if self.law.name != "categorical":
            steps = (self.levels - 1).clamp_min(1).to(values.dtype)
            return values / steps
        levels = torch.arange(self.units.shape[1], device=values.device)
        indicators = (values.unsqueeze(-1) == levels).to(values.dtype)
        indicators = indicators.masked_fill(values.isnan().unsqueeze(-1), torch.nan)
        return indicators.flatten(1)[:, self.taken]
