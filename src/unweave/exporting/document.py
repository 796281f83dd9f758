"""The HTML document of a page that decodes in the browser, put together without torch.

What a page shows is its content: facts that are plain data, and weights as text. `page` makes
them of a model.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from unweave.reporting.page_look import STYLE


@dataclass(frozen=True)
class PageContent:
    """What the script of a page reads.

    Attributes
    ----------
    facts : mapping
        Plain data: the decoder's ``steps``, the ``starts``, the ``sliders``, the ``columns`` of a
        table and a ``check`` of the values that the model decodes.
    weights : str
        The numbers that the steps name by their places, of half precision where ``half`` is
        true, otherwise of single precision, in base64.
    """

    facts: Mapping[str, Any]
    weights: str

    @property
    def has_pictures(self) -> bool:
        """Whether it shows pictures, rather than the row of a table."""
        return self.facts["columns"] is None


def document(
    title: str,
    body: str,
    content: PageContent,
    *,
    style: str = "",
    scripts: Sequence[str] = (),
    connects: bool = False,
) -> str:
    """Return a page as HTML.

    Parameters
    ----------
    title : str
    body : str
        HTML with what `layout` returns.
    content : PageContent
    style : str
        What is added to the style sheet.
    scripts : sequence of str
        What runs after the page's own script; no other script may.
    connects : bool
        Whether scripts may ask the server that the page came from; otherwise they may ask none.
    """
    scripts = [read_text("unweave.exporting", "page.js"), *scripts]
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    asked = "'self'" if connects else "'none'"
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src {allowed}; connect-src {asked}"
    )
    # Inside these elements nothing may look like the end of one.
    facts = json.dumps(content.facts).replace("<", "\\u003c")
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{STYLE}{read_text('unweave.exporting', 'page.css')}{style}</style>",
            f"</head>\n<body>\n{body}",
            f'<script type="application/json" id="facts">{facts}</script>',
            f'<script type="text/plain" id="weights">{content.weights}</script>',
            *(f"<script>{script}</script>" for script in scripts),
            "</body>\n</html>\n",
        ]
    )


def problem(text: str = "") -> str:
    """Return the place of what is wrong with a page."""
    return f'<p id="problem" class="problem" role="alert">{escape(text)}</p>'


def layout(content: PageContent, note: str = "", tools: str = "") -> str:
    """Return the examples, the pictures or the row, and the place of the sliders.

    Parameters
    ----------
    content : PageContent
    note, tools : str
        HTML below the examples, and below the pictures or the row.
    """
    shown = _pictures(content) if content.has_pictures else _table()
    return (
        '<main class="layout">\n<section id="stage" hidden>\n'
        f'<div id="starts" role="group" aria-label="Examples"></div>\n{note}{shown}\n{tools}'
        '</section>\n<section id="board" hidden>\n'
        '<div class="tools"><button type="button" id="reset">Reset</button></div>\n'
        '<div id="sliders"></div>\n<details id="more"><summary>Dimensions that are not informative'
        '</summary><div id="folded"></div></details>\n</section>\n</main>'
    )


def _pictures(content: PageContent) -> str:
    shown = {
        "original": '<img id="original" alt="original">',
        "reconstruction": '<canvas id="reconstruction"></canvas>',
        "edited": '<canvas id="edited"></canvas>',
    }
    if "original" not in content.facts["starts"][0]:
        del shown["original"]
    figures = (
        f'<figure data-role="{name}">{picture}'
        f'<figcaption id="{name}-title">{name}</figcaption></figure>'
        for name, picture in shown.items()
    )
    return f'<div class="pictures stage-row">{"".join(figures)}</div>'


def _table() -> str:
    heads = "".join(
        f'<th scope="col">{head}</th>' for head in ("column", "reconstruction", "edited", "change")
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        '<tbody id="rows"></tbody></table></div>'
    )


def read_text(package: str, name: str) -> str:
    """Return a style sheet or a script that lies in a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
