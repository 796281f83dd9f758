"""Short runs one after the other in one process: memory, open files and threads must not grow.

    python benchmarks/many_runs.py --runs 2000

Each run trains, writes its folder, which the next one replaces, and is put to use; a table, images,
images with labels and a table of mixed columns take turns. What the process holds is printed as
the runs go on.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import torch

import unweave as uw

SHORT = {"steps": 2, "batch_size": 16, "progress": False}


def held() -> str:
    """Return resident memory, open files and threads of this process."""
    gc.collect()
    text = Path("/proc/self/status").read_text()
    memory = int(text.partition("VmRSS:")[2].split()[0]) / 1024
    threads = int(text.partition("Threads:")[2].split()[0])
    files = len(os.listdir("/proc/self/fd"))
    cells = f"{memory:.0f}", files, threads, threading.active_count(), len(gc.get_objects())
    return " | ".join(map(str, cells))


def turns() -> list[Callable[[int, Path], None]]:
    """Return the kinds of runs, each given a seed and a folder."""
    table, mixed = uw.load_data("fa15:rows=200"), uw.load_data("fa-mixed:rows=200")
    images = uw.load_data("digits")

    def on_a_table(seed: int, out: Path) -> None:
        uw.train("bf-vae", table, seed=seed, out=out, hidden=(8,), **SHORT).encode(table)

    def on_images(seed: int, out: Path) -> None:
        uw.train("vae", images, seed=seed, out=out, channels=(4,), **SHORT).sample(2)

    def with_labels(seed: int, out: Path) -> None:
        model = uw.train("mdd-ae-dcov", images, seed=seed, out=out, channels=(4,), **SHORT)
        model.reconstruct(images.samples[:2])

    def on_mixed_columns(seed: int, out: Path) -> None:
        model = uw.train("vae", mixed, seed=seed, out=out, hidden=(8,), **SHORT)
        uw.evaluate(model, mixed, metrics=["mig"])

    return [on_a_table, on_images, with_labels, on_mixed_columns]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    kinds = turns()
    print("| runs | MB | open files | threads | of Python | objects |")
    print("| --- | --- | --- | --- | --- | --- |")
    told = {asked.runs // part for part in (200, 20, 4, 2, 1)}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        for number in range(asked.runs):
            kinds[number % len(kinds)](number, out)
            uw.load(out)
            shutil.rmtree(out)
            if number + 1 in told:
                print(f"| {number + 1:,} | {held()} |", flush=True)


if __name__ == "__main__":
    main()
