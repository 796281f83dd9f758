"""A static page: sliders that run the decoder in the browser, with no server and no network."""

from __future__ import annotations

from html import escape
from pathlib import Path

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.exporting.document import PageContent, document, layout, problem
from unweave.exporting.page_content import page_content
from unweave.files import check_name, write_text
from unweave.reporting.labels import run_title
from unweave.reporting.run_facts import health_warning
from unweave.runs.model import Model


def export_page(model: Model, out: Path) -> None:
    """Write one HTML file that decodes in the browser.

    Parameters
    ----------
    model : Model
    out : path
        An .html file. A model that is collapsed, dead or exploded gets a page that says so,
        without sliders.

    Raises
    ------
    RequestError
        If the name has another suffix or is a folder's, or the decoder has an operation that a
        page cannot run.
    """
    check_name(out, "out=")
    if out.is_dir() or out.suffix.casefold() not in (".html", ".htm"):
        raise RequestError(f"out={out}: a page is one file; name it like page.html")
    write_text(out, page_html(model))


def page_html(model: Model) -> str:
    """Return the page as HTML."""
    warning = health_warning(model)
    content = page_content(model, _dataset_of(model), dead=bool(warning))
    title = run_title(model)
    body = [
        f"<h1>{escape(title)}</h1>",
        problem(warning),
        f'<p class="soft">{_told(content)}</p>',
        layout(content, tools=_tools(content)),
    ]
    return document(title, "\n".join(body), content)


def _told(content: PageContent) -> str:
    what = "picture" if content.has_pictures else "row"
    told = f"Choose a {what}, then drag" if len(content.facts["starts"]) > 1 else "Drag"
    told += (
        " a slider; a double click takes it back. "
        "The model's decoder runs in this page, and nothing leaves it."
    )
    if not content.has_pictures:
        told += (
            " Changes of numbers are in standard deviations; of a column of levels it is the "
            "probability that went to other levels."
        )
    return told


def _tools(content: PageContent) -> str:
    keep = "Keep the edited picture" if content.has_pictures else "Keep both rows"
    return (
        f'<div class="tools"><button type="button" id="keep">{keep}</button>'
        '<button type="button" id="link">Link to this</button></div>\n'
        '<p id="said" class="soft" role="status"></p>\n'
    )


def _dataset_of(model: Model) -> Dataset | None:
    try:
        return model.dataset()
    except RequestError:
        return None
