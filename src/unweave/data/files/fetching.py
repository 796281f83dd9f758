"""The fetching of one public file: resumed where it stopped, and checked by its published hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import requests
import urllib3
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 30
_OK, _PARTIAL, _RANGE_NOT_SATISFIABLE = 200, 206, 416
# By the number of hexadecimal digits. MD5 tells damage, and is used where no other is published.
_HASHES = {64: ("sha256", "SHA-256"), 32: ("md5", "MD5")}


def fetch_file(address: str, digest: str, target: Path) -> Path:
    """Fetch one file; what is already here of it is not fetched again.

    The bytes gather beside the target, in a file whose name ends in ``.part``. An
    interrupted call leaves it there, and the next call goes on from its end by an HTTP
    Range request (RFC 9110, section 14). The target itself appears whole, and only with
    the given checksum.

    Parameters
    ----------
    address : str
        The file's URL.
    digest : str
        SHA-256 of the file, or its MD5 where no other is published, in hexadecimal digits.
    target : pathlib.Path
        Its folder is made if needed. A target that exists is returned as it is.

    Returns
    -------
    pathlib.Path
        The target.

    Raises
    ------
    OSError
        If the server cannot be reached or refuses, if the transfer breaks off, or if
        the disk is at fault.
    ValueError
        If the checksum is another; the part is removed, since it is of no use.
    """
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        _transfer(address, part)
    except urllib3.exceptions.HTTPError as error:
        raise OSError(f"the transfer broke off: {error}") from error
    algorithm, title = _HASHES[len(digest)]
    found = _hash(part, algorithm)
    if found != digest.lower():
        part.unlink()
        raise ValueError(f"its {title} is {found[:12]}… and not {digest[:12]}…")
    os.replace(part, target)
    return target


def _transfer(address: str, part: Path) -> None:
    """Bring the part to its full length."""
    with _request(address, start := _size(part)) as response:
        if response.status_code == _RANGE_NOT_SATISFIABLE:
            # Nothing lies beyond the part: it is whole already, or longer than the file
            # and then of no use. Which of them, the checksum tells.
            return
        response.raise_for_status()
        resumed = response.status_code == _PARTIAL
        if resumed and not _content_range(response).startswith(f"bytes {start}-"):
            raise OSError(f"the server answered with {_content_range(response)!r}")
        # A server that knows no ranges sends the whole file, with status 200.
        have = start if resumed else 0
        length = response.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        with part.open("ab" if resumed else "wb") as file, _bar() as bar:
            task = bar.add_task(part.name.removesuffix(".part"), total=total, completed=have)
            # Undecoded: a server may declare a .gz file to be gzip on the way only.
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                file.write(chunk)
                bar.advance(task, len(chunk))
    if total is not None and _size(part) != total:
        raise OSError(f"the transfer broke off at {_size(part)} of {total} bytes")


def _request(address: str, start: int) -> requests.Response:
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    return requests.get(address, headers=headers, stream=True, timeout=TIMEOUT_SECONDS)


def _content_range(response: requests.Response) -> str:
    return str(response.headers.get("Content-Range", ""))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _hash(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _bar() -> Progress:
    """Return a progress bar on standard error, which shows where that is a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
