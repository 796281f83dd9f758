"""Pictures and tables as the page's HTML; every text is escaped."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from unweave.reporting.mosaic import as_tile, mosaic

# Pixels of a picture that is fetched to be kept: small images would be thumbnails elsewhere.
_KEPT_SIDE = 256


@dataclass(frozen=True)
class Shown:
    """A picture under a caption.

    Attributes
    ----------
    image : numpy.ndarray
        C x H x W in [0, 1].
    caption : str
    role : str
        What it is among its neighbours, for tests and style sheets.
    """

    image: np.ndarray
    caption: str
    role: str = ""


def stage_html(rows: Sequence[tuple[str, Sequence[Shown]]]) -> str:
    """Return rows of large pictures, each row under its title, if it has one."""
    return "".join(
        f'<section class="stage">{_heading(title)}<div class="stage-row">'
        f"{''.join(map(_figure, shown))}</div></section>"
        for title, shown in rows
    )


def strip_html(rows: Sequence[tuple[str, Sequence[Shown]]], name: str) -> str:
    """Return rows of small pictures, and a link that keeps them all as one file."""
    lines = "".join(
        f'<div class="strip-row">{_heading(title)}'
        f'<div class="strip" tabindex="0" role="group" aria-label="{escape(title or name)}">'
        f"{''.join(map(_figure, shown))}</div></div>"
        for title, shown in rows
    )
    images = np.stack([[each.image for each in shown] for _, shown in rows])
    return f"{lines}{_link(_png(mosaic(images).pixels), f'{name}.png', 'Keep this strip')}"


def keep_link(image: np.ndarray, name: str, words: str) -> str:
    """Return a link that keeps one image as a file."""
    return _link(_png(as_tile(image, _KEPT_SIDE)), f"{name}.png", words)


def image_address(image: np.ndarray) -> str:
    """Return an image, C x H x W in [0, 1], as a data address, pixel for pixel."""
    return _png(as_tile(image, max(image.shape[1:])))


def picture_html(content: bytes, alternative: str) -> str:
    """Return a figure drawn elsewhere, a PNG, on its own paper."""
    encoded = base64.b64encode(content).decode("ascii")
    return f'<img class="drawn" src="data:image/png;base64,{encoded}" alt="{escape(alternative)}">'


@dataclass(frozen=True)
class Column:
    """A column of the table of what becomes of a row.

    Attributes
    ----------
    head : str
    frame : pandas.DataFrame, optional
        One row in the table's own units.
    change : numpy.ndarray, optional
        Instead: by how many standard deviations each of the row's cells changes.
    """

    head: str
    frame: pd.DataFrame | None = None
    change: np.ndarray | None = None

    def cell(self, place: int) -> str:
        """Return the HTML of a cell; changes are drawn as bars."""
        if self.frame is not None:
            return escape(_written(self.frame.iloc[0, place]))
        return _bar(float(self.change[place])) if self.change is not None else ""


def changes_html(names: Sequence[str], columns: Sequence[Column]) -> str:
    """Return a table's row as it is and as it becomes, a line for each of its cells."""
    lines = []
    for place, name in enumerate(names):
        cells = "".join(f"<td>{column.cell(place)}</td>" for column in columns)
        feature = escape(name)
        lines.append(f'<tr data-feature="{feature}"><th scope="row">{feature}</th>{cells}</tr>')
    top = "".join(f'<th scope="col">{escape(column.head)}</th>' for column in columns)
    return (
        f'<div class="changes"><table><thead><tr><th scope="col">column</th>{top}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def message_html(text: str) -> str:
    """Return something the visitor should know."""
    return f'<p class="message" role="status">{escape(text)}</p>'


def _figure(shown: Shown) -> str:
    caption = escape(shown.caption)
    # Decoded at once, so that a picture that follows another does not flash.
    return (
        f'<figure data-role="{escape(shown.role)}"><img src="{image_address(shown.image)}" '
        f'alt="{caption}" decoding="sync"><figcaption>{caption}</figcaption></figure>'
    )


def _heading(title: str) -> str:
    return f"<h4>{escape(title)}</h4>" if title else ""


def _link(address: str, name: str, words: str) -> str:
    return f'<a class="keep" download="{escape(name)}" href="{address}">{escape(words)}</a>'


def _png(pixels: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _written(value: Any) -> str:
    if not isinstance(value, (float, np.floating)):
        return str(value)
    number = float(value)
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def _bar(change: float) -> str:
    """Draw a change of −3 to 3 standard deviations as a bar from the middle."""
    length = min(abs(change), 3.0) / 3 * 50
    side = "left" if change >= 0 else "right"
    number = f"{change:+.2f}" if abs(change) >= 0.005 else "0"
    return (
        f'<span class="bar"><i style="{side}:50%;width:{length:.1f}%"></i></span>'
        f'<span class="number">{number}</span>'
    )
