"""The panel of one run, of the kind that suits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import gradio as gr

from unweave.app.image_panel import image_panel
from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import message_html
from unweave.app.page_state import PageState
from unweave.app.panel import PanelContext
from unweave.app.table_panel import table_panel
from unweave.app.widgets import plain_html
from unweave.app.wording import WELCOME
from unweave.reporting.run_facts import health_warning


def run_panel(
    run: LoadedRun,
    runs: Sequence[LoadedRun],
    page_state: gr.State,
    state: PageState,
    wanted: Mapping[str, float],
    may_rename: bool,
) -> None:
    """Build the panel of a run while the page is rendered.

    Parameters
    ----------
    run : LoadedRun
    runs : sequence of LoadedRun
        All runs of the page.
    page_state : gradio.State
        Where `state` is kept.
    state : PageState
    wanted : mapping of str to float
        Controls that the page's address asks to be moved.
    may_rename : bool
        Whether visitors may rename controls.
    """
    head = f"**{run.title}**" if len(runs) == 1 else ""
    gr.Markdown(f"{head}\n\n{WELCOME[run.panel_kind]}", elem_classes="welcome")
    if warning := health_warning(run.model):
        plain_html(message_html(warning), elem_classes="health")
    context = PanelContext(run, runs, page_state, wanted, may_rename)
    build = table_panel if run.panel_kind == "table" else image_panel
    build(context, state)
