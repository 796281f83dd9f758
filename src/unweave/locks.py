"""Locks: one process at a time in a folder, and temporary files that show if their writer lives.

The system releases a lock however its holder ends, so none is ever stale. Where there are no
such locks (on Windows, on some network drives), all goes on as if nobody else were at work.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from unweave.errors import RequestError

LOCK = ".lock"
_BUSY = (errno.EAGAIN, errno.EACCES)


def lock(path: Path) -> int | None:
    """Create a file if need be and lock it.

    Returns
    -------
    int or None
        Its descriptor, which holds the lock until it is closed; None if it is locked already,
        by another process or in this one.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _locked(descriptor):
            os.close(descriptor)
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)  # Its holder removed it between our opening and our locking it.


@contextlib.contextmanager
def alone(folder: Path, work: str) -> Iterator[None]:
    """Keep a folder to one piece of work at a time; the folder is made if need be.

    Parameters
    ----------
    folder : pathlib.Path
    work : str
        What is done there, for the error of whoever comes second: ``another study``.

    Raises
    ------
    RequestError
        If somebody else is at work there, or the folder cannot be written to.
    """
    path = folder / LOCK
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = lock(path)
    except OSError as error:
        raise RequestError(
            f"out={folder}: cannot be written ({error.strerror}); name another folder"
        ) from error
    if descriptor is None:
        raise RequestError(
            f"{folder}: {work}{_holder(path)} is at work there; wait for it, or name another folder"
        )
    try:
        with contextlib.suppress(OSError):  # A full disk: the lock holds without a number.
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                path.unlink()
        os.close(descriptor)
        if new:
            with contextlib.suppress(OSError):  # Something was written there: it stays.
                folder.rmdir()


def _locked(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _BUSY
    return True


def _holder(path: Path) -> str:
    try:
        number = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return f" (process {number})" if number.isdigit() else ""
