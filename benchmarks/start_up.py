"""Start-up: seconds of whole commands, of this checkout and of another one in turn.

    git worktree add /tmp/before 64d4cee
    python benchmarks/start_up.py --against /tmp/before/src

Measured are ``unweave --help``, ``unweave data list``, and a process that loads the run of a
table and encodes it. The two checkouts take turns; times are medians over the rounds, of which
the first is left out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from checkouts import asked_checkouts, in_turn

ENCODE = "import sys, unweave as uw; uw.load(sys.argv[1]).encode(sys.argv[2])"


def seconds(command: list[str], source: Path) -> float:
    """Return how long a command takes with the package of one checkout."""
    environment = {**os.environ, "PYTHONPATH": str(source)}
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    sources, rounds = asked_checkouts(__doc__.splitlines()[0])
    with tempfile.TemporaryDirectory() as place:
        run, table = f"{place}/run", f"{place}/table.csv"
        make = (
            "import sys, unweave as uw; data = uw.load_data('fa15:rows=200');"
            "data.table.restore(data.samples[:]).to_csv(sys.argv[2], index=False);"
            "uw.train('vae', sys.argv[2], steps=3, out=sys.argv[1], progress=False)"
        )
        # By the other checkout, if there is one: this one reads the runs of earlier versions.
        seconds([sys.executable, "-c", make, run, table], list(sources.values())[-1])
        commands = {
            "unweave --help": ["-m", "unweave", "--help"],
            "unweave data list": ["-m", "unweave", "data", "list"],
            "load and encode a table": ["-c", ENCODE, run, table],
        }
        print("| command | " + " | ".join(f"{name}, s" for name in sources) + " |")
        print("| --- |" + " --- |" * len(sources))
        for title, arguments in commands.items():
            times = in_turn(sources, rounds, partial(seconds, [sys.executable, *arguments]))
            medians = (f"{statistics.median(each):.2f}" for each in times.values())
            print(f"| {title} | " + " | ".join(medians) + " |", flush=True)


if __name__ == "__main__":
    main()
