"""The finding of files that are not part of the package, and the fetching of public ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from unweave.data.files.cache import cache_directory
from unweave.errors import RequestError


@dataclass(frozen=True)
class Files:
    """The files of a data set that is not embedded.

    Attributes
    ----------
    places : tuple of str
        Where its file or folder may lie, relative to ``UNWEAVE_DATA``; the first place is
        recommended. A place without a suffix is a folder.
    needed : tuple of str
        Files that must be in it, if it is a folder. They may be gzipped; a zip file may
        be unpacked.
    fetched : tuple of (str, str)
        Public addresses of the files and their SHA-256, or MD5 where no other is published,
        if they can be fetched: of those in `needed`, or of the one file that the first place
        names.
    origin : str
        Where a person can get the data.
    holds : callable, optional
        Tells whether a folder holds the data, where it may be laid out in several ways; in
        place of a look for the files in `needed`.
    """

    places: tuple[str, ...]
    needed: tuple[str, ...] = ()
    fetched: tuple[tuple[str, str], ...] = ()
    origin: str = ""
    holds: Callable[[Path], bool] | None = None


def find(files: Files) -> Path | None:
    """Return where the data lies: under ``UNWEAVE_DATA``, else in the user's cache."""
    for root in _roots():
        for place in files.places:
            path = root / place
            if _has(path, files):
                return path
    return None


def _has(path: Path, files: Files) -> bool:
    if files.holds is not None:
        return path.is_dir() and files.holds(path)
    if files.needed:
        return all(_is_there(path, name) for name in files.needed)
    return path.is_dir() if not path.suffix else path.is_file()


def find_or_fetch(name: str, files: Files) -> Path:
    """Return where the data lies; where it is nowhere and public, fetch it first.

    Parameters
    ----------
    name : str
        What to call the data in an error.
    files : Files
        The files, and where they may lie.

    Raises
    ------
    RequestError
        If it can neither be found nor fetched; the message says what to put where.
    """
    found = find(files)
    if found is not None:
        return found
    if not files.fetched:
        raise RequestError(f"{name} is not embedded and cannot be fetched: {_mend(files)}")
    from unweave.data.files.fetching import fetch_file  # Few runs fetch: most need no client.

    place = cache_directory() / "data" / files.places[0]
    for address, digest in files.fetched:
        try:
            fetch_file(address, digest, place / _file_name(address) if files.needed else place)
        except (OSError, ValueError) as error:
            # A failed connection nests its reasons; the first words are enough.
            reason = str(error).splitlines()[0][:60] if str(error) else type(error).__name__
            raise RequestError(
                f"cannot fetch {name} from {address} ({reason}); try again, or {_mend(files)}"
            ) from error
    return place


def _file_name(address: str) -> str:
    return urlsplit(address).path.rsplit("/", 1)[1]


def _roots() -> list[Path]:
    chosen = os.environ.get("UNWEAVE_DATA")
    roots = [Path(chosen).expanduser()] if chosen else []
    return [*roots, cache_directory() / "data"]


def _is_there(folder: Path, name: str) -> bool:
    if name.endswith(".zip") and (folder / name.removesuffix(".zip")).is_dir():
        return True
    return (folder / name).is_file() or (folder / f"{name}.gz").is_file()


def _mend(files: Files) -> str:
    root = os.environ.get("UNWEAVE_DATA")
    place = files.places[0]
    what = place
    if files.needed:
        published = {_file_name(address) for address, _ in files.fetched}
        names = (f"{name}.gz" if f"{name}.gz" in published else name for name in files.needed)
        what = f"{', '.join(names)} into {place}"
    under = (
        f"under UNWEAVE_DATA ({root})"
        if root
        else (f"under a folder named by UNWEAVE_DATA, or under {cache_directory() / 'data'}")
    )
    origin = f" (from {files.origin})" if files.origin else ""
    return f"put {what} {under}{origin}"
