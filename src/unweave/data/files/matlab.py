"""Arrays of MATLAB's files, read in a process of their own: its crash is an error here.

Bounds: the process may take 4 GiB of memory and a minute a file, then it is ended.
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from unweave.data.files import mat_worker
from unweave.errors import RequestError, shortened

SECONDS = 60.0


class MatReader:
    """A reader of many files by one process, which is started anew if it dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def read(self, raw: bytes, name: str, where: str) -> np.ndarray:
        """Return one array of a file.

        Parameters
        ----------
        raw : bytes
            The file.
        name : str
        where : str
            What to call the file in an error.

        Raises
        ------
        RequestError
            If the file is damaged, has no such array, or takes too much memory or time.
        """
        said = self._ask(name.encode(), raw)
        if said[:1] == b"m":
            raise RequestError(f"{where} has no array {name!r}; get it again")
        if said[:1] != b"a":
            why = shortened(said[1:].decode("utf-8", "replace")) or "its reader crashed"
            raise RequestError(f"{where} is not a readable .mat file ({why}); get it again")
        array: np.ndarray = np.load(io.BytesIO(said[1:]), allow_pickle=False)
        return array

    def _ask(self, name: bytes, raw: bytes) -> bytes:
        if self._process is None:
            command = [sys.executable, "-P", str(Path(mat_worker.__file__))]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        try:
            process.stdin.write(struct.pack("<QQ", len(name), len(raw)) + name + raw)
            process.stdin.flush()
            (length,) = struct.unpack("<Q", process.stdout.read(8))
            said: bytes = process.stdout.read(length)
            if len(said) == length:
                return said
        except (OSError, struct.error):
            pass
        finally:
            late.cancel()
        self._end()
        return b"e"

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
