"""Figure and table of a choice: held-out likelihood against what the seeds agree on."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes

from unweave.files import write_bytes
from unweave.reporting.drawing import (
    ACCENT,
    COLOURS,
    INK,
    MUTED,
    add_heading,
    look,
    new_figure,
    png_bytes,
)
from unweave.studies.choice import Choice, Rung
from unweave.studies.ranking import near_the_most

FIGURE_FILE = "choice.png"
_MARKS = "osD^vPX*"


def save_choice(choice: Choice) -> None:
    """Draw the trade-off of a choice to ``choice.png`` in its folder."""
    write_bytes(Path(choice.folder) / FIGURE_FILE, draw_choice(choice))


def draw_choice(choice: Choice) -> bytes:
    """Return a plane for each rung: likelihood across, agreement up, the chosen setting ringed."""
    with look():
        figure = new_figure(1.0 + 3.6 * len(choice.rungs), 3.6)
        panels = figure.subplots(1, len(choice.rungs), squeeze=False)[0]
        for panel, rung in zip(panels, choice.rungs, strict=True):
            _plane(panel, choice, rung)
        handles, labels = panels[-1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
        add_heading(
            figure,
            f"Settings of {choice.model} on {choice.data or 'data from memory'}, without labels",
            "Filled: within 5 % of the most; of these the likeliest is chosen. Bars: one s.e.",
        )
        return png_bytes(figure)


def _plane(panel: Axes, choice: Choice, rung: Rung) -> None:
    near = near_the_most([setting.criteria for setting in rung.settings])
    last = [setting.name for setting in choice.rungs[-1].settings]
    for setting, is_near in zip(rung.settings, near, strict=True):
        found = setting.criteria
        named = setting.name in last
        place = last.index(setting.name) if named else 0
        colour = COLOURS[place % len(COLOURS)] if named else MUTED
        mark = _MARKS[place % len(_MARKS)] if named else "o"
        panel.errorbar(
            found.nats, found.believed, xerr=found.nats_error, fmt=mark, color=colour, ms=6,
            mfc=colour if is_near else "white", elinewidth=1,
            label=setting.name if named else None,
        )  # fmt: skip
        if setting.name == choice.chosen.name:
            panel.plot(
                found.nats, found.believed, "o", ms=13, mfc="none", mec=ACCENT, mew=1.2, zorder=4
            )
    panel.set_title(f"{len(rung.settings)} settings, {rung.steps:,} steps", color=INK)
    panel.set_xlabel("held-out log-likelihood of a row (nats)")
    panel.set_ylabel("dimensions that can be believed")
    panel.set_ylim(0, 1.15 * max(panel.get_ylim()[1], 1))
    panel.grid(color="#eeeeee", lw=0.6)
