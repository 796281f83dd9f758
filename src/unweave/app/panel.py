"""What the panels of all kinds of runs share: the visitor, the partners, events, tabs."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from unweave.app.about import run_html, scores_html
from unweave.app.exhibit import Exhibit
from unweave.app.readings import readings_html
from unweave.app.visit import Visit, visit_row
from unweave.app.widgets import plain_html
from unweave.errors import RequestError

# Sliders speak many times a second: no queue, no spinner, and of those that wait the last.
LIVE: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
SLOW: dict[str, Any] = {"show_progress": "full", "api_visibility": "private"}


@dataclass
class Visitor:
    """One open page: its visit stays while its runs are switched."""

    visit: Visit | None = field(default=None)

    def at(self, exhibit: Exhibit) -> Visit:
        """Return the visit, begun anew where the last one was of other data."""
        if self.visit is None or not self.visit.fits(exhibit):
            self.visit = visit_row(exhibit)
        return self.visit

    def __deepcopy__(self, memo: dict[int, Any]) -> Visitor:
        # Every page begins with a visitor of its own.
        return Visitor(copy.copy(self.visit))


@dataclass(frozen=True)
class Hall:
    """Where a panel stands: its run, all runs, the visitor's state.

    Attributes
    ----------
    exhibit : Exhibit
    exhibits : sequence of Exhibit
    visitor : gradio.State
    """

    exhibit: Exhibit
    exhibits: Sequence[Exhibit]
    visitor: gr.State

    @property
    def partners(self) -> list[Exhibit]:
        """The other runs whose controls can be moved alike."""
        family = self.exhibit.family
        return [
            each for each in self.exhibits if each is not self.exhibit and each.family == family
        ]

    def tabs(self) -> gr.Tabs:
        """Return the panel's tabs, at the first of them."""
        return gr.Tabs(selected=self._tab_id("Edit"))

    def tab(self, name: str) -> gr.Tab:
        """Return one of the tabs; those of another run's panel are others."""
        return gr.Tab(name, id=self._tab_id(name))

    def _tab_id(self, name: str) -> str:
        return f"{name} {self.exhibit.number}"

    def beside(self) -> gr.Dropdown:
        """Return the choice of runs to stand beside this one; hidden where there are none."""
        names = [each.title for each in self.partners]
        return gr.Dropdown(
            names,
            value=[],
            multiselect=True,
            label="Beside it",
            info="Other runs of the same data: the same edit, side by side",
            visible=bool(names),
        )

    def chosen(self, titles: Sequence[str] | None) -> list[Exhibit]:
        """Return this run, then those that stand beside it."""
        return [self.exhibit, *(each for each in self.partners if each.title in (titles or ()))]


def short_titles(exhibits: Sequence[Exhibit]) -> list[str]:
    """Return what tells runs apart, such as ``seed 1``; "" for a single one."""
    if len(exhibits) == 1:
        return [""]
    parts = [each.title.split(", ") for each in exhibits]
    while len({each[0] for each in parts}) == 1 and all(len(each) > 1 for each in parts):
        parts = [each[1:] for each in parts]
    return [", ".join(each) for each in parts]


def answering(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let an event tell the visitor what is wrong with what was asked for."""

    @functools.wraps(function)
    def answer(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except RequestError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return answer


def add_readings(hall: Hall) -> None:
    """Add the tab of what the dimensions mean, without ground truth."""
    table = hall.exhibit.kind == "table"
    with hall.tab("What dimensions mean") as tab:
        gr.Markdown(
            "FVH-LT: the share of each feature's variance that moving one dimension alone brings "
            "about. DBSR-LS: how a sparse regression explains the features by the dimensions. "
            "Darker is stronger."
        )
        begin = gr.Button("Read the latent space", variant="primary", elem_classes="begin-reading")
        out = plain_html(elem_classes="readings")
        answer = answering(lambda: (gr.update(visible=False), readings_html(hall.exhibit)))
        gr.on([begin.click, *([tab.select] if table else [])], answer, None, [begin, out], **SLOW)


def add_about(hall: Hall) -> None:
    """Add the tab of the run's facts, its figures and its scores."""
    exhibit = hall.exhibit
    with hall.tab("This run") as tab:
        out = plain_html(elem_classes="about")
        tab.select(lambda: run_html(exhibit), None, out, **SLOW)
        begin = gr.Button("Score it on the test split", visible=exhibit.dataset is not None)
        scores = plain_html(elem_classes="scores")
        begin.click(answering(lambda: scores_html(exhibit)), None, scores, **SLOW)
