"""Facts by which a page makes a table's cells of the decoder's outputs."""

from __future__ import annotations

from typing import Any

from unweave.models.columns import ColumnGroup, TableColumns
from unweave.objectives.columns.distribution import ColumnParameters
from unweave.objectives.columns.ordered_logit import cutpoints


def cells_of(columns: TableColumns) -> list[dict[str, Any]]:
    """Return for each of the J columns its likelihood, and where its outputs are.

    Parameters
    ----------
    columns : TableColumns
        Without given columns.

    Returns
    -------
    list of dict
        ``law`` (the likelihood's name), ``from`` and ``to`` (the place of its outputs),
        ``mean``, ``sd``, and for an ordered logit its ``cuts``.
    """
    layout = columns.layout
    cells: list[dict[str, Any]] = [
        {
            "law": each.likelihood,
            "from": at,
            "to": at + each.units,
            "mean": each.mean,
            "sd": each.sd,
        }
        for each, at in zip(layout.columns, layout.offsets, strict=True)
    ]
    for group in columns.groups.values():
        if not isinstance(group, ColumnGroup) or group.free is None:
            continue
        if group.law.name != "ordered-logit":
            continue
        known = ColumnParameters(group.free, group.free, group.levels, group.mean, group.sd)
        for place, levels, cuts in zip(
            group.places.tolist(), group.levels.tolist(), cutpoints(known).tolist(), strict=True
        ):
            cells[place]["cuts"] = cuts[: levels - 1]
    return cells
