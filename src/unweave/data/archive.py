"""Pictures in a zip file or in a folder of the same name, read one by one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from unweave.data.images import SUFFIXES, list_images
from unweave.errors import RequestError

Read = Callable[[int], Path | BinaryIO]


@dataclass(frozen=True)
class Pictures:
    """Where pictures lie.

    Attributes
    ----------
    place : pathlib.Path
        The zip file or the folder.
    members : tuple of str
        Their paths in it, in the order of their names.
    zipped : bool
    """

    place: Path
    members: tuple[str, ...]
    zipped: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Their names without folders."""
        return tuple(_name(member) for member in self.members)

    @property
    def files(self) -> list[Path]:
        """The files that change when a picture does."""
        if self.zipped:
            return [self.place]
        return [self.place / member for member in self.members]

    def where(self, row: int) -> str:
        """Name a picture in an error."""
        member = self.members[row]
        return f"{self.place}, {member}" if self.zipped else str(self.place / member)

    @contextmanager
    def opened(self) -> Iterator[Read]:
        """Give a function that opens the picture of a row.

        It raises RequestError for a damaged member of a zip file.
        """
        if not self.zipped:
            yield lambda row: self.place / self.members[row]
            return
        with zipfile.ZipFile(self.place) as archive:

            def read(row: int) -> BinaryIO:
                try:
                    return _Member(archive.read(self.members[row]), self.members[row])
                except Exception as error:
                    # Damage shows as BadZipFile, zlib.error, EOFError, NotImplementedError, ...
                    raise RequestError(
                        f"{self.where(row)} cannot be read "
                        f"({str(error) or type(error).__name__}); get the zip file anew"
                    ) from error

            yield read


class _Member(io.BytesIO):
    """The bytes of one picture; Pillow's errors show its name instead of an address."""

    def __init__(self, raw: bytes, name: str) -> None:
        super().__init__(raw)
        self._name = name

    def __repr__(self) -> str:
        return repr(self._name)


def find_pictures(folder: Path, archive: str) -> Pictures:
    """List the pictures of a zip file, or of the folder it unpacks to where there is none.

    Parameters
    ----------
    folder : pathlib.Path
    archive : str
        The file's name, ``something.zip``; the folder is ``something``.

    Raises
    ------
    RequestError
        If neither is there, the zip file is damaged, there is no picture, or two have
        the same name.
    """
    place = folder / archive
    zipped = place.is_file()
    if zipped:
        members = _members(place)
    elif (place := place.with_suffix("")).is_dir():
        members = [path.relative_to(place).as_posix() for path in list_images(place)]
    else:
        raise RequestError(
            f"{folder} has neither {archive} nor {place.name}; put one of them there"
        )
    if not members:
        raise RequestError(f"{place} has 0 images; get it anew")
    members.sort(key=_name)
    for before, after in pairwise(members):
        if _name(before) == _name(after):
            raise RequestError(
                f"{place} has two images {_name(before)!r} ({before}, {after}); remove one"
            )
    return Pictures(place, tuple(members), zipped)


def _name(member: str) -> str:
    return PurePosixPath(member).name


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [PurePosixPath(member) for member in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RequestError(
            f"{path} is no readable zip file ({error}); get the file anew"
        ) from error
    return [
        str(member)
        for member in listed
        if member.suffix.casefold() in SUFFIXES
        and not any(part.startswith(".") for part in member.parts)
    ]
