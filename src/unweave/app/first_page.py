"""The first page: sliders on the bundled models, while the rest of the studio is starting.

Its script runs the decoder in the browser, so that it needs neither torch nor Gradio.
"""

from __future__ import annotations

import json
from functools import cache
from html import escape

from unweave.app.bundled import FOLDERS, PAGE_FILE, bundled_titles
from unweave.app.wording import TITLE, WELCOME
from unweave.exporting.document import PageContent, document, layout, problem, read_text

_REST = {
    True: "other images, pictures of your own, readings, scores",
    False: "other rows, rows of your own, readings, scores",
}


@cache
def first_page(number: int) -> str:
    """Return the page of one of the models, by its number, as HTML."""
    shipped = json.loads((FOLDERS[number] / PAGE_FILE).read_bytes())
    content = PageContent(shipped["facts"], shipped["weights"])
    rest = _REST[content.has_pictures]
    note = (
        f'<p id="waiting" class="waiting" role="status" data-rest="{rest}">'
        f"The rest of the studio is still starting: {rest} …</p>\n"
    )
    body = [
        f'<header class="masthead"><h1>{TITLE}</h1></header>',
        _menu(number),
        f'<p class="welcome">{WELCOME[shipped["panel"]]}</p>',
        '<p class="tabs"><span>Edit</span></p>',
        problem(),
        layout(content, note=note),
    ]
    return document(
        TITLE,
        "\n".join(body),
        content,
        style=read_text("unweave.app", "first_page.css"),
        scripts=[read_text("unweave.app", "first_page.js")],
        connects=True,
    )


def _menu(number: int) -> str:
    options = "".join(
        f'<option value="{place}"{" selected" if place == number else ""}>{escape(title)}</option>'
        for place, title in enumerate(bundled_titles())
    )
    return (
        '<div class="run-choice"><label for="run">Run</label>'
        f'<select id="run" autocomplete="off">{options}</select></div>'
    )
