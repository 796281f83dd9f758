"""The studio's page: a menu of runs, and the panel of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from unweave.app.image_panel import image_panel
from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import message_html
from unweave.app.panel import PageState, PanelContext
from unweave.app.table_panel import table_panel
from unweave.app.widgets import plain_html
from unweave.reporting.run_facts import health_warning

TITLE = "unweave studio"
WELCOME = {
    "attributes": "Choose an image, then drag a slider. Each sets the degree of one attribute: "
    "0 is not at all, 1 is fully, and values beyond them go further.",
    "images": "Choose an image, then drag a slider. Each moves one latent dimension; the most "
    "informative is at the top. See what changes and what does not.",
    "table": "Choose a row, then drag a slider. Each moves one latent dimension; the bars show "
    "which columns respond, and by how much.",
}


# What an address asks for, once the page is open.
_ADDRESS = "() => [Number(new URLSearchParams(location.search).get('run')) || 0, location.search]"


def build_page(runs: Sequence[LoadedRun], may_rename: bool = True) -> Any:
    """Return the page of some runs, a `gradio.Blocks`; it sends nothing to other machines."""
    titles = [each.title for each in runs]
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        plain_html(f"<h1>{TITLE}</h1>", elem_classes="masthead")
        chosen = gr.Dropdown(
            [(title, number) for number, title in enumerate(titles)],
            value=0,
            label="Run",
            visible=len(runs) > 1,
            elem_classes="run-choice",
        )
        page_state = gr.State(PageState())
        address = gr.Textbox(visible=False)

        def panel(number: int, state: PageState, query: str | None) -> None:
            run = runs[number] if number in range(len(runs)) else runs[0]
            wanted = state.asked_for(run, query or "")
            head = f"**{run.title}**" if len(runs) == 1 else ""
            gr.Markdown(f"{head}\n\n{WELCOME[run.panel_kind]}", elem_classes="welcome")
            if warning := health_warning(run.model):
                plain_html(message_html(warning), elem_classes="health")
            context = PanelContext(run, runs, page_state, wanted, may_rename)
            build = table_panel if run.panel_kind == "table" else image_panel
            build(context, state)

        page.load(None, None, [chosen, address], js=_ADDRESS)
        triggers = [page.load, chosen.change, address.change]
        gr.render(inputs=[chosen, page_state, address], triggers=triggers, queue=False)(panel)
    return page
