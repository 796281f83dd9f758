"""Memory of a training: refused beforehand where it cannot suffice."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import torch
from torch import nn

from unweave.errors import RequestError, shortened

# Weights, gradients and Adam's two moments.
COPIES = 4
MEND = "use smaller networks (latent_dim, hidden, channels, units) or a smaller batch_size"


def require_memory(build: Callable[[], nn.Module]) -> None:
    """Refuse a model whose training needs more memory than this machine has free.

    The model is built on the device ``meta``, where it has shapes and takes no memory.

    Raises
    ------
    RequestError
        If weights, gradients and moments do not fit, or their number is beyond any machine.
    """
    try:
        with torch.device("meta"):
            model = build()
    except RequestError:
        raise
    except (RuntimeError, TypeError, OverflowError, MemoryError) as error:
        raise RequestError(
            f"the model is larger than any memory ({shortened(str(error).splitlines()[0])}); {MEND}"
        ) from error
    needed = COPIES * sum(value.nbytes for value in model.parameters())
    free = free_memory()
    if free is not None and needed > free:
        raise RequestError(
            f"the training of this model needs {_in_words(needed)} of memory, and "
            f"{_in_words(free)} are free; {MEND}"
        )


def free_memory() -> int | None:
    """Return the bytes that this process may still ask for; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/meminfo", encoding="ascii") as lines:
            named = dict(line.split(":", 1) for line in lines)
        return int(named["MemAvailable"].split()[0]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _in_words(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB"
