"""The process that reads MATLAB's files for `unweave.data.files.matlab`.

SciPy's reader can bring its process down on a damaged file. This one imports nothing of the
package, so that it starts at once. It is told a name and the bytes of a file, and answers with
the array in NumPy's format, or with an error.
"""

import contextlib
import io
import struct
import sys

MOST_BYTES = 4 << 30


def answer(name: str, raw: bytes) -> bytes:
    """Return ``a`` and the array of that name, ``e`` and an error, or ``m``: it is missing."""
    import numpy as np
    from scipy.io import loadmat

    try:
        # Open files are documented, but not in the stubs.
        found = loadmat(io.BytesIO(raw), variable_names=[name])  # type: ignore[arg-type]
        if name not in found:
            return b"m"
        out = io.BytesIO()
        np.save(out, found[name], allow_pickle=False)
        return b"a" + out.getvalue()
    except BaseException as error:
        # Damage shows as almost anything: ValueError, TypeError, zlib.error, MemoryError, …
        return b"e" + (str(error) or type(error).__name__)[:300].encode("utf-8", "replace")


def serve() -> None:
    """Answer until the input ends."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken, given = sys.stdin.buffer, sys.stdout.buffer
    while head := taken.read(16):
        lengths = struct.unpack("<QQ", head)
        name, raw = (taken.read(length) for length in lengths)
        said = answer(name.decode(), raw)
        given.write(struct.pack("<Q", len(said)) + said)
        given.flush()


if __name__ == "__main__":
    serve()
