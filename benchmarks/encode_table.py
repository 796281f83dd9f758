"""Time and memory of encoding 100,000 rows of 60 mixed columns, from memory and from a CSV file.

    python benchmarks/encode_table.py [--rows 100000]

The columns are those of `fa-mixed`, three draws of it side by side: numbers, counts, levels,
dates, a fifth of all cells blank. A run is trained for a few steps on 5,000 of the rows, then a
fresh process encodes all of them. Memory is the process's peak, libraries included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

import unweave as uw
from unweave.data import load_data

COLUMNS, TRAINED_ON = 60, 5000


def mixed(rows: int) -> pd.DataFrame:
    """Return rows of 60 columns."""
    parts = []
    for seed in range(3):
        drawn = load_data("fa-mixed", rows=rows, seed=seed)
        frame = drawn.table.restore(drawn.samples)
        parts.append(frame.add_suffix(f" of {seed}"))
    return pd.concat(parts, axis=1).iloc[:, :COLUMNS]


def encode(folder: Path, kind: str) -> None:
    """Encode the table once and print seconds and memory."""
    path = folder / ("table.parquet" if kind == "DataFrame" else "table.csv")
    data = pd.read_parquet(path) if kind == "DataFrame" else str(path)
    model = uw.load(folder / "run")
    before, began, processor = _peak(), time.perf_counter(), time.process_time()
    codes = model.encode(data)
    seconds = f"{time.perf_counter() - began:.1f} s | {time.process_time() - processor:.1f} s"
    print(f"| {kind} | {len(codes):,} x {COLUMNS} | {seconds} | {before} MB | {_peak()} MB |")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--encode", nargs=2, metavar=("FOLDER", "KIND"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.encode:
        encode(Path(given.encode[0]), given.encode[1])
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame = mixed(given.rows)
        frame.to_csv(folder / "table.csv", index=False)
        frame.to_parquet(folder / "table.parquet")
        uw.train("vae", frame.head(TRAINED_ON), out=folder / "run", steps=50, progress=False)
        del frame
        print("| given | size | wall | processor | peak before | peak |\n|" + " --- |" * 6)
        for kind in ("DataFrame", "CSV file"):
            subprocess.run([sys.executable, __file__, "--encode", name, kind], check=True)


if __name__ == "__main__":
    main()
