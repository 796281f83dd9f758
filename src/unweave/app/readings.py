"""Interpretations without ground truth as HTML."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import message_html, picture_html
from unweave.editing.traversal import traverse
from unweave.errors import RequestError
from unweave.interpretation.interpret import READINGS, interpret
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.interpretation import STEPS
from unweave.reporting.reading_figures import TITLES, draw_reading, shown_dimensions

_known: WeakKeyDictionary[LoadedRun, str] = WeakKeyDictionary()
_locks: WeakKeyDictionary[LoadedRun, threading.Lock] = WeakKeyDictionary()
_finding = threading.Lock()


def readings_html(run: LoadedRun) -> str:
    """Return the heat maps of a run, or its maps of pixels, with LSDI; worked out once.

    Raises
    ------
    RequestError
        If the run's data cannot be found, or the model has no posterior.
    """
    # Of one run only the first visitor reads; the readings of other runs do not wait for it.
    with _finding:
        lock = _locks.setdefault(run, threading.Lock())
    with lock:
        if run not in _known:
            _known[run] = _read(run)
        return _known[run]


def _read(run: LoadedRun) -> str:
    if run.dataset is None:
        raise RequestError(
            "the run's data cannot be found, and without it the dimensions cannot be interpreted"
        )
    found = interpret(run.model, run.dataset)
    traversal = None
    if run.panel_kind == "images":
        dimensions = shown_dimensions(found)
        traversal = traverse(run.model, run.dataset, dimensions=dimensions, steps=STEPS)
    parts = []
    for name in READINGS:
        with look():
            figure = draw_reading(found, name, traversal)
        title, caption = TITLES[name]
        parts.append(picture_html(png_bytes(figure), f"{title}: {caption}"))
    return "".join([*parts, *(message_html(note) for note in found.notes)])
