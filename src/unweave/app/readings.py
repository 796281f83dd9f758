"""Readings without ground truth as the page's HTML."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

from unweave.app.exhibit import Exhibit
from unweave.app.markup import message_html, picture_html
from unweave.editing.traversal import traverse
from unweave.errors import RequestError
from unweave.interpretation.interpret import READINGS, interpret
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.interpretation import STEPS
from unweave.reporting.reading_figures import TITLES, draw_reading, shown_dimensions

_known: WeakKeyDictionary[Exhibit, str] = WeakKeyDictionary()
_reading = threading.Lock()


def readings_html(exhibit: Exhibit) -> str:
    """Return the heat maps of a run, or its maps of pixels, with LSDI; read once.

    Raises
    ------
    RequestError
        If the run's data is not at hand, or it is of the attribute family.
    """
    with _reading:
        if exhibit not in _known:
            _known[exhibit] = _read(exhibit)
        return _known[exhibit]


def _read(exhibit: Exhibit) -> str:
    if exhibit.dataset is None:
        raise RequestError("the run's data is not at hand: there is nothing to read it on")
    found = interpret(exhibit.model, exhibit.dataset)
    traversal = None
    if exhibit.kind == "images":
        dimensions = shown_dimensions(found)
        traversal = traverse(exhibit.model, exhibit.dataset, dimensions=dimensions, steps=STEPS)
    parts = []
    for name in READINGS:
        with look():
            figure = draw_reading(found, name, traversal)
        title, caption = TITLES[name]
        parts.append(picture_html(png_bytes(figure), f"{title}: {caption}"))
    return "".join([*parts, *(message_html(note) for note in found.notes)])
