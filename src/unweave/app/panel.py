"""Parts that the panels of all kinds of runs share: context, events, tabs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from unweave.app.loaded_run import LoadedRun
from unweave.app.page_state import PageState
from unweave.app.widgets import board_at, plain_html
from unweave.errors import RequestError

# Sliders send many events a second: no queue, no spinner, and of those that wait only the last.
LIVE: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
# Several visitors may wait at once, each for an answer of their own.
SLOW: dict[str, Any] = {
    "show_progress": "full",
    "api_visibility": "private",
    "concurrency_limit": 8,
}


@dataclass(frozen=True)
class PanelContext:
    """The run that a panel shows, all runs of the page, and the page's state.

    Attributes
    ----------
    run : LoadedRun
    runs : sequence of LoadedRun
    state : gradio.State
    wanted : mapping of str to float
        Controls that the page's address asks to be moved.
    may_rename : bool
        Whether visitors may rename controls, which is kept in the run's folder.
    """

    run: LoadedRun
    runs: Sequence[LoadedRun]
    state: gr.State
    wanted: Mapping[str, float] = field(default_factory=dict)
    may_rename: bool = True

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


def add_names(context: PanelContext, sliders: gr.HTML) -> None:
    """Add the fields that rename a slider; the run's folder keeps the name."""
    run = context.run
    kept = context.may_rename and run.model.folder is not None and bool(run.controls)
    with gr.Accordion("Rename a slider", open=False, visible=kept, elem_classes="names"):
        names = [each.name for each in run.controls]
        which = gr.Dropdown(names, value=next(iter(names), None), label="Slider")
        text = gr.Textbox(label="Its name; none takes it back", max_length=60)
        keep = gr.Button("Keep the name in the run")

    def rename(state: PageState, name: str, text: str) -> Any:
        run.rename(name, text)
        return board_at(run, state.sample_for(run))

    keep.click(answering(rename), [context.state, which, text], sliders, **LIVE)


def add_readings(context: PanelContext) -> None:
    """Add the tab that interprets the dimensions without ground truth."""
    table = context.run.panel_kind == "table"
    with context.tab("What dimensions mean") as tab:
        gr.Markdown(
            "FVH-LT: the share of each feature's variance that moving one dimension alone brings "
            "about. DBSR-LS: how a sparse regression explains the features by the dimensions: "
            "purple where a feature rises with the dimension, orange where it falls. Darker is "
            "stronger."
        )
        begin = gr.Button("Read the latent space", variant="primary", elem_classes="begin-reading")
        out = plain_html(elem_classes="readings")

        def read() -> tuple[Any, str]:
            from unweave.app.readings import readings_html  # The page opens without figures.

            return gr.update(visible=False), readings_html(context.run)

        answer = answering(read)
        gr.on([begin.click, *([tab.select] if table else [])], answer, None, [begin, out], **SLOW)


def add_about(context: PanelContext) -> None:
    """Add the tab of the run's facts, figures and scores."""
    run = context.run
    with context.tab("This run") as tab:
        out = plain_html(elem_classes="about")
        tab.select(_told(run, "run_html"), None, out, **SLOW)
        begin = gr.Button("Score it on the test split", visible=run.dataset is not None)
        scores = plain_html(elem_classes="scores")
        begin.click(answering(_told(run, "scores_html")), None, scores, **SLOW)


def _told(run: LoadedRun, name: str) -> Callable[[], str]:
    """Return what calls a function of `about`, which is loaded when it is first needed."""

    def tell() -> str:
        from unweave.app import about

        told: str = getattr(about, name)(run)
        return told

    return tell
