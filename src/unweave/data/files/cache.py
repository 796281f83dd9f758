"""The cache of images that are packed once into a memory-mapped file."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import platformdirs
from rich.console import Console
from rich.progress import track

from unweave.data.files.fingerprint import fingerprint_of
from unweave.files import clear_unfinished, temporary_file

FORMAT = 1
_UNFINISHED = "*.tmp*"  # What killed packing left.
Item = TypeVar("Item")
Create = Callable[[tuple[int, ...]], np.ndarray]
Pack = Callable[[Create], np.ndarray]


@dataclass(frozen=True)
class Packed:
    """Images from the cache: uint8, read-only, their fingerprint, and what to tell."""

    images: np.ndarray
    fingerprint: str
    notes: tuple[str, ...] = ()


def cache_directory() -> Path:
    """Return where packed and fetched data is kept: ``UNWEAVE_CACHE`` or the user's cache."""
    chosen = os.environ.get("UNWEAVE_CACHE")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("unweave")


def key_of(files: Iterable[Path], **options: Any) -> str:
    """Hash paths, sizes and modification times of files, and the options of the pack."""
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        stat = file.stat()
        # A name need not be text: of bytes that are not UTF-8 it keeps each.
        digest.update(os.fsencode(file.resolve()))
        digest.update(f"\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    digest.update(json.dumps({"format": FORMAT, **options}, sort_keys=True).encode())
    return digest.hexdigest()


def packed(key: str, pack: Pack) -> Packed:
    """Return the images packed under `key`; pack them first where they are not.

    Parameters
    ----------
    key : str
        What `key_of` returned.
    pack : callable
        Given a function that makes a writable uint8 array of a shape (on disk, in the
        cache's directory), returns the filled array: one that the function made.

    Returns
    -------
    Packed
        A memory map of the cache file. Where the cache cannot be written, a map of a
        file in a temporary folder, removed at exit, or an array; with a note.
    """
    folder = cache_directory() / "packed"
    clear_unfinished(folder, _UNFINISHED)
    found = _open(folder, key)
    if found is not None:
        return found
    try:
        return _write(folder, key, pack)
    except OSError as error:
        note = (
            f"the cache {folder} cannot be written ({error.strerror or error}): images are packed "
            "for this process only; set UNWEAVE_CACHE to a writable folder"
        )
    try:
        temporary = _temporary()
        found = _open(temporary, key) or _write(temporary, key, pack)
        images = found.images
    except OSError:
        images = pack(lambda shape: np.empty(shape, dtype=np.uint8))
    return Packed(images, fingerprint_of(images), (note,))


def progress(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Iterate with a progress bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    yield from track(
        items, description=what, console=console, transient=True, disable=not console.is_terminal
    )


@lru_cache(maxsize=1)
def _temporary() -> Path:
    folder = tempfile.mkdtemp(prefix="unweave-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _open(folder: Path, key: str) -> Packed | None:
    """Map a packed file if it is there, whole and undamaged."""
    try:
        about = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        images = np.load(folder / f"{key}.npy", mmap_mode="r", allow_pickle=False)
        intact = images.dtype == np.uint8 and fingerprint_of(images) == about["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    return Packed(images, about["fingerprint"]) if intact else None


def _write(folder: Path, key: str, pack: Pack) -> Packed:
    """Pack into temporary files, and give them their names only when they are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    held: list[int] = []

    def begin() -> Path:
        path, descriptor = temporary_file(folder, f"{key}.", ".tmp")
        made.append(path)
        held.append(descriptor)
        return path

    def create(shape: tuple[int, ...]) -> np.ndarray:
        path = begin()
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
        _reserve(path)
        return array

    try:
        images = pack(create)
        if not isinstance(images, np.memmap) or images.filename is None:
            raise TypeError("a pack must return an array that its create function made")
        images.flush()
        fingerprint = fingerprint_of(images)
        finished = Path(images.filename)
        del images
        _sync(finished)
        finished.chmod(0o644)
        about = begin()
        about.write_text(json.dumps({"fingerprint": fingerprint}), encoding="utf-8")
        _sync(about)
        os.replace(finished, folder / f"{key}.npy")
        os.replace(about, folder / f"{key}.json")
    finally:
        for leftover in made:
            with contextlib.suppress(OSError):
                leftover.unlink()
        for descriptor in held:
            os.close(descriptor)
    images = np.load(folder / f"{key}.npy", mmap_mode="r", allow_pickle=False)
    return Packed(images, fingerprint)


def _reserve(path: Path) -> None:
    """Claim the disk space of a sparse file.

    Without it, writing to the map on a full disk would end the process by a signal.
    """
    if hasattr(os, "posix_fallocate"):
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
