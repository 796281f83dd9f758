"""The page: a choice of runs, and the panel of the one chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from unweave.app.exhibit import Exhibit
from unweave.app.image_panel import image_panel
from unweave.app.panel import Hall, Visitor
from unweave.app.table_panel import table_panel
from unweave.app.widgets import plain_html

TITLE = "unweave studio"
WELCOME = {
    "attributes": "Choose an image, then drag a slider: each sets how far one attribute holds, "
    "0 not at all, 1 fully, and further.",
    "images": "Choose an image, then drag a slider: each moves one latent dimension, the one that "
    "says most at the top. See what changes, and what does not.",
    "table": "Choose a row, then drag a slider: each moves one latent dimension. The bars show "
    "which columns respond, and by how much.",
}


def build_page(exhibits: Sequence[Exhibit]) -> Any:
    """Return the page of some runs, a `gradio.Blocks`; nothing is sent anywhere."""
    titles = [each.title for each in exhibits]
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        plain_html(f"<h1>{TITLE}</h1>", elem_classes="masthead")
        chosen = gr.Dropdown(
            [(title, number) for number, title in enumerate(titles)],
            value=0,
            label="Run",
            visible=len(exhibits) > 1,
            elem_classes="run-choice",
        )
        visitor = gr.State(Visitor())

        def panel(number: int, visitor_now: Visitor) -> None:
            exhibit = exhibits[number]
            head = f"**{exhibit.title}**" if len(exhibits) == 1 else ""
            gr.Markdown(f"{head}\n\n{WELCOME[exhibit.kind]}", elem_classes="welcome")
            hall = Hall(exhibit, exhibits, visitor)
            build = table_panel if exhibit.kind == "table" else image_panel
            build(hall, visitor_now)

        triggers = [page.load, chosen.change]
        gr.render(inputs=[chosen, visitor], triggers=triggers, queue=False)(panel)
    return page
