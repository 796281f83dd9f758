"""Bars of the KL divergence of each dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from unweave.objectives.divergence import INFORMATIVE_NATS, informative_dimensions
from unweave.reporting.drawing import ACCENT, MUTED, WARNING, add_heading, new_figure, plain_ticks
from unweave.reporting.labels import nats

_FLOOR = 1e-3
_UPRIGHT_FROM = 14


def draw_kl(kl: Sequence[float], title: str) -> Figure:
    """Draw KL(q(z_k|x) ‖ p(z_k)) of every dimension in order, on a logarithmic scale.

    Parameters
    ----------
    kl : sequence of float
        K values in nats. Those below 0.001 are drawn at the axis and still written out.
    title : str
    """
    values = np.asarray(kl, float)
    count = len(values)
    informative = set(informative_dimensions(values.tolist()))
    figure = new_figure(float(np.clip(1.4 + 0.48 * count, 4.5, 14)), 3.0)
    axes = figure.add_subplot()
    colours = [ACCENT if index in informative else MUTED for index in range(count)]
    heights = np.maximum(np.nan_to_num(values), _FLOOR)
    axes.bar(range(count), heights - _FLOOR, bottom=_FLOOR, color=colours, width=0.7)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(plain_ticks())
    axes.set_ylim(_FLOOR, max(float(heights.max()), 1.0) * 4)
    rotation = 90 if count > _UPRIGHT_FROM else 0
    for index, (value, height) in enumerate(zip(values, heights, strict=True)):
        axes.annotate(
            _written(float(value)),
            (index, float(height)),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7,
            rotation=rotation,
            # The dashed line does not strike through a number.
            bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"},
        )
    line = axes.axhline(INFORMATIVE_NATS, color=WARNING, linewidth=1, linestyle="--", zorder=0)
    axes.set_xticks(range(count), [f"z{index}" for index in range(count)], rotation=rotation)
    axes.set_xlim(-0.7, count - 0.3)
    axes.set_xlabel("latent dimension")
    axes.set_ylabel("KL from the prior (nats)")
    keys = [Patch(color=ACCENT), Patch(color=MUTED), line]
    labels = ["informative", "uninformative", f"threshold, {INFORMATIVE_NATS:g} nats"]
    figure.legend(keys, labels, loc="outside lower left", ncols=3, frameon=False)
    add_heading(figure, title)
    return figure


def _written(value: float) -> str:
    return nats(value) if not abs(value) < _FLOOR else f"<{_FLOOR:g}"
