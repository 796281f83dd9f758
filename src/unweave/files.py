"""Files: written whole or not at all, with suffixes and names checked beforehand."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unweave.errors import RequestError, UnweaveError, shown
from unweave.locks import lock

_PREFIX = ".writing-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ELSEWHERE = "name another place"
_UNSAFE = re.compile(r"[^\w.+=,-]+")
# A folder of such a name is asked for by mistake: what was wanted is one file.
_FILES = (".html", ".htm", ".pdf", ".md", ".json", ".png", ".gif", ".jpg", ".csv", ".parquet")
TABLE_SUFFIXES = (".csv", ".parquet")


@contextlib.contextmanager
def written_whole(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block succeeds.

    The bytes are on disk before the name changes, so that a kill or a power cut at any
    moment leaves either the old file or the new one.

    Raises
    ------
    RequestError
        If the folder cannot be written to, or the disk is full.
    """
    path = Path(path)
    check_name(path)
    with _storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, held = temporary_file(path.parent, _PREFIX, path.suffix)
    try:
        with _storing(path, temporary):
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
            _sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
        os.close(held)


@contextlib.contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder whose files move to `folder` when the block succeeds.

    If it fails, as on a full disk, none of them does.

    Raises
    ------
    RequestError
        If the folder cannot be written to.
    """
    check_name(folder)
    with _storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    try:
        with _storing(folder, temporary):
            yield temporary
            for made in sorted(temporary.iterdir()):
                os.replace(made, folder / made.name)
            _sync_folder(folder)
    except RequestError as error:
        raise RequestError(str(error).replace(str(temporary), str(folder))) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _storing(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Name the file in what goes wrong while it is written."""
    try:
        yield
    except OSError as error:
        named = error.filename
        if isinstance(error, UnweaveError) or (
            temporary and named and not str(named).startswith(str(temporary))
        ):
            raise  # It is about another file, such as one that is read.
        said = error.strerror or str(error)
        mend = "make room there, or name another place" if error.errno in _FULL else _ELSEWHERE
        raise RequestError(f"{path}: cannot be written ({said}); {mend}") from error


def temporary_file(folder: Path, prefix: str, suffix: str = "") -> tuple[Path, int]:
    """Make an empty file that shows whether its writer lives.

    Returns
    -------
    path : pathlib.Path
        It keeps the suffix, since writers of images choose their format by it.
    held : int
        A descriptor to be closed at the end; until then `clear_unfinished` leaves it alone.
    """
    while True:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=folder)
        os.close(handle)
        if (held := lock(Path(name))) is not None:
            return Path(name), held


def check_folder(folder: Path) -> None:
    """Raise RequestError unless files may be written to `folder`, which need not exist yet.

    Long work calls this before it begins.
    """
    if folder.suffix.casefold() in _FILES and not folder.is_dir():
        raise RequestError(
            f"out={folder}: the results are a folder of files; name it without {folder.suffix}"
        )
    check_name(folder, "out=")
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"out={folder}: is a file; name a folder")
    _check_place(folder, f"out={folder}", "name another folder")


def check_file(path: Path) -> None:
    """Raise RequestError unless a file may be written to `path`, whose folder need not exist."""
    check_name(path)
    if path.is_dir():
        raise RequestError(f"{path}: is a folder; name a file")
    _check_place(path.parent, str(path), _ELSEWHERE)


def _check_place(folder: Path, what: str, mend: str) -> None:
    parent = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise RequestError(f"{what}: cannot be written in {parent}; {mend}")


def check_name(path: Path, argument: str = "") -> None:
    """Raise RequestError if the system takes no such name: too long a one, or with a null."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise RequestError(f"{argument}{shown(str(path))}: {said}; name another place") from error


def check_suffix(path: Path | str, suffixes: tuple[str, ...]) -> Path:
    """Return the path if it ends in one of the suffixes, in upper or lower case.

    Raises
    ------
    RequestError
        If it has another suffix.
    """
    path = Path(path)
    if path.suffix.casefold() not in suffixes:
        raise RequestError(f"{path}: the name must end in {', '.join(suffixes)}")
    return path


def safe_name(text: str) -> str:
    """Return a text in which characters unfit for file names are replaced by underscores."""
    return _UNSAFE.sub("_", text)


def clear_unfinished(folder: Path, pattern: str = f"{_PREFIX}*") -> None:
    """Remove the unfinished files that killed writers left in a folder, and no others."""
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if path.is_dir():
                continue
            if (held := lock(path)) is not None:
                path.unlink()
                os.close(held)


def write_text(path: Path | str, text: str) -> None:
    """Write a text file whole.

    Raises
    ------
    RequestError
        If the text cannot be encoded, as a file's name that is not UTF-8, or not be written.
    """
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        part = shown(error.object[max(0, error.start - 20) : error.end])
        raise RequestError(
            f"{path}: {part} is not text in UTF-8; rename what is called so, or mend the cell"
        ) from None
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a binary file whole.

    Raises
    ------
    RequestError
        If the path is a folder, or cannot be written to.
    """
    path = Path(path)
    check_name(path)
    if path.is_dir():
        raise RequestError(f"{path}: is a folder; name a file in it, such as {path.name}/out.png")
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def write_table(path: Path, frame: Any) -> None:
    """Write a pandas DataFrame without its index as ``.csv`` or ``.parquet``, whole."""
    with written_whole(path) as temporary:
        if path.suffix.casefold() == ".csv":
            frame.to_csv(temporary, index=False)
        else:
            frame.to_parquet(temporary, index=False)


def write_json(path: Path | str, document: Any) -> None:
    """Write a JSON file whole."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _sync_folder(folder: Path) -> None:
    """Bring a new name to the disk; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
