"""Figures of association tables: heat maps, or maps of pixels beside traversals."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from unweave.editing.traversal import Traversal
from unweave.interpretation.interpret import Interpretation
from unweave.reporting.drawing import add_heading, new_figure, shortened
from unweave.reporting.labels import nats, run_title

MOST_FEATURES = 120
TITLES = {
    "fvh_lt": (
        "FVH-LT",
        "Share of each feature's variance that moving one dimension alone causes.",
    ),
    "dbsr_ls": (
        "DBSR-LS",
        "Coefficient of each dimension in the dirty regression; purple: the feature rises with "
        "the dimension, orange: it falls.",
    ),
}
# A share of variance has no sign, a coefficient has one.
_COLOURS = {"fvh_lt": "Greys", "dbsr_ls": "PuOr"}


def draw_reading(found: Interpretation, name: str, traversal: Traversal | None = None) -> Figure:
    """Draw one association table, in which darker is stronger; colours tell signs apart.

    Parameters
    ----------
    found : Interpretation
    name : {"fvh_lt", "dbsr_ls"}
    traversal : Traversal, optional
        The reference run's, for images: strips to be shown beside the maps of pixels.
    """
    shape = found.reference.model.sample_shape
    order = shown_dimensions(found)
    if len(shape) == 3:
        return _draw_maps(found, name, order, traversal)
    return _draw_table(found, name, order)


def shown_dimensions(found: Interpretation) -> list[int]:
    """Return the columns to show, by falling KL: the informative ones, or the five largest."""
    falling = [int(k) for k in np.argsort(-found.kl, kind="stable")]
    return [k for k in falling if k in found.informative] or falling[:5]


def leading_order(table: np.ndarray) -> np.ndarray:
    """Return at most 120 features by leading column, the strongest of each first."""
    strength, leading = table.max(1), table.argmax(1)
    kept = np.sort(np.argsort(-strength, kind="stable")[:MOST_FEATURES])
    return np.asarray(kept[np.lexsort((-strength[kept], leading[kept]))])


def _draw_table(found: Interpretation, name: str, order: list[int]) -> Figure:
    # Both tables show their features in one order, so that they can be laid side by side.
    lines = leading_order(found.tables["fvh_lt"][:, order])
    table = _drawn(found, name)[lines][:, order]
    names = [shortened(found.features[j], 28) for j in lines]
    longest = max(map(len, names))
    width = max(4.2, 1.6 + 0.075 * longest + 0.55 * len(order))
    figure = new_figure(width, 1.1 + 0.2 * len(names))
    axes = figure.add_subplot()
    top = max(1.0, float(np.abs(table).max(initial=0)))
    image = axes.imshow(table, **_scale(name, top), aspect="auto")
    axes.set_xticks(range(len(order)), [f"z{k}\n{nats(found.kl[k])}" for k in order])
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, labelsize=7.5)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("latent dimension, KL in nats")
    if len(order) <= 15:
        for (row, column), value in np.ndenumerate(table):
            if abs(value) >= 0.05 * top:
                colour = "white" if abs(value) > 0.6 * top else "#222222"
                text = f"{value:.2f}".replace("-", "−")
                axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    figure.colorbar(image, ax=axes, pad=0.02, fraction=0.08)
    _head(figure, found, name, len(found.features) - len(lines))
    return figure


def _draw_maps(
    found: Interpretation, name: str, order: list[int], traversal: Traversal | None
) -> Figure:
    channels, height, width = found.reference.model.sample_shape
    maps = _drawn(found, name).reshape(channels, height, width, -1).mean(0)[:, :, order]
    strips = (
        {} if traversal is None else dict(zip(traversal.dimensions, traversal.outputs, strict=True))
    )
    steps = 0 if traversal is None else len(traversal.quantiles)
    side = 0.8
    figure = new_figure(1.4 + side * (1.15 + steps), 0.4 + side * len(order))
    grid = figure.add_gridspec(
        len(order), 1 + steps, width_ratios=[1.15, *[1.0] * steps], wspace=0.02, hspace=0.02
    )
    top = float(np.quantile(np.abs(maps), 0.999)) or 1.0
    for row, k in enumerate(order):
        axes = figure.add_subplot(grid[row, 0])
        axes.imshow(maps[:, :, row], **_scale(name, top), interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_ylabel(f"z{k}\n{nats(found.kl[k])} nats", rotation=0, ha="right", va="center")
        for step, picture in enumerate(strips.get(k, ())):
            beside = figure.add_subplot(grid[row, 1 + step])
            beside.set_axis_off()
            shown = picture[0] if channels == 1 else picture.transpose(1, 2, 0)
            beside.imshow(shown.clip(0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    _head(figure, found, name, 0)
    return figure


def _drawn(found: Interpretation, name: str) -> np.ndarray:
    """Return the table that is drawn, with signs where it has any."""
    return found.signed() if name == "dbsr_ls" else found.tables[name]


def _scale(name: str, top: float) -> dict[str, Any]:
    low = -top if _COLOURS[name] != "Greys" else 0.0
    return {"cmap": _COLOURS[name], "vmin": low, "vmax": top}


def _head(figure: Figure, found: Interpretation, name: str, left_out: int) -> None:
    title, caption = TITLES[name]
    index = found.to_json_index()
    low, high = index["interval"][name]
    runs = len(found.readings)
    model = found.reference.model
    whose = run_title(model) if runs == 1 else f"{model.name} on {found.data}, {runs} runs aligned"
    over = "over rows" if runs == 1 else "over runs"
    result = f" LSDI {index[name]:.3f} (95 % {over}: {low:.3f} to {high:.3f})."
    if left_out:
        result += f" The {left_out} weakest features are left out."
    if len(model.sample_shape) == 3:
        caption = caption.replace("feature", "pixel")
    add_heading(figure, f"{title}: {whose}", caption + result)
