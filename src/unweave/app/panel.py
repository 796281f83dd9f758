"""Parts that the panels of all kinds of runs share: page state, context, events, tabs."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from unweave.app.about import run_html, scores_html
from unweave.app.loaded_run import LoadedRun
from unweave.app.readings import readings_html
from unweave.app.sample import Sample, sample_of_row
from unweave.app.widgets import plain_html
from unweave.errors import RequestError

# Sliders send many events a second: no queue, no spinner, and of those that wait only the last.
LIVE: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
SLOW: dict[str, Any] = {"show_progress": "full", "api_visibility": "private"}


@dataclass
class PageState:
    """State of one open page: its sample stays while its runs are switched."""

    sample: Sample | None = field(default=None)

    def sample_for(self, run: LoadedRun) -> Sample:
        """Return the chosen sample, or the run's first one where it belongs to other data."""
        if self.sample is None or not self.sample.fits(run):
            self.sample = sample_of_row(run)
        return self.sample

    def __deepcopy__(self, memo: dict[int, Any]) -> PageState:
        # Every page begins with a state of its own.
        return PageState(copy.copy(self.sample))


@dataclass(frozen=True)
class PanelContext:
    """The run that a panel shows, all runs of the page, and the page's state.

    Attributes
    ----------
    run : LoadedRun
    runs : sequence of LoadedRun
    state : gradio.State
    """

    run: LoadedRun
    runs: Sequence[LoadedRun]
    state: gr.State

    @property
    def partners(self) -> list[LoadedRun]:
        """The other runs whose controls can be moved together with this one's."""
        group = self.run.group
        return [each for each in self.runs if each is not self.run and each.group == group]

    def tabs(self) -> gr.Tabs:
        """Return the panel's tabs, at the first of them."""
        return gr.Tabs(selected=self._tab_id("Edit"))

    def tab(self, name: str) -> gr.Tab:
        """Return one of the tabs, told apart from those of other runs' panels."""
        return gr.Tab(name, id=self._tab_id(name))

    def _tab_id(self, name: str) -> str:
        return f"{name} {self.run.number}"

    def beside(self) -> gr.Dropdown:
        """Return the menu of runs to be shown beside this one; hidden where there are none."""
        names = [each.title for each in self.partners]
        return gr.Dropdown(
            names,
            value=[],
            multiselect=True,
            label="Beside it",
            info="Other runs of the same data: the same edit, side by side",
            visible=bool(names),
        )

    def chosen(self, titles: Sequence[str] | None) -> list[LoadedRun]:
        """Return this run, then those chosen to be shown beside it."""
        return [self.run, *(each for each in self.partners if each.title in (titles or ()))]


def short_titles(runs: Sequence[LoadedRun]) -> list[str]:
    """Return the part of each title that tells runs apart, such as ``seed 1``; "" for one run."""
    if len(runs) == 1:
        return [""]
    parts = [each.title.split(", ") for each in runs]
    while len({each[0] for each in parts}) == 1 and all(len(each) > 1 for each in parts):
        parts = [each[1:] for each in parts]
    return [", ".join(each) for each in parts]


def answering(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an event's function so that the page shows what is wrong with a request."""

    @functools.wraps(function)
    def answer(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except RequestError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return answer


def add_readings(context: PanelContext) -> None:
    """Add the tab that interprets the dimensions without ground truth."""
    table = context.run.panel_kind == "table"
    with context.tab("What dimensions mean") as tab:
        gr.Markdown(
            "FVH-LT: the share of each feature's variance that moving one dimension alone brings "
            "about. DBSR-LS: how a sparse regression explains the features by the dimensions. "
            "Darker is stronger."
        )
        begin = gr.Button("Read the latent space", variant="primary", elem_classes="begin-reading")
        out = plain_html(elem_classes="readings")
        answer = answering(lambda: (gr.update(visible=False), readings_html(context.run)))
        gr.on([begin.click, *([tab.select] if table else [])], answer, None, [begin, out], **SLOW)


def add_about(context: PanelContext) -> None:
    """Add the tab of the run's facts, figures and scores."""
    run = context.run
    with context.tab("This run") as tab:
        out = plain_html(elem_classes="about")
        tab.select(lambda: run_html(run), None, out, **SLOW)
        begin = gr.Button("Score it on the test split", visible=run.dataset is not None)
        scores = plain_html(elem_classes="scores")
        begin.click(answering(lambda: scores_html(run)), None, scores, **SLOW)
