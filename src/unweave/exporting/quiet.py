"""Silence of torch while it exports: what cannot be exported is told in one line, by an error."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

# They tell of networks that depend on values, and of packages that are not needed.
_TALKATIVE = ("torch.fx.experimental.symbolic_shapes", "torch.onnx")


@contextmanager
def quietly() -> Iterator[None]:
    """Keep torch's remarks off standard error: packages not needed, graphs that cannot be made."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.ERROR)
    try:
        # A graph that cannot be finished is printed, not logged.
        with warnings.catch_warnings(), redirect_stdout(None), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
