"""Device, processes, precision and compilation of a training."""

from __future__ import annotations

import atexit
import contextlib
import gc
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from unweave.errors import RequestError, pick
from unweave.runs.training_settings import TrainingSettings

if TYPE_CHECKING:
    from lightning.fabric import Fabric

logger = logging.getLogger("unweave")

# Compilation takes about half a minute, which shorter runs do not save.
_STEPS_WORTH_COMPILING = {"cpu": 4000, "cuda": 1500}


def pick_device(name: str | torch.device) -> torch.device:
    """Return the torch device for `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.

    Raises
    ------
    RequestError
        If this machine has no such device.
    """
    family, _, index = str(name).partition(":")
    pick(family, ("auto", "cpu", "cuda", "mps"), "device")
    present = {"cpu": True, "cuda": torch.cuda.is_available()}
    present["mps"] = torch.backends.mps.is_available()
    if family == "auto":
        family = next(kind for kind in ("cuda", "mps", "cpu") if present[kind])
        return torch.device(family, int(os.environ.get("LOCAL_RANK", 0)) if family == "cuda" else 0)
    count = torch.cuda.device_count() if family == "cuda" else 1
    if not present[family] or (index and (not index.isdigit() or int(index) >= count)):
        raise RequestError(f"device={name}: this machine has no such device; use auto")
    return torch.device(family, int(index or 0))


def pick_precision(name: str, device: torch.device, images: bool) -> str:
    """Return the precision that `auto` stands for on a device, or the one named.

    It is bf16 for images on devices that multiply bf16 matrices in hardware: tensor cores, or
    a CPU with AVX-512 BF16. A table's small matrices gain nothing from it.
    """
    if name != "auto":
        return name
    gains = {
        "cuda": lambda: torch.cuda.is_bf16_supported(including_emulation=False),
        "cpu": _cpu_multiplies_bf16,
    }.get(device.type, lambda: False)
    return "bf16-mixed" if images and gains() else "32-true"


def _cpu_multiplies_bf16() -> bool:
    """Tell whether the CPU multiplies bf16, and oneDNN may use it (`ONEDNN_MAX_CPU_ISA`).

    Emulated, a bf16 convolution takes ten to a hundred times as long as one in float32.
    """
    return bool(
        torch.cpu._is_avx512_bf16_supported() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


def make_fabric(device_name: str, settings: TrainingSettings, images: bool) -> Fabric:
    """Return a launched Fabric for one process, or for all that `torchrun` started."""
    # It takes seconds to import, and loading a model does not need it.
    from lightning.fabric import Fabric

    device = pick_device(device_name)
    precision = pick_precision(settings.precision, device, images)
    processes = int(os.environ.get("WORLD_SIZE", 1))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", processes))
    with warnings.catch_warnings():
        # Fabric advises on strategies and devices that were chosen here on purpose.
        warnings.simplefilter("ignore")
        for name in ("lightning.fabric", "lightning.pytorch"):
            logging.getLogger(name).setLevel(logging.ERROR)
        fabric = Fabric(
            accelerator=device.type,
            devices=local if processes > 1 or device.type == "cpu" else [device.index or 0],
            num_nodes=max(1, processes // local),
            strategy="ddp" if processes > 1 else "auto",
            precision=precision,  # type: ignore[arg-type]
        )
        fabric.launch()
    if fabric.world_size > 1:
        # Before Python ends: threads that outlive it sometimes abort the process, and the
        # launcher then reports a run that ended well as a failure.
        atexit.unregister(_leave_the_others)
        atexit.register(_leave_the_others)
    return fabric


def _leave_the_others() -> None:
    # A wrapped module that is not yet collected would keep the group and its threads alive.
    gc.collect()
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


@contextlib.contextmanager
def fitting_threads(device: torch.device, images: bool) -> Iterator[None]:
    """Run a table's steps on one thread: their matrices are too small to be divided.

    More threads would only wait for each other, and stall when other work takes a core.
    """
    before = torch.get_num_threads()
    if device.type == "cpu" and not images:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def should_compile(settings: TrainingSettings, fabric: Fabric, images: bool) -> bool:
    """Return whether to compile the step; warn if it should be compiled but cannot be.

    Only models of images gain enough: a table's step takes less time than starting a compiled
    one. On a CPU, bf16 steps gain nothing more. With several processes the step stays
    uncompiled, since their communication would split the graph.
    """
    kind = fabric.device.type
    if settings.compile == "no" or fabric.world_size > 1 or kind not in _STEPS_WORTH_COMPILING:
        return False
    if settings.compile == "auto":
        slow = kind == "cuda" or fabric._precision.precision == "32-true"
        if not (images and slow and settings.steps >= _STEPS_WORTH_COMPILING[kind]):
            return False
    if kind == "cpu" and not _has_compiler():
        logger.warning(
            "no C++ compiler found: training continues uncompiled (install g++ or clang++ to "
            "speed it up)"
        )
        return False
    return True


def _has_compiler() -> bool:
    named = os.environ.get("CXX", "")
    return any(shutil.which(name) for name in (named, "g++", "clang++", "c++") if name)
