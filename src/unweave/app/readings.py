"""Interpretations without ground truth as HTML."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import message_html, picture_html
from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.interpretation.interpret import READINGS, Interpretation, interpret
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.interpretation import strips_of
from unweave.reporting.loadings import LOADINGS, draw_loadings
from unweave.reporting.reading_figures import TITLES, draw_reading
from unweave.reporting.turns import turn_notes, turn_text

_known: WeakKeyDictionary[LoadedRun, str] = WeakKeyDictionary()
_locks: WeakKeyDictionary[LoadedRun, threading.Lock] = WeakKeyDictionary()
_finding = threading.Lock()


def readings_html(run: LoadedRun) -> str:
    """Return the heat maps of a run, or its maps of pixels, with LSDI; worked out once.

    Raises
    ------
    RequestError
        If the run's data cannot be found, or the model learned from labels.
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
    notes = [turn_text(found), *turn_notes(found)]
    parts = [message_html(note) for note in notes if note]
    for reading in filter(None, (found.turned, found)):
        parts += _figures(reading, run.dataset)
    return "".join([*parts, *(message_html(note) for note in found.notes)])


def _figures(found: Interpretation, dataset: Dataset) -> list[str]:
    traversal = strips_of(found, dataset)
    parts = []
    with look():
        if found.factors is not None:
            parts.append(picture_html(png_bytes(draw_loadings(found)), LOADINGS))
        for name in READINGS:
            title, caption = TITLES[name]
            figure = draw_reading(found, name, traversal)
            parts.append(picture_html(png_bytes(figure), f"{title}: {caption}"))
    return parts
