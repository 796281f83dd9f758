"""Figures of the strength protocol: errors by value, and degrees drawn by degrees asked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unweave.editing.degrees import DegreeCurve
from unweave.editing.strength_curves import StrengthCurve
from unweave.reporting.drawing import ACCENT, MUTED, WARNING, add_heading, panels


def draw_strength(curves: Mapping[str, StrengthCurve], title: str) -> Figure:
    """Draw, for each attribute, the error and the change over the values asked for.

    Parameters
    ----------
    curves : mapping of str to StrengthCurve
        Curves of one direction.
    title : str
    """
    figure, axes = panels(len(curves), 2.7, 2.3, most_columns=4)
    for place, (panel, curve) in enumerate(zip(axes, curves.values(), strict=True)):
        _draw_error(panel, curve)
        if place == 0:
            panel.legend(frameon=False, fontsize=6, loc="best")
    removed = any(curve.direction == "remove" for curve in curves.values())
    missing = "with" if removed else "without"
    add_heading(
        figure,
        title,
        f"Error: share of edited test images that linear SVMs still classify as '{missing}' (mean "
        "and standard deviation of 5). Dashed: share of real images they misclassify; dotted: "
        "unedited reconstructions. Orange: RMS change outside the attribute's region.",
    )
    return figure


def _draw_error(panel: Axes, curve: StrengthCurve) -> None:
    order = np.argsort(curve.values)
    values = np.array(curve.values)[order]
    error, spread = np.array(curve.error)[order], np.array(curve.error_sd)[order]
    panel.fill_between(values, error - spread, error + spread, color=ACCENT, alpha=0.2, linewidth=0)
    panel.plot(values, error, color=ACCENT, marker="o", markersize=3, label="error")
    panel.plot(
        values,
        np.array(curve.change_outside)[order],
        color=WARNING,
        marker="s",
        markersize=2.5,
        label="change outside",
    )
    panel.axhline(curve.svm_misses, color="#555555", linestyle="--", linewidth=0.8)
    panel.axhline(curve.error_reconstruction, color=MUTED, linestyle=":", linewidth=1)
    panel.set_ylim(-0.03, 1.03)
    sign = "no " if curve.direction == "remove" else ""
    panel.set_title(f"{sign}{curve.attribute} (SVM {curve.svm_accuracy:.2f}, n = {curve.count})")
    panel.set_xlabel("value asked for")
    panel.set_ylabel("error, change")
    panel.grid(axis="y", color="#EEEEEE", linewidth=0.6)


def draw_degrees(curves: Mapping[str, DegreeCurve], title: str) -> Figure:
    """Draw, for each attribute, the degree drawn against the degree asked for.

    Parameters
    ----------
    curves : mapping of str to DegreeCurve
    title : str
    """
    figure, axes = panels(len(curves), 2.5, 2.4, most_columns=5)
    for panel, (name, curve) in zip(axes, curves.items(), strict=True):
        asked, drawn, sd = map(np.array, (curve.asked, curve.drawn, curve.sd))
        panel.plot([asked[0], asked[-1]], [asked[0], asked[-1]], color=MUTED, linewidth=0.8)
        panel.fill_between(asked, drawn - sd, drawn + sd, color=ACCENT, alpha=0.2, linewidth=0)
        panel.plot(asked, drawn, color=ACCENT, marker="o", markersize=3)
        panel.set_title(f"{name} (rank corr. {curve.spearman:.2f})")
        panel.set_xlabel("degree asked for")
        panel.set_ylabel("degree drawn")
        panel.grid(color="#EEEEEE", linewidth=0.6)
    add_heading(
        figure,
        title,
        "As read by a regression of the true intensities: mean and standard deviation over the "
        "faces. Grey: exactly as asked for.",
    )
    return figure
