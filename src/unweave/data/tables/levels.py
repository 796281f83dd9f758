"""Columns of levels: marked or two-valued ones, categories by frequency, ordered ones."""

from __future__ import annotations

import numpy as np

from unweave.data.tables.cells import YES_OR_NO, Cells
from unweave.data.tables.columns import Column
from unweave.data.tables.numerals import number_text

# A category has at most so many levels; each holds two rows and, where these are most of the
# rows, this share of them.
MOST_LEVELS = 50
LEAST_LEVEL_SHARE = 0.005
# Share of the rows that must be in levels of two rows or more.
REPEATED_SHARE = 0.5


def category(name: str, cells: Cells, why: str = "") -> Column:
    """Describe a category; levels by frequency, the rare ones pooled in a last one."""
    counts = level_counts(cells)
    by_frequency = sorted(
        range(len(counts)), key=lambda place: (-counts[place], cells.levels[place])
    )
    least = max(2, LEAST_LEVEL_SHARE * counts.sum())
    kept = [place for place in by_frequency if counts[place] >= least][:MOST_LEVELS]
    if counts[kept].sum() < REPEATED_SHARE * counts.sum():
        # Of many levels all are rare: a pool of most rows would tell nothing of them.
        kept = [place for place in by_frequency if counts[place] >= 2][:MOST_LEVELS]
    rare = by_frequency[len(kept) :]
    if len(rare) == 1 and len(kept) < MOST_LEVELS:
        kept, rare = by_frequency, []
    levels = tuple(cells.levels[place] for place in kept)
    reason = f"{len(counts)} levels"
    if rare:
        levels = (*levels, f"other ({len(rare)} levels)")
        reason += f", {len(rare)} rare ones pooled"
    pooled = tuple(cells.levels[place] for place in rare)
    return Column(name, "category", reason=joined(reason, why), levels=levels, pooled=pooled)


def ordinal(name: str, cells: Cells, levels: tuple[str, ...], reason: str) -> Column:
    """Describe levels in their order: constant, binary or ordinal by how many there are."""
    if len(levels) == 1:
        return Column(name, "constant", "left out", reason, constant=levels[0])
    return Column(name, "binary" if len(levels) == 2 else "ordinal", reason=reason, levels=levels)


def marked(name: str, cells: Cells, text: str) -> Column:
    """Describe a column that is marked by one text, or blank."""
    reason = f"marked by {text} or blank: blank is 0, {text} is 1"
    return Column(name, "binary", reason=reason, levels=("", text), mark=True)


def two_levels(levels: tuple[str, ...]) -> tuple[str, str]:
    """Return two levels, the one that says no first."""
    low, high = sorted(levels)
    positive = {"true", "yes", "t", "y"}
    if {low.casefold(), high.casefold()} <= YES_OR_NO and low.casefold() in positive:
        return high, low
    return low, high


def present_levels(cells: Cells, levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the ordered levels that occur."""
    known = set(cells.levels) | {number_text(number) for number in np.unique(cells.numbers)
                                 if np.isfinite(number)}  # fmt: skip
    return tuple(level for level in levels if level in known)


def level_counts(cells: Cells) -> np.ndarray:
    """Return how many cells hold each level."""
    return np.bincount(cells.codes[cells.codes >= 0], minlength=len(cells.levels))


def joined(*parts: str) -> str:
    """Return what there is to say of a column in one line; empty parts are left out."""
    return "; ".join(filter(None, parts))
