"""Tensors in safetensors files, written whole and read without unpickling anything."""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save

from unweave.errors import RequestError, shortened
from unweave.files import written_whole

Tensors = dict[str, torch.Tensor]


def save_tensors(
    path: Path, tensors: Mapping[str, torch.Tensor], notes: Any = None, read_back: bool = False
) -> None:
    """Write tensors, and a JSON document in the header, to one file, whole or not at all.

    With `read_back`, an older file gives way only after the new one has been read and holds
    every bit.

    Raises
    ------
    RequestError
        If the file cannot be written, as on a full disk.
    """
    # Copies, because safetensors refuses tensors that share memory.
    contents = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with written_whole(path) as temporary:
        # Not safetensors' own writer: it renames a file of its own and hides the system's errors.
        temporary.write_bytes(save(contents, metadata={"notes": json.dumps(notes)}))
        if read_back:
            _compare(temporary, contents)


def _compare(path: Path, contents: Tensors) -> None:
    """Raise OSError unless a file holds these tensors, bit for bit."""
    try:
        stored = load(path.read_bytes())
    except SafetensorError as error:
        raise OSError(errno.EIO, f"it does not read back: {error}") from error
    for name, value in contents.items():
        same = stored[name].view(torch.uint8) if value.ndim else stored[name].reshape(1)
        own = value.view(torch.uint8) if value.ndim else value.reshape(1)
        if not torch.equal(same, own):
            raise OSError(errno.EIO, f"{name} does not read back as it was written")


def load_tensors(path: Path) -> tuple[Tensors, Any]:
    """Read a file that `save_tensors` wrote: the tensors and the JSON document.

    Raises
    ------
    RequestError
        If the file is missing, truncated, or no safetensors file.
    """
    with _readable(path):
        # Not from a memory map: that would end the process if the file shrinks meanwhile, and
        # safetensors keeps a few bytes for good of every tensor that it reads from one.
        return load(path.read_bytes()), load_notes(path)


def load_notes(path: Path) -> Any:
    """Read the JSON document alone; raises what `load_tensors` raises."""
    with _readable(path), safe_open(path, "pt") as stored:
        return json.loads((stored.metadata() or {}).get("notes", "null"))


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Read the shapes of the tensors from the header; raises what `load_tensors` raises.

    safetensors refuses a header that promises more than the file holds.
    """
    with _readable(path), safe_open(path, "pt") as stored:
        return {name: tuple(stored.get_slice(name).get_shape()) for name in stored.keys()}  # noqa: SIM118


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError, LookupError, ValueError, TypeError, RecursionError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise RequestError(
            f"{path}: not a readable safetensors file ({shortened(said)}); train the run again"
        ) from error


def prefixed(prefix: str, tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Return the tensors under names that begin with `prefix` and a slash."""
    return {f"{prefix}/{name}": value for name, value in tensors.items()}


def under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Undo `prefixed`: return the tensors with one prefix, and remove it from their names."""
    start = prefix + "/"
    return {
        name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)
    }
