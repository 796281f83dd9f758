"""Files: written whole or not at all, with suffixes and names checked beforehand."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unweave.errors import RequestError

_PREFIX = ".writing-"
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
        If the folder cannot be written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix is kept: writers of images choose their format by it.
        handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise RequestError(
            f"{path}: cannot be written ({error.strerror}); name another place"
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_folder(folder: Path) -> None:
    """Raise RequestError unless files may be written to `folder`, which need not exist yet.

    Long work calls this before it begins.
    """
    if folder.suffix.casefold() in _FILES and not folder.is_dir():
        raise RequestError(
            f"out={folder}: the results are a folder of files; name it without {folder.suffix}"
        )
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"out={folder}: is a file; name a folder")
    parent = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise RequestError(f"out={folder}: cannot be written in {parent}; name another folder")


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


def clear_unfinished(folder: Path) -> None:
    """Remove the unfinished files that killed writers left in a folder."""
    for path in folder.glob(f"{_PREFIX}*"):
        path.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write a text file whole."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a binary file whole.

    Raises
    ------
    RequestError
        If the path is a folder, or cannot be written to.
    """
    path = Path(path)
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
