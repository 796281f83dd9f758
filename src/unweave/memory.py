"""The memory that this process may still take, of its machine and of its container."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_CONTAINER = Path("/sys/fs/cgroup")  # The root of a container's own control group, version 2.


def free_memory() -> int | None:
    """Return the bytes that this process may still ask for; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, LookupError):
        named = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        return min((int(named["MemAvailable"].split()[0]) * 1024, *_free_of_container()))
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _free_of_container() -> tuple[int, ...]:
    """Return the bytes that a container may still take; nothing where it has no bound."""
    with contextlib.suppress(OSError, ValueError, LookupError):
        bound = int((_CONTAINER / "memory.max").read_text())  # "max" where there is none.
        used = int((_CONTAINER / "memory.current").read_text())
        lines = (_CONTAINER / "memory.stat").read_text().splitlines()
        # Pages of files are given up when memory is asked for.
        return (bound - used + int(dict(line.split() for line in lines)["inactive_file"]),)
    return ()


def in_words(count: float) -> str:
    """Return a number of bytes as errors name it."""
    return f"{count / 2**30:,.1f} GiB"
