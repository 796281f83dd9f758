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
from unweave.reporting.run_facts import health_warning

WELCOME = {
    "attributes": "Choose an image, then drag a slider. Each sets the degree of one attribute: "
    "0 is not at all, 1 is fully, and values beyond them go further.",
    "images": "Choose an image, then drag a slider. Each moves one latent dimension; the most "
    "informative is at the top. See what changes and what does not.",
    "table": "Choose a row, then drag a slider. Each moves one latent dimension; the bars show "
    "which columns respond, and by how much.",
}


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
