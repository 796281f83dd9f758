"""Kinds of columns of words: dates, two-valued, ordered, categories, ids, free text."""

from __future__ import annotations

import numpy as np

from unweave.data.tables import dates
from unweave.data.tables.cells import READABLE_SHARE, Cells
from unweave.data.tables.columns import Column, Kind
from unweave.data.tables.levels import (
    MOST_LEVELS,
    REPEATED_SHARE,
    category,
    level_counts,
    marked,
    ordinal,
    two_levels,
)
from unweave.data.tables.number_kinds import ID_NAME
from unweave.data.tables.scales import ordered

_MARKS = frozenset({"x", "1", "yes", "y", "true", "t", "ja", "j", "oui", "si", "sí", "*", "+"})
_MARKS |= {"✓", "✔", "☑", "•", "v"}


def text_column(name: str, cells: Cells, counters: bool) -> Column:
    """Describe a column whose cells are words; `counters` says whether ids are looked for."""
    levels = cells.levels
    present = int((~cells.blank).sum())
    if len(levels) == 1:
        return _one_text(name, cells)
    if (found := dates.find_format(levels, READABLE_SHARE)) is not None and len(levels) > 2:
        kind: Kind = "time" if dates.is_time(found[0]) else "date"
        first = cells.levels[0]
        return Column(name, kind, reason=f"read as {found[0]}, such as {first}", format=found[0])
    if len(levels) == 2:
        low, high = two_levels(levels)
        return Column(name, "binary", reason=f"{low} is 0, {high} is 1", levels=(low, high))
    if (order := ordered(levels)) is not None:
        return ordinal(name, cells, order, f"ordered: {order[0]} to {order[-1]}")
    counts = level_counts(cells)
    if counts[counts > 1].sum() < REPEATED_SHARE * present:
        return _unrepeated(name, cells, present)
    if counters and len(levels) > MOST_LEVELS and ID_NAME.fullmatch(name):
        return Column(name, "id", "left out", f"named like an id, {len(levels)} values")
    return category(name, cells)


def _one_text(name: str, cells: Cells) -> Column:
    text = cells.levels[0]
    blanks = cells.blank.mean()
    if blanks and (text.casefold() in (*_MARKS, name.casefold()) or blanks >= REPEATED_SHARE):
        return marked(name, cells, text)
    return Column(name, "constant", "left out", constant=text)


def _unrepeated(name: str, cells: Cells, present: int) -> Column:
    levels = cells.levels
    readable = int(cells.readable.sum())
    if readable * 2 >= present:
        row, text = cells.first_unreadable()
        reason = f"only {readable / present:.0%} of its cells are numbers, first other {text!r} "
        return Column(name, "text", "left out", f"{reason}in row {row + 1}")
    words = np.mean([len(text.split()) for text in levels[:1000]])
    if len(levels) == present and words < 4:
        return Column(name, "id", "left out", f"{len(levels)} distinct texts: a name for each row")
    return Column(name, "text", "left out", f"text, {len(levels)} distinct values")
