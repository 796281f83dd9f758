"""The package beside its peers on equal work: how long each takes, and how near to the machine.

    pip install -c constraints.txt -e '.[bench]'
    python benchmarks/peers.py --list
    python benchmarks/peers.py --only beta-vae,factor-vae --rounds 7 --steps 60

Contenders take turns for several rounds in one process, so that a machine whose speed drifts slows
all of them; ratios are medians over the rounds. One that cannot run is a row with its error.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import subprocess
import sys
import warnings
from pathlib import Path

import torch
from peer_functions import FUNCTIONS
from peer_trainings import TRAININGS
from rounds import table

WITHOUT_AMX = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}
ROWS = TRAININGS | FUNCTIONS


def has_amx() -> bool:
    """Return whether the processor has a matrix unit that may be used."""
    told = Path("/proc/cpuinfo")
    listed = told.is_file() and "amx_bf16" in told.read_text()
    return listed and "ONEDNN_MAX_CPU_ISA" not in os.environ


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="names of rows, separated by commas; all unless given")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60, help="steps of a training in a round")
    parser.add_argument("--threads", type=int, help="threads of torch; as it is unless given")
    options = parser.parse_args()
    if options.list:
        print("\n".join(ROWS))
        return
    names = options.only.split(",") if options.only else list(ROWS)
    if unknown := set(names) - set(ROWS):
        parser.error(f"no rows: {', '.join(sorted(unknown))}; --list names those there are")
    warnings.filterwarnings("ignore")
    logging.disable(logging.INFO)
    if options.threads:
        torch.set_num_threads(options.threads)
    print(
        f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, torch {torch.__version__}, "
        f"Python {platform.python_version()}, {os.environ.get('ONEDNN_MAX_CPU_ISA', 'all')} "
        f"instructions\n",
        flush=True,
    )
    for name in names:
        print(table(ROWS[name](options.steps), options.rounds), flush=True)
    trainings = [name for name in names if name in TRAININGS]
    if not trainings:
        return
    if has_amx():
        # oneDNN reads the variable once, so that a process of its own is needed.
        command = [sys.executable, __file__, *sys.argv[1:], "--only", ",".join(trainings)]
        subprocess.run(command, env=os.environ | WITHOUT_AMX, check=True)
    elif "ONEDNN_MAX_CPU_ISA" not in os.environ:
        print("no AMX on this processor")


if __name__ == "__main__":
    main()
