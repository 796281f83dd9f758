"""Files in a tar file or in the folder it unpacks to, read one after another."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from unweave.data.cache import progress
from unweave.errors import RequestError

_BROKEN = (tarfile.TarError, OSError, EOFError, ValueError, zlib.error)


@dataclass(frozen=True)
class Members:
    """Files of one kind.

    Attributes
    ----------
    place : pathlib.Path
        The tar file, compressed or not, or the folder.
    names : tuple of pathlib.PurePosixPath
        Their paths in it, in the order in which they are fastest to read.
    """

    place: Path
    names: tuple[PurePosixPath, ...]

    @property
    def files(self) -> list[Path]:
        """The files that change when a member does."""
        if self.place.is_dir():
            return [self.place / name for name in self.names]
        return [self.place]

    def where(self, row: int) -> str:
        """Name a member in an error."""
        return f"{self.place}, {self.names[row]}"

    def read(self, what: str) -> Iterator[tuple[int, bytes]]:
        """Read the members in turn, with a progress bar.

        Yields
        ------
        row : int
            Its index in `names`.
        raw : bytes

        Raises
        ------
        RequestError
            If one cannot be read.
        """
        rows = progress(range(len(self.names)), what)
        if self.place.is_dir():
            for row in rows:
                yield row, _read_file(self.place / self.names[row])
            return
        try:
            with tarfile.open(self.place) as archive:
                listed = {PurePosixPath(member.name): member for member in _members(archive)}
                for row in rows:
                    file = archive.extractfile(listed[self.names[row]])
                    yield row, file.read() if file is not None else b""
        except _BROKEN as error:
            raise _unreadable(self.place, error) from error


def find_members(place: Path, pattern: str) -> Members:
    """List the files whose name, without folders, matches a pattern.

    Parameters
    ----------
    place : pathlib.Path
        A tar file or a folder.
    pattern : str
        A regular expression for the whole name.

    Raises
    ------
    RequestError
        If the tar file is damaged, or there are no such files.
    """
    if place.is_dir():
        found = (PurePosixPath(path.relative_to(place).as_posix()) for path in place.rglob("*"))
        names = sorted(name for name in found if re.fullmatch(pattern, name.name))
    else:
        try:
            with tarfile.open(place) as archive:
                listed = [PurePosixPath(one.name) for one in _members(archive) if one.isfile()]
        except _BROKEN as error:
            raise _unreadable(place, error) from error
        # One name may stand twice in a tar file; the later one counts.
        names = [name for name in dict.fromkeys(listed) if re.fullmatch(pattern, name.name)]
    if not names:
        raise RequestError(f"{place} holds no file like {pattern!r}; get it anew")
    return Members(place, tuple(names))


def _members(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """List the members, and make sure that the archive does not end before its end.

    Python's module takes a header that is cut short, or no header, for the end.
    """
    members = archive.getmembers()
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError(f"it ends early, after {len(members)} members")
    return members


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error}); get it anew") from error


def _unreadable(place: Path, error: Exception) -> RequestError:
    return RequestError(
        f"{place} is no readable tar file ({error or type(error).__name__}); get the file anew"
    )
