"""Gradio's stub files, which it writes for editors whenever it is imported."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def no_stubs() -> Iterator[None]:
    """Import Gradio without its stub files (.pyi), which take half of the time.

    Every class of a component reads its own source and that of its stub, and writes the stub
    anew beside it in the installation. Gradio leaves classes alone whose file is not known, as
    those of a notebook.
    """
    known = inspect.getfile

    def file_of(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("its file is of no use here")
        return known(thing)

    vars(inspect)["getfile"] = file_of
    try:
        yield
    finally:
        vars(inspect)["getfile"] = known
