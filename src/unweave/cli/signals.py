"""Signals that end a command: each as an error of one line, after all that must be put in order."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")


class Terminated(BaseException):
    """Another process has asked this one to end."""

    def __init__(self, name: str) -> None:
        super().__init__(f"ended by {name}")


def listen() -> None:
    """Let the signals that would end the process without a word raise `Terminated`.

    One that is ignored, as `nohup` arranges for SIGHUP, stays ignored.
    """
    for name in _NAMES:
        number = getattr(signal, name, None)  # Windows has no SIGHUP.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # Only the main thread may.
                signal.signal(number, _raise)


def _raise(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # A second one must not disturb the clearing up.
    raise Terminated(signal.Signals(number).name)
