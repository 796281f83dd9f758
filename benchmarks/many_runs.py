"""Short runs one after the other in one process: memory, open files and threads must not grow.

    python benchmarks/many_runs.py --runs 2000

Each run trains, encodes, and writes its folder, which the next one replaces; tables and images
take turns. What the process holds is printed as the runs go on.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import tempfile
import threading
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    table, images = uw.load_data("fa15:rows=200"), uw.load_data("digits")
    print("| runs | MB | open files | threads | of Python | objects |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        for number in range(asked.runs):
            if number % 2:
                model = uw.train("vae", images, seed=number, out=out, channels=(4,), **SHORT)
                model.sample(2)
            else:
                model = uw.train("bf-vae", table, seed=number, out=out, hidden=(8,), **SHORT)
                model.encode(table)
            uw.load(out)
            shutil.rmtree(out)
            if number + 1 in (asked.runs // 20, asked.runs // 4, asked.runs // 2, asked.runs):
                print(f"| {number + 1:,} | {held()} |", flush=True)


if __name__ == "__main__":
    main()
