"""Writes that fail from a given one on, in a process and in those that it starts; for `kills`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

WRITES = ("fsync", "replace", "posix_fallocate")  # of the module `os`


def install(counts: Path, left: int, number: int) -> None:
    """Have all writes but the first ones fail; over all processes a file's bytes count them.

    Parameters
    ----------
    counts : Path
        The file that counts them.
    left : int
        How many do not fail.
    number : int
        The system's number of the error.
    """
    counter = os.open(counts, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def instead(plain: Callable[..., Any]) -> Callable[..., Any]:
        def write(*given: Any, **options: Any) -> Any:
            os.write(counter, b".")
            if os.fstat(counter).st_size > left:
                raise OSError(number, os.strerror(number))
            return plain(*given, **options)

        return write

    for name in WRITES:
        setattr(os, name, instead(getattr(os, name)))


def install_in_children(counts: Path, left: int, number: int) -> None:
    """Have the writes of all processes of Python fail that this one starts from now on.

    Python runs a file ``sitecustomize.py`` on its path as it starts.
    """
    folder = counts.with_name(f"{counts.name} path")
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(
        f"import sys\nfrom pathlib import Path\nsys.path.append({str(Path(__file__).parent)!r})\n"
        f"from failing_writes import install\ninstall(Path({str(counts)!r}), {left}, {number})\n"
    )
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
