"""Figures of the face experiment: curves, trade-off, strips of edited faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import unweave as uw
from unweave.editing.edits import Edit, decode_edits
from unweave.files import write_bytes as write
from unweave.reporting.drawing import COLOURS, add_heading, look, new_figure, panels, png_bytes
from unweave.reporting.strips import strip_png

Groups = Mapping[str, Sequence[Mapping[str, Any]]]
SHOWN = 8
DEGREES = (0.0, 1.0, 2.0, 3.0)


def draw_curves(groups: Groups, path: Path) -> None:
    """Draw Figure 6: the strength error over the values, a line for each model."""
    judged = {name: rows for name, rows in groups.items() if "strength" in rows[0]}
    first = next(iter(judged.values()))[0]["strength"]["attributes"]
    with look():
        figure, axes = panels(len(first), 2.8, 2.3, most_columns=3)
        for panel, attribute in zip(axes, first, strict=True):
            for colour, (name, rows) in zip(COLOURS, judged.items(), strict=False):
                curves = [row["strength"]["attributes"][attribute] for row in rows]
                errors = np.array([curve["error"] for curve in curves])
                values = curves[0]["values"]
                low, high = errors.min(0), errors.max(0)
                panel.fill_between(values, low, high, color=colour, alpha=0.2, linewidth=0)
                panel.plot(values, errors.mean(0), color=colour, marker="o", ms=3, label=name)
            missed = first[attribute]["svm_misses"]
            panel.axhline(missed, color="#555555", linestyle="--", linewidth=0.8)
            panel.set_title(f"{attribute} (SVM {first[attribute]['svm_accuracy']:.2f})")
            panel.set_xlabel("value asked for")
            panel.set_ylabel("error")
            panel.set_ylim(-0.03, 1.03)
        axes[0].legend(frameon=False, fontsize=6)
        seeds = max(len(rows) for rows in judged.values())
        add_heading(
            figure,
            "Strength of edits by model",
            "Share of edited test faces that linear SVMs still call 'without'; mean and range over "
            f"{seeds} seeds. Dashed: what the SVMs miss of real faces.",
        )
        write(path, png_bytes(figure))


def draw_trade_off(groups: Groups, asked: float, path: Path) -> None:
    """Draw error against SSIM and against change outside, a point for each run."""
    with look():
        figure = new_figure(8.6, 4.2)
        panes = figure.subplots(1, 2)
        judged = [name for name in groups if "strength" in groups[name][0]]
        for name in judged:
            for row in groups[name]:
                curves = row["strength"]["attributes"].values()
                place = [curve["values"].index(asked) for curve in curves]
                pairs = list(zip(curves, place, strict=True))
                error = np.mean([curve["error"][at] for curve, at in pairs])
                outside = np.mean([curve["change_outside"][at] for curve, at in pairs])
                colour = COLOURS[judged.index(name) % len(COLOURS)]
                for panel, where in zip(
                    panes, (row["scores"]["ssim"]["value"], outside), strict=True
                ):
                    panel.plot(where, error, "o", color=colour, ms=5)
                    if row is groups[name][0]:
                        panel.annotate(
                            name, (where, error), (4, 3), textcoords="offset points", fontsize=6
                        )
        panes[0].set_xlabel("SSIM of reconstructions")
        panes[1].set_xlabel(f"change outside of the region at {asked:g} (RMS)")
        for panel in panes:
            panel.set_ylabel(f"mean strength error at {asked:g}")
        add_heading(figure, "Strength against reconstruction and against change elsewhere")
        write(path, png_bytes(figure))


def draw_faces_by_degree(groups: Groups, figures: Path) -> None:
    """Draw Figures 4 and 5: reconstructed and edited test faces, never an original."""
    names = [name for name in groups if "strength" in groups[name][0]]
    models = {name: uw.load(groups[name][0]["folder"]) for name in names}
    if "mdd-ae-dcov" not in models:
        return
    attributes = list(groups["mdd-ae-dcov"][0]["strength"]["attributes"])
    for attribute in attributes:
        model = models["mdd-ae-dcov"]
        rows = lacking(model, attribute)[:SHOWN]
        pixels = by_degree(model, rows, attribute)
        heads = ["reconstruction", *(f"{value:g}" for value in DEGREES)]
        title = f"{attribute} by degree: mdd-ae-dcov, test faces"
        write(figures / f"edit-{attribute}.png", strip_png(pixels, heads, title, apart=1))
    for place, attribute in enumerate(attributes):
        rows = lacking(next(iter(models.values())), attribute)[place : place + 1]
        columns = [by_degree(model, rows, attribute) for model in models.values()]
        joined = [np.concatenate(parts) for parts in zip(*columns, strict=True)]
        heads = ["reconstruction", *(f"{value:g}" for value in DEGREES)]
        title = f"{attribute} by degree: one test face, each model"
        write(
            figures / f"models-{attribute}.png",
            strip_png(joined, heads, title, rows=list(models), apart=1),
        )


def lacking(model: Any, attribute: str) -> np.ndarray:
    """Return the test rows without an attribute."""
    dataset = model.dataset()
    rows = dataset.rows("test")
    column = dataset.labels.names.index(attribute)
    return np.asarray(rows[dataset.labels.values[rows, column] == 0])


def by_degree(model: Any, rows: np.ndarray, attribute: str) -> list[np.ndarray]:
    """Return reconstructions, then the images edited to each degree."""
    codes = model.encode(model.dataset(), rows)
    return list(decode_edits(model, codes, [Edit({attribute: value}) for value in DEGREES]))
