"""The studio's page: a menu of runs, and the panel of the chosen one.

It is built before any model is loaded: panels come with the first run that is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from unweave.app.page_state import PageState
from unweave.app.wording import TITLE

if TYPE_CHECKING:
    from unweave.app.loaded_run import LoadedRun

# What an address asks for, once the page is open: never "", so that it is always a change, from
# which the first panel is built.
_ADDRESS = """() => [
  Number(new URLSearchParams(location.search).get('run')) || 0, location.search || '?']"""


def build_page(runs: Sequence[LoadedRun], titles: Sequence[str], may_rename: bool = True) -> Any:
    """Return the page of some runs, a `gradio.Blocks`; it sends nothing to other machines."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.HTML(f"<h1>{TITLE}</h1>", apply_default_css=False, elem_classes="masthead")
        chosen = gr.Dropdown(
            [(title, number) for number, title in enumerate(titles)],
            value=0,
            label="Run",
            visible=len(titles) > 1,
            elem_classes="run-choice",
        )
        page_state = gr.State(PageState())
        address = gr.Textbox(visible="hidden")

        def panel(number: int, state: PageState, query: str | None) -> None:
            run = runs[number if number in range(len(runs)) else 0]
            from unweave.app.run_panel import run_panel

            wanted = state.asked_for(run, query or "")
            run_panel(run, runs, page_state, state, wanted, may_rename)

        page.load(None, None, [chosen, address], js=_ADDRESS)
        # One trigger each time: panels that are built twice at once get into each other.
        triggers = [address.change, chosen.select]
        gr.render(inputs=[chosen, page_state, address], triggers=triggers, queue=False)(panel)
    return page
