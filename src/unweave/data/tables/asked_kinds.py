"""Columns read as the kind that was asked for, or refused by the first cell that does not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from unweave.data.tables import dates
from unweave.data.tables.cells import READABLE_SHARE, Cells
from unweave.data.tables.columns import LEVELLED, UNLEARNT, Column, Kind
from unweave.data.tables.levels import category, level_counts, marked, present_levels
from unweave.data.tables.number_kinds import positive
from unweave.data.tables.own_numbers import own_numbers
from unweave.data.tables.scales import ordered
from unweave.errors import RequestError


def asked_column(name: str, cells: Cells, kind: Kind) -> Column:
    """Read the cells as the kind asked for, or name the first cell that does not fit."""
    reason = "as asked"
    if kind in UNLEARNT:
        return Column(name, kind, "left out", reason, constant=_first(cells, kind))
    if kind in LEVELLED:
        return _forced_levels(name, cells.as_text(), kind, reason)
    if kind in ("date", "time"):
        if cells.dtype in ("datetime", "date", "time", "duration"):
            return Column(name, kind, reason=reason)
        texts = cells.as_text().levels
        found = dates.find_format(texts, READABLE_SHARE)
        form = found[0] if found else "%Y" if kind == "date" else "%H:%M"
        _refuse_unfit(
            name, kind, cells, np.isnan(own_numbers(Column(name, kind, format=form), cells))
        )
        return Column(name, kind, reason=f"{reason}, read as {form}", format=form)
    _refuse_unfit(name, kind, cells, ~cells.readable)
    numbers = cells.numbers[cells.readable]
    if kind == "real":
        return Column(name, kind, reason=reason, whole=bool((numbers == np.floor(numbers)).all()))
    unfit = (cells.numbers < 0) | ((kind == "count") & (cells.numbers != np.floor(cells.numbers)))
    _refuse_unfit(name, kind, cells, unfit & cells.readable, share=0.0)
    if kind == "count":
        return Column(name, kind, reason=reason, whole=True)
    column = positive(name, numbers, "", bool((numbers == np.floor(numbers)).all()))
    return replace(column, reason=f"{reason}; {column.reason}")


def _forced_levels(name: str, cells: Cells, kind: Kind, reason: str) -> Column:
    levels = present_levels(cells, cells.ordered) or cells.levels
    present = int((~cells.blank).sum())
    if kind == "binary" and len(levels) != 2:
        if len(levels) == 1 and cells.blank.any():
            return marked(name, cells, levels[0])
        third = levels[2] if len(levels) > 2 else (levels or ("",))[0]
        row = int(np.flatnonzero(cells.codes == cells.levels.index(third))[0]) if levels else 0
        raise RequestError(
            f"column {name!r}, row {row + 1}: {third!r} does not fit the kind binary, "
            f"as the column has {len(levels)} values; give the kind category"
        )
    if len(levels) * 2 > present and len(levels) > 2:
        level, row = _rarest(cells)
        raise RequestError(
            f"column {name!r}, row {row + 1}: {level!r} does not fit the kind {kind}, whose levels "
            f"repeat; the column has {len(levels)} levels in {present} rows that are not blank: "
            "leave it out, or give another kind"
        )
    if kind == "category":
        return replace(category(name, cells), reason=f"{reason}, {len(levels)} levels")
    if len(levels) == 1:
        raise RequestError(f"column {name!r} has one value only; leave it out")
    order = levels if cells.ordered else ordered(levels) or _by_value(cells)
    return Column(name, kind, reason=f"{reason}, {order[0]} to {order[-1]}", levels=order)


def _rarest(cells: Cells) -> tuple[str, int]:
    """Return a level that the fewest cells hold, and its row: the first such one."""
    counts = level_counts(cells)
    row = int(np.flatnonzero((cells.codes >= 0) & (counts[cells.codes] == counts.min()))[0])
    return cells.levels[cells.codes[row]], row


def _refuse_unfit(
    name: str, kind: Kind, cells: Cells, unfit: np.ndarray, share: float = 1 - READABLE_SHARE
) -> None:
    """Refuse a kind that more than `share` of the cells do not fit."""
    unfit = unfit & ~cells.blank
    if unfit.sum() > share * (~cells.blank).sum() or not (~cells.blank).any():
        row = int(np.flatnonzero(unfit)[0]) if unfit.any() else 0
        text = cells.as_text()
        shown = text.levels[text.codes[row]] if text.codes[row] >= 0 else ""
        raise RequestError(
            f"column {name!r}, row {row + 1}: {shown!r} does not fit the kind {kind} "
            f"({int(unfit.sum())} of {len(unfit)} cells do not); give another kind"
        )


def _by_value(cells: Cells) -> tuple[str, ...]:
    """Order levels by their numbers, or else by alphabet."""
    values: dict[str, float] = {}
    for text in cells.levels:
        try:
            values[text] = float(text)
        except ValueError:
            return tuple(sorted(cells.levels))
    return tuple(sorted(cells.levels, key=lambda text: values[text]))


def _first(cells: Cells, kind: Kind) -> str | None:
    texts = cells.as_text()
    return texts.levels[0] if kind == "constant" and texts.levels else None
