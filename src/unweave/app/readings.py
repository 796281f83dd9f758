"""Interpretations without ground truth as HTML."""

from __future__ import annotations

import threading
from html import escape
from weakref import WeakKeyDictionary

from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import message_html, picture_html
from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.interpretation.certificate import certify_readings
from unweave.interpretation.interpret import READINGS, Interpretation, interpret
from unweave.interpretation.together import seeds_beside
from unweave.reporting.certificate import certificate_lines, draw_certificate
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.interpretation import strips_of
from unweave.reporting.loadings import LOADINGS, draw_loadings
from unweave.reporting.reading_figures import TITLES, draw_reading
from unweave.reporting.turns import turn_notes, turn_text
from unweave.runs.model import Model

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
    if run.panel_kind == "table":
        parts += certificates_html(run.model, run.dataset)
    if found.turned is not None:
        parts.append(f"<h3>Turned by {escape(found.turns[0].method)}</h3>")
        parts.append(_figures(found.turned, run.dataset))
        parts.append("<h3>As the model has learned them</h3>")
    parts.append(_figures(found, run.dataset))
    return "".join([*parts, *(message_html(note) for note in found.notes)])


def certificates_html(model: Model, dataset: Dataset) -> list[str]:
    """Return the certificates of a run by the seeds beside it, or what is missing."""
    runs = [model, *seeds_beside(model)]
    try:
        found = certify_readings(runs, dataset, reference=0)
    except RequestError as error:
        return [message_html(line) for line in certificate_lines(None, str(error))]
    parts = []
    for name, certificate in reversed(found.items()):
        whose = f"{model.name} on {dataset.name}, {len(runs)} seeds, {name}"
        with look():
            content = png_bytes(draw_certificate(certificate, whose))
        parts.append(picture_html(content, f"Table of evidence, {whose}."))
        parts += [message_html(line) for line in certificate_lines(certificate, "")]
    return parts


def _figures(found: Interpretation, dataset: Dataset) -> str:
    traversal = strips_of(found, dataset)
    parts = []
    with look():
        if found.factors is not None:
            parts.append(picture_html(png_bytes(draw_loadings(found)), LOADINGS))
        for name in READINGS:
            title, caption = TITLES[name]
            figure = draw_reading(found, name, traversal)
            parts.append(picture_html(png_bytes(figure), f"{title}: {caption}"))
    return f'<div class="maps">{"".join(parts)}</div>'
