"""HTML of pictures and tables, with every text escaped."""

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

# Pixels that a saved picture is enlarged to: the small images themselves would be thumbnails.
_SAVED_SIDE = 256


@dataclass(frozen=True)
class Shown:
    """A picture under a caption.

    Attributes
    ----------
    image : numpy.ndarray
        C x H x W in [0, 1].
    caption : str
    role : str
        Its part among its neighbours, such as ``edited``, for style sheets and tests.
    under : numpy.ndarray, optional
        A picture below it, which the bar of `widgets.before_after` uncovers from the left.
    """

    image: np.ndarray
    caption: str
    role: str = ""
    under: np.ndarray | None = None


def stage_html(rows: Sequence[tuple[str, Sequence[Shown]]]) -> str:
    """Return rows of large pictures, each under its title, if it has one."""
    return "".join(
        f'<section class="stage">{_heading(title)}<div class="stage-row">'
        f"{''.join(map(_figure, shown))}</div></section>"
        for title, shown in rows
    )


def strip_html(rows: Sequence[tuple[str, Sequence[Shown]]], name: str) -> str:
    """Return rows of small pictures, with a link that saves them all as one file."""
    lines = "".join(
        f'<div class="strip-row">{_heading(title)}'
        f'<div class="strip" tabindex="0" role="group" aria-label="{escape(title or name)}">'
        f"{''.join(map(_figure, shown))}</div></div>"
        for title, shown in rows
    )
    images = np.stack([[each.image for each in shown] for _, shown in rows])
    return f"{lines}{_link(_png(mosaic(images).pixels), f'{name}.png', 'Keep this strip')}"


def keep_link(image: np.ndarray, name: str, text: str) -> str:
    """Return a link that saves one image as a file."""
    return _link(_png(as_tile(image, _SAVED_SIDE)), f"{name}.png", text)


def image_address(image: np.ndarray) -> str:
    """Return an image, C x H x W in [0, 1], as a data address, pixel for pixel."""
    return _png(as_tile(image, max(image.shape[1:])))


def picture_html(content: bytes, alternative: str) -> str:
    """Return a figure, given as PNG, on its own white ground."""
    encoded = base64.b64encode(content).decode("ascii")
    return f'<img class="drawn" src="data:image/png;base64,{encoded}" alt="{escape(alternative)}">'


@dataclass(frozen=True)
class Column:
    """A column of the table that compares a row before and after an edit.

    Attributes
    ----------
    head : str
    frame : pandas.DataFrame, optional
        One row in the table's own units.
    change : numpy.ndarray, optional
        In place of a row: by how many standard deviations each of its cells changes.
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
    """Return a row before and after an edit, with a line for each of its cells."""
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


def keep_table_link(frame: pd.DataFrame, name: str, text: str) -> str:
    """Return a link that saves rows as a CSV file."""
    content = base64.b64encode(frame.to_csv(index=False).encode()).decode("ascii")
    return _link(f"data:text/csv;base64,{content}", f"{name}.csv", text)


def written(place: float) -> str:
    """Return a slider's place as captions have it: ``−1.17``."""
    return f"{round(place, 2):g}".replace("-", "−")


def message_html(text: str) -> str:
    """Return a message to the user."""
    return f'<p class="message" role="status">{escape(text)}</p>'


def _figure(shown: Shown) -> str:
    caption = escape(shown.caption)
    # Decoded synchronously, so that a picture that replaces another does not flash.
    picture = f'<img src="{image_address(shown.image)}" alt="{caption}" decoding="sync">'
    if shown.under is not None:
        below = f"background-image:url({image_address(shown.under)})"
        picture = f'<span class="pair" style="{below}">{picture}</span>'
    return (
        f'<figure data-role="{escape(shown.role)}">{picture}'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _heading(title: str) -> str:
    return f"<h4>{escape(title)}</h4>" if title else ""


def _link(address: str, name: str, text: str) -> str:
    return f'<a class="keep" download="{escape(name)}" href="{address}">{escape(text)}</a>'


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
    side, sign = ("left", "up") if change >= 0 else ("right", "down")
    number = f"{change:+.2f}".replace("-", "−") if abs(change) >= 0.005 else "0"
    return (
        f'<span class="bar"><i class="{sign}" style="{side}:50%;width:{length:.1f}%"></i></span>'
        f'<span class="number">{number}</span>'
    )
