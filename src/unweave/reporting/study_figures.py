"""Figures of a study: seeds and means of each method, and scores against each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from unweave.metrics.registry import SCORES
from unweave.reporting.drawing import (
    ACCENT,
    COLOURS,
    INK,
    MUTED,
    add_heading,
    look,
    new_figure,
    png_bytes,
    shortened,
)
from unweave.studies.results import Study

DIVERGENCE = ("mutual-information", "total-correlation", "dimension-wise-kl")
_MARKS = "osD^vPX*<>"
_COLUMNS = 3


def draw_scores(study: Study, scores: list[str]) -> bytes:
    """Return a panel for each score: a line per method, its seeds, mean and 95 % interval."""
    methods = study.methods
    columns = min(_COLUMNS, len(scores))
    rows = -(-len(scores) // columns)
    with look():
        figure = new_figure(1.6 + 2.6 * columns, rows * (0.75 + 0.24 * len(methods)))
        axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for panel, score in zip(axes.flat, scores, strict=False):
            _dots(panel, study, score)
            panel.set_yticks(range(len(methods)), _names(study))
            panel.set_ylim(len(methods) - 0.5, -0.5)
        for panel in axes.flat[len(scores) :]:
            panel.set_visible(False)
        add_heading(figure, f"Scores on {data_name(study)}, {study.plan.split} rows")
        return png_bytes(figure)


def _names(study: Study) -> list[str]:
    return [shortened(study.titles[method], 34) for method in study.methods]


def _dots(panel: Axes, study: Study, score: str) -> None:
    for place, method in enumerate(study.methods):
        values = list(study.by_seed(method, score).values())
        summary = study.summary(method, score)
        if summary is None:
            continue
        # Below the interval, which would hide them.
        panel.plot(
            values, [place + 0.25] * len(values), "o",
            color=MUTED, ms=3.5, zorder=1, clip_on=False,
        )  # fmt: skip
        if summary.count > 1:
            panel.plot([summary.low, summary.high], [place, place], color=ACCENT, lw=2, zorder=2)
        panel.plot(summary.mean, place, "D", color=ACCENT, ms=4.5, zorder=3, clip_on=False)
    units = {result.units.get(score, "") for result in study.results} - {""}
    panel.set_title(f"{score} ({units.pop()})" if units else score)
    panel.set_xlim(_limits(study, score, panel.get_xlim()))
    panel.grid(axis="x", color="#e6e6e6", lw=0.6)
    panel.tick_params(axis="y", length=0)


def _limits(study: Study, score: str, wide: tuple[float, float]) -> tuple[float, float]:
    """Return the limits of an axis, kept within the score's range as far as its values are."""
    values = [result.values[score] for result in study.results if score in result.values]
    low, high = SCORES[score].range if score in SCORES else (-np.inf, np.inf)
    return max(wide[0], min(low, *values)), min(wide[1], max(high, *values))


def draw_plane(study: Study, across: str, up: str) -> bytes:
    """Return a plane of two scores: a mark for each seed, a cross of intervals for each method.

    For reconstruction and disentanglement see Kim and Mnih (2018), Figures 4 and 5. The methods of
    one model have one colour.
    """
    styles = _styles(study)
    with look():
        figure = new_figure(7.2, max(4.2, 1 + 0.22 * len(styles)))
        panel = figure.add_subplot()
        for method, (colour, mark) in styles.items():
            one, other = study.by_seed(method, across), study.by_seed(method, up)
            seeds = [seed for seed in one if seed in other]
            if not seeds:
                continue
            panel.plot(
                [one[s] for s in seeds], [other[s] for s in seeds], mark,
                color=colour, ms=4, alpha=0.45, mew=0,
            )  # fmt: skip
            x, y = study.summary(method, across), study.summary(method, up)
            assert x is not None
            assert y is not None
            if len(seeds) > 1:
                panel.plot([x.low, x.high], [y.mean, y.mean], color=colour, lw=1.3)
                panel.plot([x.mean, x.mean], [y.low, y.high], color=colour, lw=1.3)
            panel.plot(
                x.mean, y.mean, mark, color=colour, ms=8, mec="white", label=study.titles[method]
            )
        panel.set_xlabel(across)
        panel.set_ylabel(up)
        panel.grid(color="#eeeeee", lw=0.6)
        figure.legend(loc="outside right center", frameon=False)
        add_heading(figure, f"{up} against {across} on {data_name(study)}")
        return png_bytes(figure)


def _styles(study: Study) -> dict[str, tuple[str, str]]:
    """Return colour and mark of every method: a colour a model where one has several methods."""
    models = {each.label: each.model for each in study.plan.methods}
    names = list(dict.fromkeys(models[label] for label in study.methods))
    alone = len(names) == len(study.methods)
    styles: dict[str, tuple[str, str]] = {}
    for place, label in enumerate(study.methods):
        among = sum(models[other] == models[label] for other in styles)
        mark = place if alone else among
        colour = names.index(models[label]) if len(names) > 1 else place
        styles[label] = COLOURS[colour % len(COLOURS)], _MARKS[mark % len(_MARKS)]
    return styles


def data_name(study: Study) -> str:
    """Return the name of a study's data; of a path its last part."""
    name, colon, options = study.plan.data.partition(":")
    return Path(name).name + colon + options


def draw_divergence(study: Study) -> bytes:
    """Return bars of Lemma 1's three parts of the KL, means over seeds."""
    methods = study.methods
    with look():
        figure = new_figure(6.2, 0.9 + 0.3 * len(methods))
        panel = figure.add_subplot()
        left = np.zeros(len(methods))
        for part, colour in zip(DIVERGENCE, COLOURS, strict=False):
            found = [study.summary(method, part) for method in methods]
            width = np.array([0.0 if each is None else each.mean for each in found])
            # An estimate of a value near 0 can be negative.
            panel.barh(range(len(methods)), width.clip(0), left=left, color=colour, label=part)
            left += width.clip(0)
        panel.set_yticks(range(len(methods)), _names(study))
        panel.invert_yaxis()
        panel.tick_params(axis="y", length=0)
        panel.set_xlabel("nats")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        add_heading(figure, "What the KL divergence consists of")
        return png_bytes(figure)


def draw_rank_correlations(study: Study) -> bytes:
    """Return a heat map of Spearman's correlations of the scores over all runs."""
    names, table = study.scores, study.rank_correlations()
    size = len(names)
    with look():
        figure = new_figure(1.9 + 0.42 * size, 1.6 + 0.36 * size)
        panel = figure.add_subplot()
        panel.imshow(table, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
        for i, j in np.ndindex(table.shape):
            known = np.isfinite(table[i, j])
            strong = known and abs(table[i, j]) > 0.6
            # Adding 0 to a rounded value removes the minus before a 0.
            text = f"{round(float(table[i, j]), 1) + 0:.1f}".replace("-", "−") if known else "–"
            colour = "white" if strong else INK
            panel.text(j, i, text, ha="center", va="center", color=colour, fontsize=7)
        panel.set_xticks(range(size), names, rotation=45, ha="right", rotation_mode="anchor")
        panel.set_yticks(range(size), names)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        add_heading(figure, "Rank correlations of scores over all runs")
        return png_bytes(figure)
