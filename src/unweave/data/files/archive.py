"""Members of a zip file, a tar file or a folder, read one after another."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from unweave.data.files.cache import progress
from unweave.data.files.decoding import SUFFIXES, list_images
from unweave.errors import RequestError

_BROKEN_TAR = (tarfile.TarError, OSError, EOFError, ValueError, zlib.error)


class Member(io.BytesIO):
    """The bytes of one member; Pillow's errors show its name instead of an address."""

    def __init__(self, raw: bytes, name: PurePosixPath) -> None:
        super().__init__(raw)
        self._name = str(name)

    def __repr__(self) -> str:
        return repr(self._name)


@dataclass(frozen=True)
class Archive:
    """Some members of an archive, or of the folder it unpacks to.

    Attributes
    ----------
    place : pathlib.Path
        The zip file, the tar file (compressed or not) or the folder.
    names : tuple of pathlib.PurePosixPath
        The members' paths in it.
    """

    place: Path
    names: tuple[PurePosixPath, ...]

    @property
    def files(self) -> list[Path]:
        """The files on disk that change when a member does."""
        if self.place.is_dir():
            return [self.place / name for name in self.names]
        return [self.place]

    def where(self, row: int) -> str:
        """Return what to call a member in an error."""
        name = self.names[row]
        return str(self.place / name) if self.place.is_dir() else f"{self.place}, {name}"

    def read(self, what: str) -> Iterator[tuple[int, Member]]:
        """Read the members in turn, with a progress bar.

        Parameters
        ----------
        what : str
            What the progress bar says is being done.

        Yields
        ------
        row : int
            The member's index in `names`.
        member : Member
            Its bytes.

        Raises
        ------
        RequestError
            If a member cannot be read.
        """
        if self.place.is_dir():
            read = self._read_folder
        else:
            read = self._read_zip if self.place.suffix == ".zip" else self._read_tar
        for row, raw in read(what):
            yield row, Member(raw, self.names[row])

    def _read_folder(self, what: str) -> Iterator[tuple[int, bytes]]:
        for row in self._rows(what):
            path = self.place / self.names[row]
            try:
                yield row, path.read_bytes()
            except OSError as error:
                raise RequestError(f"{path} cannot be read ({error}); get it again") from error

    def _read_zip(self, what: str) -> Iterator[tuple[int, bytes]]:
        with zipfile.ZipFile(self.place) as archive:
            for row in self._rows(what):
                try:
                    raw = archive.read(str(self.names[row]))
                except Exception as error:
                    # Damage shows as BadZipFile, zlib.error, EOFError, NotImplementedError, ...
                    raise RequestError(
                        f"{self.where(row)} cannot be read "
                        f"({str(error) or type(error).__name__}); get the zip file again"
                    ) from error
                yield row, raw

    def _read_tar(self, what: str) -> Iterator[tuple[int, bytes]]:
        try:
            with tarfile.open(self.place) as archive:
                listed = {PurePosixPath(member.name): member for member in _members(archive)}
                for row in self._rows(what):
                    file = archive.extractfile(listed[self.names[row]])
                    yield row, file.read() if file is not None else b""
        except _BROKEN_TAR as error:
            raise _unreadable(self.place, "tar", error) from error

    def _rows(self, what: str) -> Iterator[int]:
        return progress(range(len(self.names)), what)


def find_members(place: Path, pattern: str) -> Archive:
    """List the members of a tar file or a folder whose name matches a pattern.

    Parameters
    ----------
    place : pathlib.Path
        A tar file or a folder.
    pattern : str
        A regular expression for the whole name, without folders.

    Returns
    -------
    Archive
        In a tar file, in the order in which the members are fastest to read; in a folder,
        sorted by path.

    Raises
    ------
    RequestError
        If the tar file is damaged, or no name matches.
    """
    if place.is_dir():
        found = (PurePosixPath(path.relative_to(place).as_posix()) for path in place.rglob("*"))
        names = sorted(name for name in found if re.fullmatch(pattern, name.name))
    else:
        try:
            with tarfile.open(place) as archive:
                listed = [PurePosixPath(one.name) for one in _members(archive) if one.isfile()]
        except _BROKEN_TAR as error:
            raise _unreadable(place, "tar", error) from error
        # One name may occur twice in a tar file; the later one counts.
        names = [name for name in dict.fromkeys(listed) if re.fullmatch(pattern, name.name)]
    if not names:
        raise RequestError(f"{place} holds no file like {pattern!r}; get it again")
    return Archive(place, tuple(names))


def find_pictures(folder: Path, archive: str) -> Archive:
    """List the pictures of a zip file, or of the folder it unpacks to where there is none.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that holds either.
    archive : str
        The file's name, ``something.zip``; the folder is ``something``.

    Returns
    -------
    Archive
        The pictures, sorted by name.

    Raises
    ------
    RequestError
        If neither is there, the zip file is damaged, there is no picture, or two have
        the same name.
    """
    place = folder / archive
    if place.is_file():
        names = _zipped_pictures(place)
    elif (place := place.with_suffix("")).is_dir():
        names = [PurePosixPath(path.relative_to(place).as_posix()) for path in list_images(place)]
    else:
        raise RequestError(
            f"{folder} has neither {archive} nor {place.name}; put one of them there"
        )
    if not names:
        raise RequestError(f"{place} has 0 images; get it again")
    names.sort(key=lambda name: name.name)
    for before, after in pairwise(names):
        if before.name == after.name:
            raise RequestError(
                f"{place} has two images {before.name!r} ({before}, {after}); remove one"
            )
    return Archive(place, tuple(names))


def _zipped_pictures(path: Path) -> list[PurePosixPath]:
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [PurePosixPath(member) for member in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _unreadable(path, "zip", error) from error
    return [
        name
        for name in listed
        if name.suffix.casefold() in SUFFIXES
        and not any(part.startswith(".") for part in name.parts)
    ]


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


def _unreadable(place: Path, kind: str, error: Exception) -> RequestError:
    return RequestError(
        f"{place} is not a readable {kind} file ({str(error) or type(error).__name__}); "
        "get the file again"
    )
