"""Pairs of training samples: as given, or drawn so that all but some of their factors are equal."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from unweave.errors import RequestError

# Keys of combinations are int64; beyond this they are numbered anew.
_ROOM = 2**62


class Pairs(Protocol):
    """Pairs of rows, some of them drawn at a time."""

    def __len__(self) -> int:
        """Return how many places there are for a pair's first sample."""
        ...

    def draw(self, places: torch.Tensor, generator: torch.Generator, changed: int) -> torch.Tensor:
        """Return B x 2 row numbers of the pairs at B places.

        Parameters
        ----------
        places : torch.Tensor
            B integers from 0 to ``len(self) - 1``.
        generator : torch.Generator
        changed : int
            How many factors differ; 0 for a random number in each pair. It does not matter
            to pairs that are given.
        """
        ...


class GivenPairs:
    """Pairs that came with the data.

    Parameters
    ----------
    rows : numpy.ndarray
        P x 2 row numbers.
    """

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.int64))

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, places: torch.Tensor, generator: torch.Generator, changed: int) -> torch.Tensor:
        """Return the pairs at these places; see `Pairs.draw`."""
        return self._rows[places]


class FactorPairs:
    """Pairs drawn from rows with known factors.

    A pair's second row is found by steps. Each step changes one factor: to any of the rows
    that agree with the present one in all other factors, itself left out; a step to nowhere is
    not taken. So a pair differs in the factors of its steps, and in no other. Rows from which
    no step is possible are no pair's first.

    Parameters
    ----------
    rows : numpy.ndarray
        N row numbers.
    values : numpy.ndarray
        N x F: the factors of these rows.
    """

    def __init__(self, rows: np.ndarray, values: np.ndarray) -> None:
        codes = [np.unique(column, return_inverse=True)[1] for column in values.T]
        found = [_neighbours(codes, factor) for factor in range(len(codes))]
        order, place, start, count = (np.stack(part) for part in zip(*found, strict=True))
        self._order, self._place = torch.from_numpy(order), torch.from_numpy(place)
        self._start, self._count = torch.from_numpy(start), torch.from_numpy(count)
        self._rows = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.int64))
        self._firsts = (self._count > 1).any(0).nonzero().flatten()

    def __len__(self) -> int:
        return len(self._firsts)

    def draw(self, places: torch.Tensor, generator: torch.Generator, changed: int) -> torch.Tensor:
        """Return pairs whose first rows are at these places; see `Pairs.draw`."""
        factors, size = len(self._order), len(places)
        chances = torch.rand((size, factors), generator=generator, dtype=torch.float64)
        steps = torch.rand((size, factors), generator=generator, dtype=torch.float64)
        lengths = torch.full((size,), changed)
        if not changed:
            lengths = torch.randint(1, factors, (size,), generator=generator)
        first = self._firsts[places]
        # Factors that cannot change alone come last.
        turn = (chances + (self._count[:, first].T < 2)).argsort(1)
        second = first
        for step in range(int(lengths.max())):
            moved = self._moved(second, turn[:, step], steps[:, step])
            second = torch.where(step < lengths, moved, second)
        return torch.stack([self._rows[first], self._rows[second]], 1)

    def _moved(
        self, present: torch.Tensor, factor: torch.Tensor, chance: torch.Tensor
    ) -> torch.Tensor:
        """Return other rows that agree in all factors but one; the same where there are none."""
        start, count = self._start[factor, present], self._count[factor, present]
        skipped = 1 + (chance * (count - 1)).long()
        place = start + (self._place[factor, present] - start + skipped) % count
        return torch.where(count > 1, self._order[factor, place], present)


def factor_pairs(
    rows: np.ndarray, values: np.ndarray, sizes: tuple[int | None, ...], name: str
) -> FactorPairs:
    """Return the pairs that can be drawn from rows with known factors.

    Raises
    ------
    RequestError
        If there are fewer than two factors, or no two rows agree in all of them but one.
    """
    if len(sizes) < 2:
        raise RequestError(f"{name}: has one factor alone, and pairs share all but some of them")
    pairs = FactorPairs(rows, values)
    if not len(pairs):
        continuous = ", which are continuous" if None in sizes else ""
        raise RequestError(
            f"{name}: no two training rows share all factors but one{continuous}; give a denser "
            "grid of factors, or pairs of samples, (first, second)"
        )
    return pairs


def _neighbours(codes: list[np.ndarray], factor: int) -> tuple[np.ndarray, ...]:
    """Return rows in the order of their other factors, and each row's place and group in it."""
    others = _numbered([code for index, code in enumerate(codes) if index != factor])
    order = np.argsort(others, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    _, first, group, count = np.unique(
        others[order], return_index=True, return_inverse=True, return_counts=True
    )
    return order, place, first[group][place], count[group][place]


def _numbered(codes: list[np.ndarray]) -> np.ndarray:
    """Return an integer for each row that tells combinations of several codes apart."""
    key, room = np.zeros(len(codes[0]), np.int64), 1
    for code in codes:
        size = int(code.max()) + 1
        if room * size > _ROOM:
            key = np.unique(key, return_inverse=True)[1]
            room = len(key)
        key = key * size + code
        room *= size
    return key
