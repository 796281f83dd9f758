"""Self-contained pages: text, tables and pictures in one HTML file."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from unweave.errors import RequestError
from unweave.files import write_text
from unweave.reporting.page_look import STYLE, WIDTH
from unweave.reporting.page_script import ALLOWED, SCRIPT

_MAGIC = {b"\x89PNG": "image/png", b"GIF8": "image/gif"}
# Whatever is written into the page, the browser fetches nothing from elsewhere.
_POLICY = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {ALLOWED}"


_SORTABLE = "across sortable"


@dataclass(frozen=True)
class Picture:
    """A picture with its title, caption and alternative text.

    Attributes
    ----------
    content : bytes
        A PNG or a GIF file.
    title : str
        Its heading.
    caption : str
        How to read it.
    alternative : str
        A description for readers who cannot see it.
    """

    content: bytes
    title: str
    caption: str
    alternative: str

    def to_html(self) -> str:
        """Return a figure element, the picture inlined.

        Raises
        ------
        ValueError
            If the content is neither PNG nor GIF.
        """
        media = _MAGIC.get(self.content[:4])
        if media is None:
            raise ValueError(f"{self.title}: a picture must be a PNG or a GIF")
        encoded = base64.b64encode(self.content).decode("ascii")
        width, height = self._size()
        return (
            f"<figure>\n<h3>{escape(self.title)}</h3>\n"
            f'<div class="scroll"><img src="data:{media};base64,{encoded}" '
            f'width="{width}" height="{height}" style="{WIDTH}: {width}px" '
            f'alt="{escape(self.alternative)}"></div>\n'
            f"<figcaption>{escape(self.caption)}</figcaption>\n</figure>"
        )

    def _size(self) -> tuple[int, int]:
        """Return width and height in pixels, as the file's head has them."""
        if self.content.startswith(b"GIF8"):
            return struct.unpack("<HH", self.content[6:10])
        return struct.unpack(">II", self.content[16:24])


@dataclass(frozen=True)
class Table:
    """Rows of text under headings.

    Attributes
    ----------
    heads : sequence of str
        Headings of the columns; where there are none, the first cell of each row is its
        heading.
    rows : sequence of sequence of str
    links : dict of str to str
        The anchors that first cells lead to.
    sortable : bool
        Whether a click on a heading sorts the rows; numbers come before text.
    bold : set of pairs of int
        Row and column, from 0, of the cells in bold type; the first column is never bold.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    links: dict[str, str] = field(default_factory=dict)
    sortable: bool = False
    bold: frozenset[tuple[int, int]] = frozenset()

    def to_html(self) -> str:
        """Return a table element."""
        heads = [escape(text) for text in self.heads]
        if self.sortable:
            heads = [f'<button type="button">{text}</button>' for text in heads]
        head = "".join(f'<th scope="col">{text}</th>' for text in heads)
        lines = [f"<thead><tr>{head}</tr></thead>"] if head else []
        lines += ["<tbody>", *(f"<tr>{self._row(*each)}</tr>" for each in enumerate(self.rows))]
        lines.append("</tbody>")
        kind = (_SORTABLE if self.sortable else "across") if head else "facts"
        body = "\n".join(lines)
        return f'<div class="scroll"><table class="{kind}">\n{body}\n</table></div>'

    def _row(self, place: int, row: Sequence[str]) -> str:
        first, *rest = row
        shown = escape(first)
        if first in self.links:
            shown = f'<a href="#{escape(self.links[first])}">{shown}</a>'
        texts = [
            f"<strong>{escape(text)}</strong>" if (place, column) in self.bold else escape(text)
            for column, text in enumerate(rest, start=1)
        ]
        cells = "".join(f"<td>{text}</td>" for text in texts)
        return f'<th scope="row">{shown}</th>{cells}'


@dataclass(frozen=True)
class Code:
    """Text in which lines and spaces matter."""

    text: str

    def to_html(self) -> str:
        """Return a preformatted element."""
        return f'<div class="scroll"><pre>{escape(self.text)}</pre></div>'


@dataclass(frozen=True)
class Folded:
    """A table or text that is shown when its summary is clicked."""

    summary: str
    content: Table | Code

    def to_html(self) -> str:
        """Return a details element."""
        return (
            f"<details><summary>{escape(self.summary)}</summary>\n"
            f"{self.content.to_html()}\n</details>"
        )


Part = str | Table | Folded | Picture


@dataclass(frozen=True)
class Section:
    """Parts under a title; a part that is text is a paragraph."""

    title: str
    parts: Sequence[Part]

    def to_html(self, anchor: str, page_title: str = "") -> str:
        """Return a section element that `anchor` leads to; the page's title is not repeated."""
        body = "\n".join(part_html(part) for part in self.parts)
        heading = "" if self.title == page_title else f"<h2>{escape(self.title)}</h2>\n"
        return f'<section id="{anchor}">\n{heading}{body}\n</section>'


def part_html(part: Part) -> str:
    """Return one part as HTML, every text escaped."""
    return f"<p>{escape(part)}</p>" if isinstance(part, str) else part.to_html()


def anchors(sections: Iterable[Section]) -> list[str]:
    """Return a unique anchor for each section, of letters, digits and hyphens."""
    return [
        f"{place}-{re.sub(r'[^a-z0-9]+', '-', section.title.casefold()).strip('-')[:60]}"
        for place, section in enumerate(sections, start=1)
    ]


def page_html(title: str, sections: Sequence[Section], introduction: Sequence[Part] = ()) -> str:
    """Return a page as HTML; see `write_page`."""
    names = anchors(sections)
    links = "".join(
        f'<li><a href="#{name}">{escape(section.title)}</a></li>'
        for name, section in zip(names, sections, strict=True)
    )
    contents = f'<nav aria-label="Contents"><ol>{links}</ol></nav>' if len(sections) > 1 else ""
    body = [section.to_html(name, title) for name, section in zip(names, sections, strict=True)]
    above = [part_html(part) for part in introduction]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{STYLE}</style>",
            "</head>",
            "<body>",
            f"<header>\n<h1>{escape(title)}</h1>",
            *above,
            f"{contents}\n</header>",
            "<main>",
            *body,
            "</main>",
            *(
                [f"<script>{SCRIPT}</script>"]
                if any(_SORTABLE in part for part in above + body)
                else []
            ),
            "</body>",
            "</html>",
            "",
        ]
    )


def write_page(
    path: Path | str, title: str, sections: Sequence[Section], introduction: Sequence[Part] = ()
) -> None:
    """Write one self-contained HTML page.

    Parameters
    ----------
    path : path
        The file to write.
    title : str
    sections : sequence of Section
        Listed at the top where there are several.
    introduction : sequence of str, Table, Folded or Picture
        Parts that come before the first section.

    Raises
    ------
    RequestError
        If the path is a folder, or cannot be written to.
    """
    if Path(path).is_dir():
        raise RequestError(f"out={path}: is a folder; name a file, such as {path}/report.html")
    write_text(path, page_html(title, sections, introduction))
